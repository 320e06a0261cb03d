"""Reference values for test/evaluate: pycocotools' figures of masks and boxes, faster-coco-eval's of boundaries.

    python scripts/golden-coco.py            writes test/golden/coco.json: random sets with their figures
    python scripts/golden-coco.py --serve    answers each set on stdin, a line of JSON, with a line of figures

A set is {"images", "annotations", "results"} in COCO's own form, of the one category 1 unless it has "categories". The
answer has for "mask", "box"
and, where faster-coco-eval is installed, "boundary":
    "figures"    the twelve of `summarize` at maxDets [1, 10, 100]; null = undefined
    "precision"  [T, R, K, A, M], "recall" [T, K, A, M]  at maxDets [1, 10, 500]; -1 = undefined;
                 float64, little endian, zlib, base64
and "iou", "dice", "pixel_iou", "pixel_dice" of all that is building, outside of crowd regions; found are
the detections from a score of 0.5 on, of each image and category the best 100.

Needs: pip install numpy pycocotools==2.0.11; for boundaries also faster-coco-eval==1.8.0
"""

import argparse
import base64
import contextlib
import importlib.util
import io
import json
import sys
import zlib
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
from pycocotools import mask as coco_mask

SEED = 2018
OUTPUT = Path(__file__).parent.parent / "test" / "golden" / "coco.json"
CATEGORIES = [{"id": 1, "name": "building"}]
SCORE_THRESHOLD = 0.5
FIGURE_LIMITS, RAW_LIMITS = [1, 10, 100], [1, 10, 500]
NAMES = "ap ap50 ap75 ap_small ap_medium ap_large ar_1 ar_10 ar ar_small ar_medium ar_large".split()
HAS_BOUNDARY = importlib.util.find_spec("faster_coco_eval") is not None


def tools(kind):
    """The classes for data and evaluation, and the tool's own name for `kind`."""
    if kind != "boundary":
        name = {"mask": "segm", "box": "bbox"}[kind]
        return pycocotools.coco.COCO, pycocotools.cocoeval.COCOeval, name
    import faster_coco_eval

    return faster_coco_eval.COCO, faster_coco_eval.COCOeval_faster, "boundary"


def run(text, kind, limits):
    """The evaluation of the set in `text`, which is parsed anew: both tools write into what they are given."""
    coco, evaluation, iou_type = tools(kind)
    dataset = json.loads(text)
    truth = coco()
    truth.dataset = {"categories": CATEGORIES, **{key: dataset[key] for key in dataset if key != "results"}}
    truth.createIndex()
    # With boxes beside the masks they would class the masks by the area of their boxes.
    keys = ("image_id", "category_id", "score", "bbox" if kind == "box" else "segmentation")
    results = [{key: result[key] for key in keys} for result in dataset["results"]]
    if results:
        found = truth.loadRes(results)
    else:
        found = coco()
        found.dataset = {**truth.dataset, "annotations": []}
        found.createIndex()
    measured = evaluation(truth, found, iou_type)
    measured.params.maxDets = limits
    measured.evaluate()
    measured.accumulate()
    return measured


def pack(values):
    return base64.b64encode(zlib.compress(np.ascontiguousarray(values, "<f8").tobytes(), 9)).decode()


def measure(text, kind):
    at_100 = run(text, kind, FIGURE_LIMITS)
    at_100.summarize()
    raw = run(text, kind, RAW_LIMITS).eval
    return {
        "figures": {name: None if value == -1 else float(value) for name, value in zip(NAMES, at_100.stats)},
        "precision": pack(raw["precision"]),
        "recall": pack(raw["recall"]),
    }


def decode(entry, size):
    segmentation = entry["segmentation"]
    if isinstance(segmentation, list):
        return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(segmentation, *size)))
    if isinstance(segmentation["counts"], list):
        segmentation = coco_mask.frPyObjects(segmentation, *size)
    return coco_mask.decode(segmentation)


def best_results(dataset):
    """Of each image and category the best, as many as its figures see."""
    groups = {}
    for result in sorted(dataset["results"], key=lambda result: -result["score"]):
        groups.setdefault((result["image_id"], result["category_id"]), []).append(result)
    return [result for group in groups.values() for result in group[: FIGURE_LIMITS[-1]]]


def union_agreement(dataset):
    """IoU and Dice of all that is building, outside of crowd regions: mean over the images, and of all pixels together."""
    counts = []
    chosen = [result for result in best_results(dataset) if result["score"] >= SCORE_THRESHOLD]
    for image in dataset["images"]:
        size = (image["height"], image["width"])

        def union(entries):
            masks = [decode(entry, size).astype(bool) for entry in entries if entry["image_id"] == image["id"]]
            return np.any(masks, axis=0) if masks else np.zeros(size, bool)

        outside = ~union([entry for entry in dataset["annotations"] if entry["iscrowd"]])
        truth = outside & union(dataset["annotations"])
        found = outside & union(chosen)
        counts.append([(truth & found).sum(), truth.sum(), found.sum()])

    def agreement(both, truth, found):
        return (both / (truth + found - both), 2 * both / (truth + found)) if truth + found else (1.0, 1.0)

    names = ("iou", "dice", "pixel_iou", "pixel_dice")
    if np.sum(counts) == 0:
        return dict.fromkeys(names)
    values = [*np.mean([agreement(*count) for count in counts], axis=0), *agreement(*np.sum(counts, axis=0))]
    return {name: float(value) for name, value in zip(names, values)}


