"""Reference values for test/evaluate/tide: what tidecv, the program of TIDE's authors, makes of random sets.

    python scripts/golden-tide.py            writes test/golden/tide.json

Each set has images with the masks of "truth" [category, crowd, counts] and "detections" [category, score, counts], the
best first; the "kinds" of these detections, "missed" (indices in the truth), and by how much AP50 would rise without an
error, 0-1, as "figures".

Everything is tidecv's own but for one thing: a detection that is left out, as it lies in a crowd region, is no error, and
is mended into nothing.

Needs: pip install numpy pycocotools==2.0.11 tidecv==1.0.1
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask
from tidecv import Data, TIDE
from tidecv.errors import main_errors
from tidecv.quantify import TIDERun

# A set in which no recall is just 0.07, 0.14, ... which COCO's recall points, numpy's, miss in the last bit: AP is then another.
SEED = 2025
OUTPUT = Path(__file__).parent.parent / "test" / "golden" / "tide.json"
SIZE = 64
SETS = {
    "one category": dict(categories=1, crowds=0.0),
    "three categories": dict(categories=3, crowds=0.0),
    "crowds": dict(categories=1, crowds=0.3),
    "three categories and crowds": dict(categories=3, crowds=0.2),
}
IMAGES, INSTANCES = 4, 12
KINDS = {
    main_errors.ClassError: "class",
    main_errors.BoxError: "localisation",
    main_errors.OtherError: "both",
    main_errors.DuplicateError: "duplicate",
    main_errors.BackgroundError: "background",
    main_errors.MissedError: "missed",
    main_errors.FalsePositiveError: "false_positive",
    main_errors.FalseNegativeError: "false_negative",
}


class CountedMatch(main_errors.BestGTMatch):
    def __init__(self, pred, gt):
        if pred["used"] is None:
            self.pred, self.gt, self.suppress = pred, gt, True
        else:
            super().__init__(pred, gt)


main_errors.BestGTMatch = CountedMatch


def random_box(rng):
    height, width = rng.integers(4, 24, 2)
    return np.array([rng.integers(0, SIZE - height), rng.integers(0, SIZE - width), height, width])


def moved(rng, box):
    step = rng.choice([0.05, 0.15, 0.3])
    return np.round(box + step * rng.normal(size=4) * np.tile(box[2:], 2)).astype(int)


def encode(box):
    (y, x), (height, width) = np.clip(box[:2], 0, SIZE - 2), np.maximum(box[2:], 2)
    mask = np.zeros((SIZE, SIZE), np.uint8, order="F")
    mask[y : y + height, x : x + width] = 1
    return coco_mask.encode(mask)["counts"].decode()


def random_image(rng, categories, crowds):
    truth, found = [], []
    for _ in range(INSTANCES):
        box, category, crowd = random_box(rng), int(rng.integers(categories)), bool(rng.random() < crowds)
        truth.append([category, crowd, encode(box)])
        for _ in range(int(rng.choice([0, 1, 1, 1, 2]))):
            other = int(rng.integers(categories)) if rng.random() < 0.3 else category
            found.append([other, moved(rng, box)])
    found += [[int(rng.integers(categories)), random_box(rng)] for _ in range(2)]
    scores = -np.sort(-np.round(rng.random(len(found)), 6))
    order = rng.permutation(len(found))
    detections = [[found[i][0], score, encode(found[i][1])] for i, score in zip(order, scores.tolist())]
    return {"truth": truth, "detections": detections}


def reference(images):
    truth, found = Data("truth", max_dets=10**6), Data("found")
    for image_id, image in enumerate(images):
        truth.add_image(image_id, str(image_id))
        for category, crowd, counts in image["truth"]:
            add = truth.add_ignore_region if crowd else truth.add_ground_truth
            add(image_id, category, None, {"size": [SIZE, SIZE], "counts": counts.encode()})
        for category, score, counts in image["detections"]:
            found.add_detection(image_id, category, score, None, {"size": [SIZE, SIZE], "counts": counts.encode()})
    run = TIDERun(truth, found, 0.5, 0.1, TIDE.MASK, 10**6)
    kinds = {error.pred["_id"]: KINDS[type(error)] for error in run.errors if hasattr(error, "pred")}
    missed = {error.gt["_id"] for error in run.error_dict[main_errors.MissedError]}
    for image_id, image in enumerate(images):
        ids = found.images[image_id]["anns"]
        used = [found.annotations[i]["used"] for i in ids]
        image["kinds"] = ["crowd" if u is None else "hit" if u else kinds[i] for u, i in zip(used, ids)]
        image["missed"] = [at for at, i in enumerate(truth.images[image_id]["anns"]) if i in missed]
    rises = {**run.fix_main_errors(), **run.fix_special_errors()}
    return {"ap50": run.ap / 100, "figures": {KINDS[kind]: rise / 100 for kind, rise in rises.items()}}


def main():
    rng = np.random.default_rng(SEED)
    sets = []
    for name, shape in SETS.items():
        images = [random_image(rng, **shape) for _ in range(IMAGES)]
        sets.append({"name": name, **reference(images), "images": images})
    versions = {name: version(name) for name in ("tidecv", "pycocotools", "numpy")}
    head = json.dumps({"seed": SEED, "versions": versions, "size": [SIZE, SIZE]})[:-1]
    lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in sets)
    OUTPUT.write_text(f'{head}, "sets": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
