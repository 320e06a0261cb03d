"""Reference values by PyTorch for the losses, layers and optimizers: writes test/golden/torch.json.

Usage: python scripts/golden-torch.py   (needs: pip install torch==2.13.0)
All tensors are full, rounded to 7 significant digits; seeds and versions stand in the file.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F

SEED = 20261123


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().flatten().tolist()]


def case(inputs, output, differentiate):
    """Output, and the gradient of sum(output * cos(0..n)) with respect to some inputs."""
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    gradients = torch.autograd.grad((output * weights).sum(), [inputs[name] for name in differentiate])
    return {
        "inputs": {name: {"shape": list(t.shape), "values": numbers(t)} for name, t in inputs.items()},
        "output": {"shape": list(output.shape), "values": numbers(output)},
        "gradients": {name: numbers(g) for name, g in zip(differentiate, gradients)},
    }


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def group_norm():
    x, scale, shift = random(2, 3, 4, 6), random(6), random(6)
    y = F.group_norm(x.permute(0, 3, 1, 2), 3, scale, shift).permute(0, 2, 3, 1)
    return case({"x": x, "scale": scale, "shift": shift}, y, ["x", "scale", "shift"])


def smooth_l1():
    x, target = random(4, 4), random(4, 4)
    return case({"x": x, "target": target}, F.smooth_l1_loss(x, target, beta=1 / 9, reduction="none"), ["x"])


def sigmoid_cross_entropy():
    x, target = random(3, 5), torch.rand(3, 5, dtype=torch.float64)
    x = (x.detach() * 8).requires_grad_()
    y = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    return case({"x": x, "target": target}, y, ["x"])


def focal(gamma, alpha):
    x, target = random(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).double()
    cross_entropy = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    p_t = torch.exp(-cross_entropy)
    alpha_t = torch.where(target > 0.5, alpha, 1 - alpha)
    return case({"x": x, "target": target}, alpha_t * (1 - p_t) ** gamma * cross_entropy, ["x"])


def dice():
    x, target = random(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).double()
    target[2] = 0
    p = torch.sigmoid(x)
    overlap = 2 * (p * target).flatten(1).sum(1) + 1
    total = (p**2).flatten(1).sum(1) + (target**2).flatten(1).sum(1) + 1
    return case({"x": x, "target": target}, 1 - overlap / total, ["x"])


def roi_align():
    """torchvision's roi_align (aligned=False, sampling_ratio=2) written out sample by sample."""
    features = random(2, 6, 7, 2)
    stride, size = 4, 3
    boxes = torch.tensor(
        [[0, 0, 24, 28], [2.5, 3.25, 15, 20], [20, 24, 24, 28], [10, 11, 11, 12], [5, 1, 23.5, 6]], dtype=torch.float64
    )
    images = [0, 1, 1, 0, 1]
    cells = []
    for box, image in zip(boxes, images):
        y1, x1, y2, x2 = (box / stride).tolist()
        bin_h, bin_w = max(y2 - y1, 1) / size, max(x2 - x1, 1) / size
        for i in range(size):
            for j in range(size):
                samples = [
                    bilinear(features[image], y1 + (i + (a + 0.5) / 2) * bin_h, x1 + (j + (b + 0.5) / 2) * bin_w)
                    for a in range(2)
                    for b in range(2)
                ]
                cells.append(sum(samples) / 4)
    output = torch.stack(cells).reshape(len(images), size, size, 2)
    result = case({"features": features, "boxes": boxes}, output, ["features"])
    return {**result, "images": images, "size": size}


def bilinear(features, y, x):
    height, width, _ = features.shape
    if y < -1 or y > height or x < -1 or x > width:
        return torch.zeros_like(features[0, 0])
    y, x = max(y, 0), max(x, 0)
    y0, x0 = int(y), int(x)
    if y0 >= height - 1:
        y0 = y = height - 1
    if x0 >= width - 1:
        x0 = x = width - 1
    y1, x1 = min(y0 + 1, height - 1), min(x0 + 1, width - 1)
    dy, dx = y - y0, x - x0
    top = features[y0, x0] * (1 - dx) + features[y0, x1] * dx
    bottom = features[y1, x0] * (1 - dx) + features[y1, x1] * dx
    return top * (1 - dy) + bottom * dy


def optimizer(make):
    """A matrix, which decays, and a vector, which does not; five steps with given gradients."""
    matrix, vector = torch.nn.Parameter(torch.randn(3, 2)), torch.nn.Parameter(torch.randn(4))
    start = {"matrix": numbers(matrix), "vector": numbers(vector)}
    optimizer = make([{"params": [matrix], "weight_decay": 0.1}, {"params": [vector], "weight_decay": 0.0}])
    gradients, after = [], []
    for step in range(5):
        matrix.grad, vector.grad = torch.randn(3, 2), torch.randn(4)
        gradients.append({"matrix": numbers(matrix.grad), "vector": numbers(vector.grad)})
        optimizer.step()
        after.append({"matrix": numbers(matrix), "vector": numbers(vector)})
    return {"start": start, "gradients": gradients, "after": after}


def clip():
    gradients = [torch.randn(3, 2), torch.randn(5)]
    parameters = [torch.nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.clone()
    norm = torch.nn.utils.clip_grad_norm_(parameters, 1.5)
    return {
        "gradients": [numbers(g) for g in gradients],
        "norm": float(norm),
        "clipped": [numbers(p.grad) for p in parameters],
    }


def main():
    torch.manual_seed(SEED)
    golden = {
        "made_by": "scripts/golden-torch.py",
        "torch": torch.__version__.split("+")[0],
        "seed": SEED,
        "groupNorm": group_norm(),
        "smoothL1": smooth_l1(),
        "sigmoidCrossEntropy": sigmoid_cross_entropy(),
        "focal": focal(2, 0.5),
        "focalUneven": focal(1, 0.25),
        "dice": dice(),
        "roiAlign": roi_align(),
        "adamw": optimizer(lambda groups: torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.999), eps=1e-8)),
        "sgd": optimizer(lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.9)),
        "clip": clip(),
    }
    target = Path(__file__).parent.parent / "test" / "golden" / "torch.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
