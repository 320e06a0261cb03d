"""What pycocotools makes of two files: python reference.py GROUND_TRUTH PREDICTIONS MAX_DETECTIONS"""

import contextlib
import io
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

truth_path, results_path, max_detections = sys.argv[1:]
RANGES = {"": 0, "_small": 1, "_medium": 2, "_large": 3}


def mean(values):
    values = values[values > -1]
    return float(values.mean()) if values.size else None


def figures(truth, results, kind):
    run = COCOeval(truth, results, kind)
    run.params.maxDets = [1, 10, int(max_detections)]
    run.evaluate()
    run.accumulate()
    precision, recall = run.eval["precision"], run.eval["recall"]
    of = {f"ap{name}": mean(precision[:, :, :, i, 2]) for name, i in RANGES.items()}
    of |= {f"ar{name}": mean(recall[:, :, i, 2]) for name, i in RANGES.items()}
    of |= {"ap50": mean(precision[0, :, :, 0, 2]), "ap75": mean(precision[5, :, :, 0, 2])}
    return of | {"ar_1": mean(recall[:, :, 0, 0]), "ar_10": mean(recall[:, :, 0, 1])}


def instances(coco):
    """Of each image: box, score or area, and mask of each instance."""
    found = {image: [] for image in coco.imgs}
    for annotation in coco.dataset["annotations"]:
        counts = coco.annToRLE(annotation)["counts"]
        value = annotation.get("score", annotation["area"])
        text = counts if isinstance(counts, str) else counts.decode()
        found[annotation["image_id"]].append([[float(side) for side in annotation["bbox"]], value, text])
    return found


with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO(truth_path)
    loaded = {"truth": instances(truth), "detections": instances(truth.loadRes(results_path))}
    measured = {name: figures(truth, truth.loadRes(results_path), kind) for name, kind in (("mask", "segm"), ("box", "bbox"))}
print(json.dumps(loaded | measured))