def expected(text):
    kinds = ["mask", "box"] + ["boundary"] * HAS_BOUNDARY
    with contextlib.redirect_stdout(io.StringIO()):
        return {**{kind: measure(text, kind) for kind in kinds}, **union_agreement(json.loads(text))}


def blob(random, smallest, height, width):
    """A random rectangle or ellipse as [y1, x1, y2, x2] and kind."""
    sides = np.exp(random.uniform(np.log(smallest), np.log([height, width])))
    start = random.uniform(-0.1, 0.9, 2) * (height, width)
    return [*start, *(start + sides)], random.random() < 0.3


def draw(box, is_ellipse, height, width):
    y1, x1, y2, x2 = box
    y, x = np.mgrid[:height, :width] + 0.5
    if is_ellipse:
        inside = ((y - (y1 + y2) / 2) / (y2 - y1)) ** 2 + ((x - (x1 + x2) / 2) / (x2 - x1)) ** 2 < 0.25
    else:
        inside = (y > y1) & (y < y2) & (x > x1) & (x < x2)
    rle = coco_mask.encode(np.asfortranarray(inside.astype(np.uint8)))
    return {"size": [height, width], "counts": rle["counts"].decode()}


def uncompressed(rle):
    """Plain run lengths, as other tools write them."""
    flat = coco_mask.decode(rle).ravel(order="F")
    edges = np.flatnonzero(np.diff(flat, prepend=0)).tolist()
    return {"size": rle["size"], "counts": np.diff([0, *edges, flat.size]).tolist()}


def entry(image, box, is_ellipse):
    y1, x1, y2, x2 = (float(value) for value in np.round(box, 2))
    return {
        "image_id": image["id"],
        "category_id": 1,
        "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)],
        "segmentation": draw(box, is_ellipse, image["height"], image["width"]),
    }


def annotation(random, image, box, is_ellipse):
    """With its mask in any of COCO's forms."""
    building = entry(image, box, is_ellipse)
    area = float(coco_mask.area(building["segmentation"])) * random.uniform(0.8, 1.2)
    form = random.random()
    plain = uncompressed(building["segmentation"])
    if form < 0.3 and len(plain["counts"]) < 40:
        building["segmentation"] = plain
    elif form < 0.6 and not is_ellipse:
        x, y, width, height = building["bbox"]
        building["segmentation"] = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    return {**building, "area": round(area, 1), "iscrowd": int(random.random() < 0.15)}


def random_set(random, smallest, size_limit, max_images):
    ids = random.permutation(1000)[: random.integers(1, max_images + 1)]
    sizes = random.integers(size_limit // 3, size_limit, (len(ids), 2))
    images = [{"id": int(id_), "height": int(h), "width": int(w)} for id_, (h, w) in zip(ids, sizes)]
    annotations, results = [], []
    jitter = random.choice([0.01, 0.04, 0.1])
    for image in images:
        blobs = [blob(random, smallest, image["height"], image["width"]) for _ in range(random.integers(0, 8))]
        for box, is_ellipse in blobs if random.random() < 0.85 else []:
            annotations.append({"id": len(annotations) + 1, **annotation(random, image, box, is_ellipse)})
        copies = [blobs[i] for i in random.integers(0, len(blobs), random.integers(0, 12))] if blobs else []
        strays = [blob(random, smallest, image["height"], image["width"]) for _ in range(random.integers(0, 3))]
        for box, is_ellipse in copies + strays if random.random() < 0.85 else []:
            sides = np.tile(np.subtract(box[2:], box[:2]), 2)
            moved = np.add(box, random.normal(0, jitter, 4).clip(-0.4, 0.4) * sides)
            score = float(np.round(random.random(), random.choice([1, 3])))
            results.append({**entry(image, moved, is_ellipse), "score": score})
    return {"images": images, "annotations": annotations, "results": results}


def golden():
    random = np.random.default_rng(SEED)
    shapes = [(3, 40, 4)] * 4 + [(20, 180, 3)] * 2 + [(60, 340, 3)]
    empty = {"images": [{"id": 7, "height": 20, "width": 30}], "annotations": [], "results": []}
    sets = [*(random_set(random, *shape) for shape in shapes[:-1]), empty, random_set(random, *shapes[-1])]
    answers = [expected(json.dumps(dataset)) for dataset in sets]
    # The arrays of two sets are a third of the file.
    for answer in answers[1:-1]:
        for kind in ("mask", "box", "boundary"):
            del answer[kind]["precision"], answer[kind]["recall"]
    return {
        "made_by": "scripts/golden-coco.py",
        "seed": SEED,
        "versions": {name: version(name) for name in ("pycocotools", "faster-coco-eval", "numpy")},
        "sets": [{**dataset, "expected": answer} for dataset, answer in zip(sets, answers)],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--serve", action="store_true")
    if parser.parse_args().serve:
        for line in sys.stdin:
            print(json.dumps(expected(line)), flush=True)
        return
    written = golden()
    OUTPUT.write_text(json.dumps(written).replace('{"images"', '\n{"images"').replace('{"image_id"', '\n{"image_id"') + "\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")
    for dataset in written["sets"]:
        print(len(dataset["annotations"]), len(dataset["results"]), dataset["expected"]["mask"]["figures"])


if __name__ == "__main__":
    main()
