"""Reference values by PyTorch for the ops, losses and optimizers: writes test/golden/torch.json.

Usage: python scripts/golden-torch.py   (needs: pip install torch==2.13.0 torchvision==0.28.0)
All tensors are full, rounded to 7 significant digits; seeds and versions stand in the file.
"""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
import torchvision
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList

SEED = 20261123


def numbers(tensor):
    return [float(f"{value:.7g}") for value in tensor.detach().double().flatten().tolist()]


def case(inputs, output, differentiate):
    """Output, and the gradient of sum(output * cos(0..n)) with respect to some inputs."""
    weights = torch.cos(torch.arange(output.numel(), dtype=torch.float64)).reshape(output.shape)
    to = [inputs[name] for name in differentiate]
    gradients = torch.autograd.grad((output * weights).sum(), to, allow_unused=True, materialize_grads=True)
    return {
        "inputs": {name: {"shape": list(t.shape), "values": numbers(t)} for name, t in inputs.items()},
        "output": {"shape": list(output.shape), "values": numbers(output)},
        "gradients": {name: numbers(g) for name, g in zip(differentiate, gradients)},
    }


def random(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def group_norm(shape, groups):
    x, scale, shift = random(*shape), random(shape[-1]), random(shape[-1])
    y = channels_last(F.group_norm(channels_first(x), groups, scale, shift))
    return case({"x": x, "scale": scale, "shift": shift}, y, ["x", "scale", "shift"])


def channels_first(x):
    return x.permute(0, 3, 1, 2)


def channels_last(x):
    return x.permute(0, 2, 3, 1)


def smooth_l1(beta=1 / 9):
    x, target = random(4, 4), random(4, 4)
    return case({"x": x, "target": target}, F.smooth_l1_loss(x, target, beta=beta, reduction="none"), ["x"])


def sigmoid_cross_entropy():
    x, target = random(3, 5), torch.rand(3, 5, dtype=torch.float64)
    x = (x.detach() * 8).requires_grad_()
    y = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    return case({"x": x, "target": target}, y, ["x"])


def sigmoid_cross_entropy_of_sure_logits():
    """Logits at which a probability is 0 or 1 in float32, for right, wrong and undecided targets."""
    x = torch.tensor([[-100.0, -30.0, 0.0, 30.0, 100.0]] * 3, dtype=torch.float64).requires_grad_()
    target = torch.tensor([[0.0], [1.0], [0.5]], dtype=torch.float64).expand(3, 5)
    y = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    return case({"x": x, "target": target}, y, ["x"])


def focal(gamma, alpha):
    x, target = random(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).double()
    cross_entropy = F.binary_cross_entropy_with_logits(x, target, reduction="none")
    p_t = torch.exp(-cross_entropy)
    alpha_t = torch.where(target > 0.5, alpha, 1 - alpha)
    return case({"x": x, "target": target}, alpha_t * (1 - p_t) ** gamma * cross_entropy, ["x"])


def vision_focal(gamma, alpha):
    """The same by torchvision, of logits up to about 10."""
    x, target = (4 * random(3, 5).detach()).requires_grad_(), (torch.rand(3, 5) > 0.5).double()
    y = torchvision.ops.sigmoid_focal_loss(x, target, alpha, gamma, reduction="none")
    return case({"x": x, "target": target}, y, ["x"])


def focal_objectness(gamma, alpha):
    """RetinaNet's loss of three images (torchvision's `RetinaNetClassificationHead`), the last without a positive."""
    x = (3 * random(3, 7).detach()).requires_grad_()
    labels = torch.tensor([[1, 0, -1, 0, 1, 0, 0], [0, 0, 0, -1, 1, -1, 0], [0, 0, -1, 0, 0, 0, 0]]).double()
    losses = []
    for logits, label in zip(x, labels):
        counted = label >= 0
        y = torchvision.ops.sigmoid_focal_loss(logits[counted], label[counted], alpha, gamma, reduction="sum")
        losses.append(y / max(1, int((label == 1).sum())))
    return case({"x": x, "labels": labels}, torch.stack(losses).mean()[None], ["x"])


def softmax_focal(gamma, alpha):
    x, truth = (3 * random(6, 2).detach()).requires_grad_(), torch.tensor([0, 1, 1, 0, 0, 1])
    p_t = F.softmax(x, 1).gather(1, truth[:, None])[:, 0]
    alpha_t = torch.where(truth == 1, alpha, 1 - alpha)
    labels = F.one_hot(truth, 2).double()
    return case({"x": x, "labels": labels}, -alpha_t * (1 - p_t) ** gamma * p_t.log(), ["x"])


def dice():
    x, target = random(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).double()
    target[2] = 0
    p = torch.sigmoid(x)
    overlap = 2 * (p * target).flatten(1).sum(1) + 1
    total = (p**2).flatten(1).sum(1) + (target**2).flatten(1).sum(1) + 1
    return case({"x": x, "target": target}, 1 - overlap / total, ["x"])


def weighted_mask_terms(smooth):
    """Dice, and focal (gamma 2, alpha 0.25) averaged over the cells, with a weight for each cell: a row for each term."""
    x, target = random(3, 4, 4), (torch.rand(3, 4, 4) > 0.5).double()
    weights = 1 + 5 * torch.rand(3, 4, 4, dtype=torch.float64)
    p = torch.sigmoid(x)
    overlap = torch.einsum("rij,rij,rij->r", weights, p, target)
    total = torch.einsum("rij,rij->r", weights, p**2 + target**2)
    dice = 1 - (2 * overlap + smooth) / (total + smooth)
    cells = torchvision.ops.sigmoid_focal_loss(x, target, 0.25, 2, reduction="none")
    focal = torch.stack([torch.dot(f.flatten(), w.flatten() / w.sum()) for f, w in zip(cells, weights)])
    return case({"x": x, "target": target, "weights": weights}, torch.stack([dice, focal]), ["x"])


def roi_align():
    features = random(2, 6, 7, 2)
    stride, size = 4, 3
    boxes = torch.tensor(
        [[0, 0, 24, 28], [2.5, 3.25, 15, 20], [20, 24, 24, 28], [10, 11, 11, 12], [5, 1, 23.5, 6]], dtype=torch.float64
    )
    images = [0, 1, 1, 0, 1]
    output = torch.stack([aligned(features[n], box / stride, size) for n, box in zip(images, boxes)])
    result = case({"features": features, "boxes": boxes}, output, ["features"])
    return {**result, "images": images, "size": size}


def roi_align_pyramid():
    """torchvision's MultiScaleRoIAlign on strides 4, 8, 16, 32; no box belongs to the third level."""
    maps = {f"level{i}": random(2, 8 >> i, 8 >> i, 1) for i in range(4)}
    size, canonical_size = 2, 16
    boxes = torch.tensor(
        [[0, 0, 4, 4], [27, 28, 32, 32], [3.5, 2, 10, 9], [0, 0, 32, 32], [20, 23.5, 32, 32], [6, 1, 6, 1]],
        dtype=torch.float64,
    )
    images = [0, 1, 0, 1, 0, 1]
    cells, assigned = [], []
    for box, image in zip(boxes, images):
        side = torch.sqrt((box[2] - box[0]) * (box[3] - box[1]))
        level = int(torch.floor(4 + torch.log2(side / canonical_size) + 1e-6).clamp(2, 5)) - 2
        assigned.append(level)
        cells.append(aligned(maps[f"level{level}"][image], box / (4 << level), size))
    result = case({**maps, "boxes": boxes}, torch.stack(cells), list(maps))
    return {**result, "images": images, "size": size, "canonicalSize": canonical_size, "levels": assigned}


def vision_roi_align(samples):
    """torchvision's own op, with another number of samples on each axis of a cell."""
    features, size = random(2, 6, 7, 2), 3
    boxes = torch.tensor([[0, 0, 24, 28], [2.5, 3.25, 15, 20], [20, 24, 24, 28], [10, 11, 11, 12]], dtype=torch.float64)
    images = [0, 1, 1, 0]
    regions = torch.cat([torch.tensor(images).double()[:, None], boxes[:, [1, 0, 3, 2]]], 1)
    y = torchvision.ops.roi_align(channels_first(features), regions, size, 1 / 4, samples, aligned=False)
    result = case({"features": features, "boxes": boxes}, channels_last(y), ["features"])
    return {**result, "images": images, "size": size, "samplingRatio": samples}


def anchors():
    """torchvision's anchors of P5 and P6 on an image padded to 64x96, as [y1, x1, y2, x2]."""
    generator = AnchorGenerator(((64,), (128,)), ((0.5, 1.0, 2.0),) * 2)
    padded = torch.zeros(1, 3, 64, 96)
    boxes = generator(ImageList(padded, [(50, 90)]), [torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 1, 2)])[0]
    return {"boxes": numbers(boxes[:, [1, 0, 3, 2]])}


