"""Reference values for test/masks from pycocotools.

    python scripts/golden-rle.py                      writes test/golden/rle.json
    python scripts/golden-rle.py --cases 20000 --output /some/where.json   more of the same, for a long comparison

Needs: pip install numpy pycocotools==2.0.11
"""

import argparse
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from pycocotools import mask as coco

SEED = 20110
OUTPUT = Path(__file__).parent.parent / "test" / "golden" / "rle.json"
KINDS = ("star", "box", "tiny", "outside", "degenerate", "parts", "tangle", "halves")


def ring(random, kind, height, width):
    """One flat ring [x0, y0, ...] of the given kind, rounded so that JSON holds it exactly."""
    centre = random.uniform(0, 1, 2) * (width, height)
    size = min(height, width)
    if kind == "box":
        x1, y1 = np.round(centre)
        w, h = random.integers(1, size + 1, 2)
        points = np.array([[x1, y1], [x1 + w, y1], [x1 + w, y1 + h], [x1, y1 + h]])
    elif kind == "degenerate":
        start = np.round(centre, 1)
        step = np.round(random.uniform(-6, 6, 2), 1) * (random.random() < 0.7)
        points = np.array([start, start + step, start + 2 * step, start])[: random.integers(3, 5)]
    elif kind == "tangle":
        points = random.uniform(-0.2, 1.2, (random.integers(4, 9), 2)) * (width, height)
    else:
        corners = random.integers(3, 10)
        angles = np.sort(random.uniform(0, 2 * np.pi, corners))
        radius = {"tiny": 1.2, "outside": 1.5 * size}.get(kind, 0.4 * size) * random.uniform(0.3, 1, corners)
        if kind == "outside":
            centre = centre + random.uniform(-2, 2, 2) * size
        points = centre + np.stack([np.cos(angles), np.sin(angles)], 1) * radius[:, None]
        if kind == "halves":
            points = np.round(points * 2) / 2
    return [float(value) for value in np.round(points, 2).ravel()]


def polygon_case(random, index):
    kind = KINDS[index % len(KINDS)]
    height, width = (int(value) for value in random.integers(1, 70, 2))
    parts = int(random.integers(2, 5)) if kind == "parts" else 1
    polygons = [ring(random, kind, height, width) for _ in range(parts)]
    rle = coco.merge(coco.frPyObjects(polygons, height, width))
    return {
        "kind": kind,
        "polygons": polygons,
        "size": [height, width],
        "counts": rle["counts"].decode(),
        "area": int(coco.area(rle)),
        "bbox": [float(value) for value in coco.toBbox(rle)],
    }


def random_mask(random, height, width):
    mask = random.random((height, width)) < random.uniform(0, 1)
    mask = np.kron(mask, np.ones((3, 3)))[:height, :width]
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))


def mask_case(random):
    height, width = (int(value) for value in random.integers(1, 24, 2))
    rles = [random_mask(random, height, width) for _ in range(3)]
    return {
        "size": [height, width],
        "counts": [rle["counts"].decode() for rle in rles],
        "union": coco.merge(rles)["counts"].decode(),
        "intersection": coco.merge(rles[:2], intersect=True)["counts"].decode(),
        "iou": float(coco.iou([rles[0]], [rles[1]], [0])[0, 0]),
        "crowd_iou": float(coco.iou([rles[0]], [rles[1]], [1])[0, 0]),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=96)
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    random = np.random.default_rng(SEED)
    golden = {
        "made_by": "scripts/golden-rle.py",
        "seed": SEED,
        "versions": {name: version(name) for name in ("pycocotools", "numpy")},
        "polygons": [polygon_case(random, index) for index in range(arguments.cases)],
        "masks": [mask_case(random) for _ in range(arguments.cases // 4)],
    }
    lines = json.dumps(golden).replace('{"kind"', '\n{"kind"').replace('{"size"', '\n{"size"')
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(lines + "\n")
    print(f"{arguments.output}: {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
