"""What `src/ops` and `src/loss/targets.ts` do with boxes, in PyTorch: matching, sampling, proposals. No gradients here.

The random keys that decide the sampling come with the inputs, so that both sides draw the same anchors and regions.
"""

import math

import torch
from torchvision.ops import nms

MIN_SIDE = 1e-3
EXCLUDED = -1e9


def area(boxes):
    return (boxes[..., 2] - boxes[..., 0]).clamp(min=0) * (boxes[..., 3] - boxes[..., 1]).clamp(min=0)


def iou(a, b):
    """[N, M, 4], [N, A, 4] -> [N, M, A]"""
    a, b, edges = a[:, :, None], b[:, None], []
    for low, high in ((0, 2), (1, 3)):
        side = torch.minimum(a[..., high], b[..., high]) - torch.maximum(a[..., low], b[..., low])
        edges.append(side.clamp_(min=0))
    both = edges[0].mul_(edges[1])
    union = area(a) + area(b) - both
    return torch.where(union > 0, both / union, 0)


def centre_form(boxes):
    y1, x1, y2, x2 = boxes.unbind(-1)
    return (y1 + y2) / 2, (x1 + x2) / 2, (y2 - y1).clamp(min=MIN_SIDE), (x2 - x1).clamp(min=MIN_SIDE)


def encode(boxes, references, weights):
    y, x, height, width = centre_form(boxes)
    ry, rx, rheight, rwidth = centre_form(references)
    deltas = ((y - ry) / rheight, (x - rx) / rwidth, (height / rheight).log(), (width / rwidth).log())
    return torch.stack([delta * weight for delta, weight in zip(deltas, weights)], -1)


def decode(deltas, references, weights, scale_clamp):
    dy, dx, dh, dw = (delta / weight for delta, weight in zip(deltas.unbind(-1), weights))
    most = math.log(scale_clamp)
    ry, rx, rheight, rwidth = centre_form(references)
    y, x = dy * rheight + ry, dx * rwidth + rx
    height = dh.clamp(max=most).exp() * rheight / 2
    width = dw.clamp(max=most).exp() * rwidth / 2
    return torch.stack([y - height, x - width, y + height, x + width], -1)


def rows(values, indices):
    """values[n, indices[n, k]]"""
    return values[torch.arange(len(values))[:, None], indices]


def match(overlaps, valid, positive_iou, negative_iou, low_quality):
    """-> labels [N, A]: 1 building, 0 background, -1 ignored; the best building of each [N, A]"""
    overlaps = overlaps * valid[:, :, None]
    best, indices = overlaps.max(1)
    positive = best >= positive_iou
    if low_quality:
        most = overlaps.amax(2, keepdim=True)
        positive |= ((overlaps == most) & (most > 0)).any(1)
    background = (best < negative_iou) & ~positive
    return positive.int() - (~(positive | background)).int(), indices


def draw(candidates, keys, count):
    ranked = candidates * (keys + 1)
    threshold = ranked.topk(count, 1).values[:, -1:]
    return (ranked >= threshold.clamp(min=1)).float()


def positive_slots(options):
    return max(1, math.floor(options["samples"] * options["positive_fraction"]))


def assign_anchors(batch, options):
    anchors = batch["anchors"][None]
    overlaps = iou(batch["boxes"], anchors.expand(len(batch["boxes"]), -1, -1))
    thresholds = options["positive_iou"], options["negative_iou"]
    labels, indices = match(overlaps, batch["valid"], *thresholds, options["low_quality_matches"])
    keys = batch["anchor_keys"]
    wanted = min(options["samples"], keys.shape[1])
    positives = draw((labels == 1).float(), keys, min(positive_slots(options), keys.shape[1]))
    remaining = wanted - positives.sum(1)
    ranked = (labels == 0) * (keys + 1)
    best = ranked.topk(wanted, 1).values
    threshold = best.gather(1, (remaining.long() - 1).clamp(min=0)[:, None])
    negatives = ((ranked >= threshold.clamp(min=1)) & (remaining > 0)[:, None]).float()
    deltas = encode(rows(batch["boxes"], indices), anchors, options["box_weights"])
    return {"labels": labels, "positives": positives, "negatives": negatives, "deltas": deltas}


def select_proposals(logits, deltas, batch, model, size):
    options = model["rpn"]
    best, indices, levels, offset = [], [], [], 0
    for level, part in enumerate(logits.split(batch["per_level"], 1)):
        top = part.topk(min(options["pre_nms_top_k"], part.shape[1]), 1)
        best.append(top.values)
        indices.append(top.indices + offset)
        levels.append(torch.full((top.indices.shape[1],), float(level)))
        offset += part.shape[1]
    scores, indices, levels = torch.cat(best, 1), torch.cat(indices, 1), torch.cat(levels)
    coding = options["box_weights"], model["box_scale_clamp"]
    boxes = decode(rows(deltas, indices), batch["anchors"][indices], *coding).clamp(0, size)
    thin = (boxes[..., 2:] - boxes[..., :2]).amin(2) < options["min_size"]
    scores = scores.masked_fill(thin | (scores.sigmoid() < options["score_threshold"]), EXCLUDED)
    shifted = boxes + (levels * 2 * size)[:, None]
    kept = torch.zeros(len(boxes), options["post_nms_top_k"], dtype=torch.long)
    valid = torch.zeros(kept.shape)
    for n in range(len(boxes)):
        keep = nms(shifted[n], scores[n], options["nms_threshold"])
        keep = keep[scores[n, keep] > EXCLUDED / 2][: kept.shape[1]]
        kept[n, : len(keep)] = keep
        valid[n, : len(keep)] = 1
    return rows(boxes, kept), valid


def sample_regions(proposals, batch, options):
    candidates = torch.cat([proposals[0], batch["boxes"]], 1)
    real = torch.cat([proposals[1], batch["valid"]], 1)
    thresholds = options["positive_iou"], options["negative_iou"]
    overlaps = iou(batch["boxes"], candidates)
    labels, matched = match(overlaps, batch["valid"], *thresholds, False)
    labels = torch.where(real > 0, labels, -1)
    keys, slots = batch["region_keys"], options["mask_samples"]
    drawn = draw((labels == 1).float(), keys, min(positive_slots(options), keys.shape[1]))
    rank = drawn * (keys + 2) + (labels == 0) * (keys + 1)
    top = rank.topk(min(options["samples"], keys.shape[1]), 1)
    sampled = (top.values > 0).float()
    boxes, matched = rows(candidates, top.indices), rows(matched, top.indices)
    frames = rows(batch["boxes"], matched)
    positives = (rows(labels, top.indices) == 1) * sampled
    firsts = torch.arange(len(boxes))[:, None] * batch["boxes"].shape[1]
    return {
        "boxes": boxes,
        "sampled": sampled.flatten(),
        "positives": positives.flatten(),
        "deltas": encode(frames, boxes, options["box_weights"]).flatten(0, 1),
        "mask_boxes": boxes[:, :slots],
        "mask_positives": positives[:, :slots].flatten(),
        "mask_frames": frames[:, :slots].flatten(0, 1),
        "mask_rows": (matched[:, :slots] + firsts).flatten(),
    }
