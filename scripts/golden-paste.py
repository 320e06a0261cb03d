"""Reference values for test/masks/paste.test.ts from PyTorch: writes test/golden/paste.json.

Each case is a mask head's output, sampled by `grid_sample` (bilinear, zeros outside, corners not aligned) at the pixel
centres of the image, cut at the threshold.

    python scripts/golden-paste.py

Needs: pip install numpy torch pycocotools==2.0.11
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from pycocotools import mask as coco

SEED = 28
CASES = 40
OUTPUT = Path(__file__).parent.parent / "test" / "golden" / "paste.json"


def paste(probabilities, box, height, width):
    y1, x1, y2, x2 = box
    rows = (torch.arange(height, dtype=torch.float64) + 0.5 - y1) / (y2 - y1) * 2 - 1
    columns = (torch.arange(width, dtype=torch.float64) + 0.5 - x1) / (x2 - x1) * 2 - 1
    grid = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)], -1)
    return torch.nn.functional.grid_sample(probabilities[None, None], grid[None], align_corners=False)[0, 0]


def case(random):
    size = int(random.integers(1, 8))
    height, width = (int(value) for value in random.integers(4, 48, 2))
    start = random.uniform(-0.3, 0.9, 2) * (height, width)
    sides = random.uniform(0.02, 1.2, 2) * (height, width)
    box = [float(value) for value in np.round([*start, *(start + sides)], 2)]
    bytes_ = random.integers(0, 256, (size, size))
    threshold = float(np.round(random.uniform(0.2, 0.7), 2))
    pasted = paste(torch.tensor(bytes_ / 256), box, height, width).numpy()
    assert np.abs(pasted - threshold).min() > 1e-9, "a tie: choose another seed"
    rle = coco.encode(np.asfortranarray((pasted > threshold).astype(np.uint8)))
    return {
        "box": box,
        "size": [height, width],
        "threshold": threshold,
        "probabilities_times_256": bytes_.ravel().tolist(),
        "area": int(coco.area(rle)),
        "counts": rle["counts"].decode(),
    }


def main():
    random = np.random.default_rng(SEED)
    golden = {
        "made_by": "scripts/golden-paste.py",
        "seed": SEED,
        "versions": {name: version(name) for name in ("torch", "pycocotools", "numpy")},
        "cases": [case(random) for _ in range(CASES)],
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text(json.dumps(golden).replace('{"box"', '\n{"box"') + "\n")
    print(f"{OUTPUT}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
