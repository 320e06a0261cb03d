"""Reference values for test/evaluate from pycocotools.

    python scripts/golden-coco.py                 writes test/golden/coco.json: random sets with pycocotools' figures
    python scripts/golden-coco.py --sets FILE     prints pycocotools' figures of the sets in FILE (the live comparison)

A set is {"max_detections", "score_threshold", "images": [{"id", "size": [height, width]}],
"truth": [{"image", "bbox": [x, y, width, height], "area", "crowd", "counts"}],
"detections": [{"image", "bbox", "score", "counts"}]}, with masks as COCO's compressed run lengths.

Needs: pip install numpy pycocotools==2.0.11
"""

import argparse
import contextlib
import io
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

SEED = 2014
OUTPUT = Path(__file__).parent.parent / "test" / "golden" / "coco.json"


def to_coco(dataset_set):
    """pycocotools' two COCO objects; detections without their boxes, see `evaluate`."""
    sizes = {image["id"]: image["size"] for image in dataset_set["images"]}

    def rle(entry):
        return {"size": sizes[entry["image"]], "counts": entry["counts"]}

    images = [{"id": id_, "height": size[0], "width": size[1]} for id_, size in sizes.items()]
    truth = [
        {
            "id": index + 1,
            "image_id": entry["image"],
            "category_id": 1,
            "bbox": entry["bbox"],
            "area": entry["area"],
            "iscrowd": int(entry["crowd"]),
            "segmentation": rle(entry),
        }
        for index, entry in enumerate(dataset_set["truth"])
    ]
    results = [
        {"image_id": entry["image"], "category_id": 1, "bbox": entry["bbox"], "score": entry["score"], "segmentation": rle(entry)}
        for entry in dataset_set["detections"]
    ]
    ground_truth = COCO()
    ground_truth.dataset = {"images": images, "annotations": truth, "categories": [{"id": 1, "name": "building"}]}
    ground_truth.createIndex()
    return ground_truth, results


def evaluate(ground_truth, results, kind, max_detections):
    """COCOeval's figures. With boxes in the results it would class masks by the area of their boxes: they are taken out."""
    if kind == "segm":
        results = [{key: value for key, value in result.items() if key != "bbox"} for result in results]
    else:
        results = [{key: value for key, value in result.items() if key != "segmentation"} for result in results]
    if results:
        detections = ground_truth.loadRes(results)
    else:
        detections = COCO()
        detections.dataset = {**ground_truth.dataset, "annotations": []}
        detections.createIndex()
    run = COCOeval(ground_truth, detections, kind)
    run.params.maxDets = sorted({1, 10, max_detections})
    run.evaluate()
    run.accumulate()
    last = run.params.maxDets.index(max_detections)
    precision, recall = run.eval["precision"][:, :, 0, :, last], run.eval["recall"][:, 0, :, last]

    def mean(values):
        return float(values.mean()) if values.size and (values > -1).all() else None

    return {
        "ap": mean(precision[:, :, 0]),
        "ap50": mean(precision[0, :, 0]),
        "ap75": mean(precision[5, :, 0]),
        "ap_small": mean(precision[:, :, 1]),
        "ap_medium": mean(precision[:, :, 2]),
        "ap_large": mean(precision[:, :, 3]),
        "ar": mean(recall[:, 0]),
    }


def union_agreement(dataset_set):
    """Mean IoU and Dice of everything that is building, image by image; undefined where no image has either."""
    ious, dices, anything = [], [], False
    for image in dataset_set["images"]:
        def union(entries):
            rles = [{"size": image["size"], "counts": entry["counts"]} for entry in entries if entry["image"] == image["id"]]
            decoded = [coco_mask.decode(rle).astype(bool) for rle in rles]
            return np.any(decoded, axis=0) if decoded else np.zeros(image["size"], bool)

        truth = union(dataset_set["truth"])
        found = union([entry for entry in dataset_set["detections"] if entry["score"] >= dataset_set["score_threshold"]])
        either, both = (truth | found).sum(), (truth & found).sum()
        anything = anything or bool(either)
        ious.append(both / either if either else 1.0)
        dices.append(2 * both / (truth.sum() + found.sum()) if either else 1.0)
    if not anything:
        return {"iou": None, "dice": None}
    return {"iou": float(np.mean(ious)), "dice": float(np.mean(dices))}


def figures(dataset_set):
    with contextlib.redirect_stdout(io.StringIO()):
        ground_truth, results = to_coco(dataset_set)
        return {
            "mask": evaluate(ground_truth, results, "segm", dataset_set["max_detections"]),
            "box": evaluate(ground_truth, results, "bbox", dataset_set["max_detections"]),
            **union_agreement(dataset_set),
        }


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
    return coco_mask.encode(np.asfortranarray(inside.astype(np.uint8)))


def entry(random, image, box, is_ellipse):
    height, width = image["size"]
    rle = draw(box, is_ellipse, height, width)
    y1, x1, y2, x2 = (float(value) for value in np.round(box, 2))
    return {"image": image["id"], "bbox": [x1, y1, round(x2 - x1, 2), round(y2 - y1, 2)], "counts": rle["counts"].decode()}


def random_set(random, smallest, size_limit, max_images):
    images = [
        {"id": int(id_), "size": [int(value) for value in random.integers(size_limit // 3, size_limit, 2)]}
        for id_ in random.permutation(1000)[: random.integers(1, max_images + 1)]
    ]
    truth, detections = [], []
    jitter = random.choice([0.01, 0.04, 0.1])
    for image in images:
        blobs = [blob(random, smallest, *image["size"]) for _ in range(random.integers(0, 8))]
        for box, is_ellipse in blobs if random.random() < 0.85 else []:
            building = entry(random, image, box, is_ellipse)
            area = float(coco_mask.area({"size": image["size"], "counts": building["counts"]}))
            truth.append({**building, "area": round(area * random.uniform(0.8, 1.2), 1), "crowd": bool(random.random() < 0.15)})
        copies = [blobs[i] for i in random.integers(0, len(blobs), random.integers(0, 12))] if blobs else []
        strays = [blob(random, smallest, *image["size"]) for _ in range(random.integers(0, 3))]
        for box, is_ellipse in copies + strays if random.random() < 0.85 else []:
            sides = np.tile(np.subtract(box[2:], box[:2]), 2)
            moved = np.add(box, random.normal(0, jitter, 4).clip(-0.4, 0.4) * sides)
            score = float(np.round(random.random(), random.choice([1, 3])))
            detections.append({**entry(random, image, moved, is_ellipse), "score": score})
    return {
        "max_detections": int(random.choice([3, 100, 500])),
        "score_threshold": 0.5,
        "images": images,
        "truth": truth,
        "detections": detections,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path)
    arguments = parser.parse_args()
    if arguments.sets:
        print(json.dumps([figures(dataset_set) for dataset_set in json.loads(arguments.sets.read_text())]))
        return
    random = np.random.default_rng(SEED)
    sets = [random_set(random, *shape) for shape in [(3, 40, 4)] * 8 + [(20, 180, 4)] * 4]
    golden = {
        "made_by": "scripts/golden-coco.py",
        "seed": SEED,
        "versions": {name: version(name) for name in ("pycocotools", "numpy")},
        "sets": [{**dataset_set, "expected": figures(dataset_set)} for dataset_set in sets],
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(golden).replace('{"max_det', '\n{"max_det').replace('{"image"', '\n{"image"') + "\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")
    for dataset_set in golden["sets"]:
        print(len(dataset_set["truth"]), len(dataset_set["detections"]), dataset_set["expected"])


if __name__ == "__main__":
    main()