def aligned(features, box, size):
    """torchvision's roi_align (aligned=False, sampling_ratio=2) of one box, written out sample by sample."""
    y1, x1, y2, x2 = box.tolist()
    bin_h, bin_w = max(y2 - y1, 1) / size, max(x2 - x1, 1) / size
    cells = []
    for i in range(size):
        for j in range(size):
            samples = [
                bilinear(features, y1 + (i + (a + 0.5) / 2) * bin_h, x1 + (j + (b + 0.5) / 2) * bin_w)
                for a in range(2)
                for b in range(2)
            ]
            cells.append(sum(samples) / 4)
    return torch.stack(cells).reshape(size, size, -1)


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


def resize(shape, size, mode):
    x = random(*shape)
    options = {"align_corners": False} if mode == "bilinear" else {}
    y = channels_last(F.interpolate(channels_first(x), size=size, mode=mode, **options))
    return case({"x": x}, y, ["x"])


def add_repeated():
    fine, coarse = random(2, 4, 6, 2), random(2, 2, 3, 2)
    y = fine + channels_last(F.interpolate(channels_first(coarse), scale_factor=2, mode="nearest"))
    return case({"fine": fine, "coarse": coarse}, y, ["fine", "coarse"])


def top_k():
    x = random(2, 3, 7)
    values, indices = x.topk(3)
    return {**case({"x": x}, values, ["x"]), "indices": indices.flatten().tolist()}


