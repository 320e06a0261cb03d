"""The peer's side of the suite `evaluate`: pycocotools, driven line by line by `measureInTurns`."""

import contextlib
import io
import json
import sys
import time

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def evaluate(dataset, kind, shape):
    truth = COCO()
    truth.dataset = {**dataset, "categories": [{"id": 1, "name": "building"}]}
    truth.createIndex()
    # With boxes beside the masks it would class the masks by the area of their boxes.
    keys = ("image_id", "category_id", "score", shape)
    run = COCOeval(truth, truth.loadRes([{key: result[key] for key in keys} for result in dataset["results"]]), kind)
    # One limit, as on our side: its three defaults would be more work.
    run.params.maxDets = [dataset["max_detections"]]
    run.evaluate()
    run.accumulate()
    precision, recall = run.eval["precision"][:, :, 0, :, 0], run.eval["recall"][:, 0, :, 0]
    # -1 = undefined
    kept = {"ap": precision[:, :, 0], "ap50": precision[0, :, 0], "ap75": precision[5, :, 0], "ar": recall[:, 0]}
    kept |= {f"ap_{size}": precision[:, :, i + 1] for i, size in enumerate(("small", "medium", "large"))}
    return {name: float(values.mean()) if (values > -1).all() else None for name, values in kept.items()}


dataset = json.loads(sys.stdin.readline())
print("{}", flush=True)
while sys.stdin.readline():
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        figures = {"mask": evaluate(dataset, "segm", "segmentation"), "box": evaluate(dataset, "bbox", "bbox")}
    print(json.dumps({"seconds": time.perf_counter() - start, "output": figures}), flush=True)
