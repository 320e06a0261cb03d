"""A peer's side of the suite `evaluate`: python peer.py TOOL KIND, driven line by line by `measureInTurns`."""

import contextlib
import io
import json
import sys
import time

MAX_DETECTIONS = 100

tool, kind = sys.argv[1:]
if tool == "pycocotools":
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval
else:
    from faster_coco_eval import COCO
    from faster_coco_eval import COCOeval_faster as COCOeval


def evaluate(dataset, results):
    truth = COCO()
    truth.dataset = dataset
    truth.createIndex()
    run = COCOeval(truth, truth.loadRes(results), {"mask": "segm", "box": "bbox", "boundary": "boundary"}[kind])
    # One limit, as on our side: their three defaults would be more work.
    run.params.maxDets = [MAX_DETECTIONS]
    run.evaluate()
    run.accumulate()
    precision, recall = run.eval["precision"][:, :, 0, :, 0], run.eval["recall"][:, 0, :, 0]
    # -1 = undefined
    kept = {"ap": precision[:, :, 0], "ap50": precision[0, :, 0], "ap75": precision[5, :, 0], "ar": recall[:, 0]}
    for i, size in enumerate(("small", "medium", "large"), 1):
        kept |= {f"ap_{size}": precision[:, :, i], f"ar_{size}": recall[:, i]}
    return {name: float(values.mean()) if (values > -1).all() else None for name, values in kept.items()}


dataset = json.loads(sys.stdin.readline())
# With boxes beside the masks they would class the masks by the area of their boxes.
keys = ("image_id", "category_id", "score", "bbox" if kind == "box" else "segmentation")
print("{}", flush=True)
while sys.stdin.readline():
    # They write into what they are given, so that a second round would find half of its work done.
    truth = {
        "images": dataset["images"],
        "annotations": [dict(annotation) for annotation in dataset["annotations"]],
        "categories": [{"id": 1, "name": "building"}],
    }
    results = [{key: result[key] for key in keys} for result in dataset["results"]]
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        figures = evaluate(truth, results)
    print(json.dumps({"seconds": time.perf_counter() - start, "output": figures}), flush=True)