def dense():
    x, kernel, bias = random(4, 3), random(3, 5), random(5)
    return case({"x": x, "kernel": kernel, "bias": bias}, x @ kernel + bias, ["x", "kernel", "bias"])


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


def recipe():
    """AdamW on the mean of three gradients at a time, clipped, with a moving average of the weights; rates that change."""
    weights = {"matrix": torch.nn.Parameter(torch.randn(3, 2)), "vector": torch.nn.Parameter(torch.randn(4))}
    start = {name: numbers(weight) for name, weight in weights.items()}
    module = torch.nn.ParameterDict(weights)
    average = torch.optim.swa_utils.AveragedModel(module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.15))
    # The first call copies: the average begins with the weights.
    average.update_parameters(module)
    groups = [{"params": [module["matrix"]], "weight_decay": 0.1}, {"params": [module["vector"]], "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.999), eps=1e-8)
    learning_rates, gradients, after = [0.01, 0.03, 0.02, 0.005], [], []
    # AdamW does not see a factor that all gradients share: only some of them are large enough to be clipped.
    for learning_rate, size in zip(learning_rates, [0.3, 3, 0.5, 5]):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate
        batches = [{name: size * torch.randn_like(weight) for name, weight in module.items()} for _ in range(3)]
        for name, weight in module.items():
            weight.grad = torch.stack([batch[name] for batch in batches]).mean(0)
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.5)
        optimizer.step()
        average.update_parameters(module)
        gradients += [{name: numbers(gradient) for name, gradient in batch.items()} for batch in batches]
        averages = {name: numbers(weight) for name, weight in average.module.items()}
        after.append({"weights": {name: numbers(weight) for name, weight in module.items()}, "averages": averages})
    return {"start": start, "learningRates": learning_rates, "gradients": gradients, "after": after}


def rates(steps, make):
    """The learning rate of each step, by PyTorch's schedulers. It draws no random number."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    schedulers, found = make(optimizer), []
    for _ in range(steps):
        found.append(float(f"{optimizer.param_groups[0]['lr']:.12g}"))
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    return found


def schedules():
    """Of 20 steps: falls after 70 % and 90 %; the same behind a warm-up of 4 steps; half a cosine behind that."""
    lr = torch.optim.lr_scheduler

    def warmup(optimizer):
        return lr.LinearLR(optimizer, start_factor=1 / 5, total_iters=4)

    def steps(optimizer):
        return lr.MultiStepLR(optimizer, milestones=[14, 18], gamma=0.1)

    def cosine(optimizer):
        return lr.CosineAnnealingLR(optimizer, T_max=15, eta_min=0.001)

    return {
        "steps": rates(20, lambda optimizer: [steps(optimizer)]),
        "warmupAndSteps": rates(20, lambda optimizer: [warmup(optimizer), steps(optimizer)]),
        "warmupAndCosine": rates(
            20, lambda optimizer: [lr.SequentialLR(optimizer, [warmup(optimizer), cosine(optimizer)], milestones=[4])]
        ),
    }


def main():
    torch.manual_seed(SEED)
    golden = {
        "made_by": "scripts/golden-torch.py",
        "torch": torch.__version__.split("+")[0],
        "torchvision": torchvision.__version__.split("+")[0],
        "seed": SEED,
        "groupNorm": group_norm((2, 3, 4, 6), 3),
        "smoothL1": smooth_l1(),
        "sigmoidCrossEntropy": sigmoid_cross_entropy(),
        "focal": focal(2, 0.5),
        "focalUneven": focal(1, 0.25),
        "dice": dice(),
        "roiAlign": roi_align(),
        "adamw": optimizer(lambda groups: torch.optim.AdamW(groups, lr=0.01, betas=(0.9, 0.999), eps=1e-8)),
        "sgd": optimizer(lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.9)),
        "clip": clip(),
        "groupNormPerChannel": group_norm((1, 3, 5, 4), 4),
        "groupNormOneGroup": group_norm((3, 2, 3, 6), 1),
        "sureLogits": sigmoid_cross_entropy_of_sure_logits(),
        "roiAlignPyramid": roi_align_pyramid(),
        "nearestTwice": resize((2, 3, 4, 2), (6, 8), "nearest"),
        "nearestThrice": resize((1, 2, 3, 2), (6, 9), "nearest"),
        "bilinearUp": resize((1, 4, 5, 2), (7, 10), "bilinear"),
        "bilinearDown": resize((2, 6, 7, 1), (4, 3), "bilinear"),
        "addRepeated": add_repeated(),
        "topK": top_k(),
        "dense": dense(),
        "sgdNesterov": optimizer(lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.9, nesterov=True)),
        "sgdPlain": optimizer(lambda groups: torch.optim.SGD(groups, lr=0.01)),
        "adamwShort": optimizer(lambda groups: torch.optim.AdamW(groups, lr=0.01, betas=(0.5, 0.9), eps=1e-8)),
        "smoothL1Wide": smooth_l1(1.0),
        "visionFocal": vision_focal(2, 0.25),
        "visionFocalUneven": vision_focal(1.5, 0.6),
        "focalObjectness": focal_objectness(2, 0.25),
        "softmaxFocal": softmax_focal(2, 0.25),
        "softmaxFocalUneven": softmax_focal(0.5, 0.75),
        "softmaxFocalPlain": softmax_focal(0, 0.5),
        "roiAlignOneSample": vision_roi_align(1),
        "roiAlignThreeSamples": vision_roi_align(3),
        "anchors": anchors(),
        "weightedMaskTerms": weighted_mask_terms(0.5),
        "schedules": schedules(),
        "recipe": recipe(),
    }
    target = Path(__file__).parent.parent / "test" / "golden" / "torch.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
