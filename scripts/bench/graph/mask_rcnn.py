"""The project's own model in PyTorch: `src/model` layer by layer with the same names, and the work of its training step.
Of its forms, those of train.model_type custom with model.norm group, and no weights of cells at outlines.

Boxes are [y1, x1, y2, x2]; N images, M buildings, A anchors, R regions, K stored mask side, S mask side.
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from box_targets import assign_anchors, sample_regions, select_proposals
from torch import nn
from torchvision.ops import MultiScaleRoIAlign, sigmoid_focal_loss

CLASSES = 2
RGB_MEAN, RGB_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def conv(inputs, outputs, size, stride=1, bias=False):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=bias)


def norm_conv(inputs, outputs, size, groups, stride=1):
    layers = OrderedDict(conv=conv(inputs, outputs, size, stride), norm=nn.GroupNorm(groups, outputs))
    return nn.Sequential(layers)


class Cbam(nn.Module):
    def __init__(self, channels, reduction, window):
        super().__init__()
        hidden = max(1, channels // reduction)
        self.channel = nn.ModuleDict({"reduce": nn.Linear(channels, hidden), "expand": nn.Linear(hidden, channels)})
        self.spatial = nn.ModuleDict({"conv": conv(2, 1, window, bias=True)})

    def mlp(self, pooled):
        return self.channel["expand"](F.relu(self.channel["reduce"](pooled)))

    def forward(self, x):
        x = x * torch.sigmoid(self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3))))[:, :, None, None]
        pooled = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.spatial["conv"](pooled))


class Residual(nn.Module):
    def __init__(self, inputs, outputs, stride, groups, cbam):
        super().__init__()
        self.conv1, self.norm1 = conv(inputs, outputs, 3, stride), nn.GroupNorm(groups, outputs)
        self.conv2, self.norm2 = conv(outputs, outputs, 3), nn.GroupNorm(groups, outputs)
        self.cbam = Cbam(outputs, **cbam)
        same = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if same else norm_conv(inputs, outputs, 1, groups, stride)

    def forward(self, x):
        residual = self.cbam(self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))
        return F.relu(residual + self.shortcut(x))


class Backbone(nn.Module):
    def __init__(self, custom, groups):
        super().__init__()
        width = custom["stem_width"]
        stem = {"conv1": conv(3, width, 3, 2), "norm1": nn.GroupNorm(groups, width)}
        self.stem = nn.ModuleDict({**stem, "conv2": conv(width, width, 3), "norm2": nn.GroupNorm(groups, width)})
        cbam = {"reduction": custom["cbam_reduction"], "window": custom["cbam_kernel"]}
        for i, (outputs, count) in enumerate(zip(custom["stage_widths"], custom["stage_blocks"])):
            blocks = OrderedDict()
            for b in range(count):
                blocks[f"block{b}"] = Residual(width, outputs, 2 if b == 0 and i > 0 else 1, groups, cbam)
                width = outputs
            self.add_module(f"stage{i + 2}", nn.Sequential(blocks))

    def forward(self, x):
        x = F.relu(self.stem["norm1"](self.stem["conv1"](x)))
        x = F.max_pool2d(F.relu(self.stem["norm2"](self.stem["conv2"](x))), 3, 2, 1)
        maps = []
        for i in range(2, 6):
            x = self.get_submodule(f"stage{i}")(x)
            maps.append(x)
        return maps


class Fpn(nn.Module):
    def __init__(self, inputs, channels, groups):
        super().__init__()
        for i, width in enumerate(inputs):
            self.add_module(f"lateral{i + 2}", norm_conv(width, channels, 1, groups))
            self.add_module(f"output{i + 2}", norm_conv(channels, channels, 3, groups))

    def forward(self, maps):
        merged = [self.lateral5(maps[3])]
        for i in (4, 3, 2):
            finer = self.get_submodule(f"lateral{i}")(maps[i - 2])
            merged.insert(0, finer + F.interpolate(merged[0], size=finer.shape[-2:], mode="nearest"))
        levels = [self.get_submodule(f"output{i + 2}")(x) for i, x in enumerate(merged)]
        return [*levels, F.max_pool2d(levels[-1], 1, 2)]


class MaskRcnn(nn.Module):
    def __init__(self, model):
        super().__init__()
        custom, groups, channels = model["custom"], model["group_norm_groups"], model["fpn_channels"]
        anchors, roi, width = len(model["anchor_ratios"]), model["roi"], model["box_head_width"]
        self.backbone = Backbone(custom, groups)
        self.fpn = Fpn(custom["stage_widths"], channels, groups)
        rpn = {"conv": conv(channels, channels, 3, bias=True), "logits": conv(channels, anchors, 1, bias=True)}
        self.rpn = nn.ModuleDict({**rpn, "boxDeltas": conv(channels, anchors * 4, 1, bias=True)})
        dense1 = nn.Linear(roi["box_size"] ** 2 * channels, width)
        dense1.map_size = roi["box_size"]
        box = {"dense1": dense1, "dense2": nn.Linear(width, width)}
        heads = {"classLogits": nn.Linear(width, CLASSES), "boxDeltas": nn.Linear(width, CLASSES * 4)}
        self.box = nn.ModuleDict({**box, **heads})
        self.mask = nn.ModuleDict()
        self.mask_layers, inputs = model["mask_head_layers"], channels
        for i in range(1, self.mask_layers + 1):
            self.mask[f"conv{i}"] = conv(inputs, model["mask_head_channels"], 3)
            self.mask[f"norm{i}"] = nn.GroupNorm(groups, model["mask_head_channels"])
            inputs = model["mask_head_channels"]
        self.mask["upsample"] = nn.ConvTranspose2d(inputs, inputs, 2, 2)
        self.mask["logits"] = conv(inputs, CLASSES, 1, bias=True)
        cut = {"sampling_ratio": roi["sampling_ratio"], "canonical_scale": roi["canonical_size"], "canonical_level": 4}
        self.box_align = MultiScaleRoIAlign(["P2", "P3", "P4", "P5"], roi["box_size"], **cut)
        self.mask_align = MultiScaleRoIAlign(["P2", "P3", "P4", "P5"], roi["mask_size"], **cut)

    def rpn_head(self, pyramid):
        hidden = [F.relu(self.rpn["conv"](level)) for level in pyramid]

        def rows(name, width):
            maps = (self.rpn[name](x).permute(0, 2, 3, 1).flatten(1) for x in hidden)
            return torch.cat(list(maps), 1).float().unflatten(1, (-1, width))

        return rows("logits", 1).squeeze(2), rows("boxDeltas", 4)

    def cut(self, align, pyramid, boxes, size):
        levels = dict(zip(("P2", "P3", "P4", "P5"), pyramid))
        return align(levels, list(boxes[..., [1, 0, 3, 2]]), [(size, size)] * len(boxes))

    def box_head(self, pyramid, boxes, size):
        x = self.cut(self.box_align, pyramid, boxes, size).flatten(1)
        x = F.relu(self.box["dense2"](F.relu(self.box["dense1"](x))))
        return self.box["classLogits"](x).float(), self.box["boxDeltas"](x).float().unflatten(1, (CLASSES, 4))

    def mask_head(self, pyramid, boxes, size):
        x = self.cut(self.mask_align, pyramid, boxes, size)
        for i in range(1, self.mask_layers + 1):
            x = F.relu(self.mask[f"norm{i}"](self.mask[f"conv{i}"](x)))
        return self.mask["logits"](F.relu(self.mask["upsample"](x))).float()


def weighted_mean(values, weights, total=None):
    total = weights.sum() if total is None else total
    return (values * weights).sum() / total.clamp(min=1e-6)


def rpn_loss(logits, deltas, targets, weights):
    positives, sampled = targets["positives"], targets["positives"] + targets["negatives"]
    if weights["objectness"] == "focal":
        buildings, counted = (targets["labels"] == 1).float(), targets["labels"] >= 0
        focal = sigmoid_focal_loss(logits, buildings, **region_focal(weights)) * counted
        objectness = (focal.sum(1) / buildings.sum(1).clamp(min=1)).mean()
    else:
        objectness = weighted_mean(F.binary_cross_entropy_with_logits(logits, positives, reduction="none"), sampled)
    distance = F.smooth_l1_loss(deltas, targets["deltas"], beta=weights["smooth_l1_beta"], reduction="none").sum(2)
    return objectness, weighted_mean(distance, positives, sampled.sum())


def box_loss(logits, deltas, targets, weights):
    if weights["class"] == "focal":
        # Of two classes, the softmax form is the sigmoid form of the difference of their logits.
        term = sigmoid_focal_loss(logits[:, 1] - logits[:, 0], targets["positives"].float(), **region_focal(weights))
    else:
        term = F.cross_entropy(logits, targets["positives"].long(), reduction="none")
    beta, count = weights["smooth_l1_beta"], targets["sampled"].sum()
    distance = F.smooth_l1_loss(deltas[:, 1], targets["deltas"], beta=beta, reduction="none").sum(1)
    return weighted_mean(term, targets["sampled"], count), weighted_mean(distance, targets["positives"], count)


def region_focal(weights):
    return {"alpha": weights["region_focal_alpha"], "gamma": weights["region_focal_gamma"]}


def mask_loss(logits, targets, truth, weights):
    logits = logits[:, 1]
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    p = logits.sigmoid()
    missed = p + truth - 2 * p * truth
    alpha = truth * (2 * weights["focal_alpha"] - 1) + 1 - weights["focal_alpha"]
    focal = (entropy * alpha * missed ** weights["focal_gamma"]).mean((1, 2))
    overlap = 2 * (p * truth).sum((1, 2)) + weights["dice_smooth"]
    dice = 1 - overlap / (p.square().sum((1, 2)) + truth.square().sum((1, 2)) + weights["dice_smooth"])
    return weighted_mean(focal, targets["mask_positives"]), weighted_mean(dice, targets["mask_positives"])


def mask_targets(masks, boxes, frames, size):
    """[R, K, K] coverage in the frame of `frames` -> [R, size, size] 0 or 1 at the centres of the cells of `boxes`."""
    stored = masks.shape[1]
    centres = (torch.arange(size) + 0.5) / size
    places = []
    for low, high in ((0, 2), (1, 3)):
        at = boxes[:, low, None] + (boxes[:, high] - boxes[:, low])[:, None] * centres
        extent = (frames[:, high] - frames[:, low])[:, None]
        unit = torch.where(extent == 0, 0, (at - frames[:, low, None]) / extent)
        places.append((2 * unit - 1)[:, :, None])
    rows, columns = places[0].expand(-1, -1, size), places[1].transpose(1, 2).expand(-1, size, -1)
    framed, scale = F.pad(masks, (1, 1, 1, 1))[:, None], stored / (stored + 1)
    grid = torch.stack([columns, rows], 3) * scale
    return (F.grid_sample(framed, grid, align_corners=True)[:, 0] >= 0.5).float()


def loss_of(network, images, batch, params):
    model, weights, size = params["model"], params["loss"], params["data"]["image_size"]
    pyramid = network.fpn(network.backbone((images - batch["mean"]) / batch["deviation"]))
    logits, deltas = network.rpn_head(pyramid)
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        anchor_targets = assign_anchors(batch, model["rpn"])
        proposals = select_proposals(logits, deltas, batch, model, size)
        targets = sample_regions(proposals, batch, model["roi"])
        slots = targets["mask_rows"]
        truth = mask_targets(
            batch["masks"].flatten(0, 1)[slots], targets["mask_boxes"].flatten(0, 1), targets["mask_frames"], 2 * model["roi"]["mask_size"]
        )
    terms = (
        *rpn_loss(logits, deltas, anchor_targets, weights),
        *box_loss(*network.box_head(pyramid, targets["boxes"], size), targets, weights),
        *mask_loss(network.mask_head(pyramid, targets["mask_boxes"], size), targets, truth, weights),
    )
    names = ("objectness", "rpn_box", "class", "box", "focal", "dice")
    return sum(term * weights[f"{name}_weight"] for name, term in zip(names, terms))


def create(inputs, params):
    """What `peer.py` drives: the network, its optimizer, and the loss of one step."""
    network = MaskRcnn(params["model"])
    train = params["train"]
    batch = {**inputs, "per_level": params["per_level"]}
    batch["mean"], batch["deviation"] = (torch.tensor(rgb).view(3, 1, 1) for rgb in (RGB_MEAN, RGB_DEVIATION))
    images = batch.pop("images").permute(0, 3, 1, 2).contiguous()

    def optimizer():
        decayed = [p for p in network.parameters() if p.ndim > 1]
        others = [p for p in network.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": train["weight_decay"]}, {"params": others, "weight_decay": 0}]
        betas = (train["momentum"], train["beta2"])
        return torch.optim.AdamW(groups, train["learning_rate"], betas=betas, fused=True)

    def check(images):
        with torch.no_grad():
            return loss_of(network, images, batch, params).item()

    return {
        "network": network,
        "optimizer": optimizer,
        "images": images,
        "loss": lambda images: loss_of(network, images, batch, params),
        "check": check,
        "clip_norm": train["gradient_clip_norm"],
    }
