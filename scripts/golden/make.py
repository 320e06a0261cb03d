"""Writes a golden file: outputs of torchvision's maskrcnn_resnet50_fpn, computed in float64, on weights that anyone can
regenerate. `npm run -s golden -- FILE` holds our model against it.

Usage: python scripts/golden/make.py OUT [--height 256] [--width 256] [--size 256] [--detections 50] [--seed 1]
           [--image-of FILE]      (needs: pip install torch==2.13.0 torchvision==0.28.0)

Layouts and boxes are torchvision's: [C, H, W], [x1, y1, x2, y2]. `proposals` are pixels of the resized image, `det.boxes` of
the given one.
"""

import argparse
import json
import math
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
import torchvision
from torchvision.models.detection import maskrcnn_resnet50_fpn

FNV_OFFSET, FNV_PRIME = 2166136261, 16777619
WORD = 2**32
# The first fragment that a name holds gives the gain of its weights.
GAINS = {"backbone.fpn": 0.35, "cls_logits": 2, "cls_score": 2, "bbox_pred": 0.3, "mask_fcn_logits": 2}
ROI_ALIGN_REGIONS, SLICE_CHANNELS = 20, 8


def xorshift32(s):
    s = s ^ (s << 13) % WORD
    s ^= s >> 17
    return s ^ (s << 5) % WORD


def xorshift_sequence(seed, count):
    """The first `count` states after `seed`. The step is linear over bits, so that a block of states moves on by its own
    length at once: the images of the 32 bits say how."""
    bits = [xorshift32(1 << i) for i in range(32)]
    states = numpy.array([xorshift32(seed)], dtype=numpy.uint32)
    while len(states) < count:
        states = numpy.concatenate([states, apply_bits(bits, states)])
        bits = [int(moved) for moved in apply_bits(bits, numpy.array(bits, dtype=numpy.uint32))]
    return states[:count]


def apply_bits(bits, states):
    moved = numpy.zeros_like(states)
    for i, image in enumerate(bits):
        moved ^= ((states >> i) & 1) * numpy.uint32(image)
    return moved


def fnv1a(text):
    value = FNV_OFFSET
    for byte in text.encode():
        value = (value ^ byte) * FNV_PRIME % WORD
    return value


def base_and_deviation(name, shape):
    if name.endswith("running_var"):
        return 1, 0.05
    if name.endswith("running_mean"):
        return 0, 0.05
    if len(shape) == 1 and name.endswith("weight"):
        return 0.5 if ".bn3." in name else 1, 0.05
    if name.endswith("bias"):
        return 0, 0.02
    fan_in = shape[0] if "conv5_mask" in name else math.prod(shape[1:])
    gain = next((gain for part, gain in GAINS.items() if part in name), math.sqrt(2))
    return 0, gain / math.sqrt(fan_in)


def weight(name, shape):
    base, deviation = base_and_deviation(name, shape)
    uniform = xorshift_sequence(fnv1a(name), math.prod(shape)) / WORD
    return torch.from_numpy(base + (2 * uniform - 1) * math.sqrt(3) * deviation).reshape(shape)


def create_model(size, detections):
    model = maskrcnn_resnet50_fpn(
        weights=None,
        weights_backbone=None,
        num_classes=2,
        min_size=size,
        max_size=size,
        box_detections_per_img=detections,
    )
    model.double().eval()
    state = model.state_dict()
    floats = {name: weight(name, value.shape) for name, value in state.items() if value.is_floating_point()}
    model.load_state_dict({**state, **floats})
    return model


def random_image(height, width, seed):
    """Blotches of several sizes and some noise: [3, height, width] in 0-1."""
    generator = torch.Generator().manual_seed(seed)
    noise = lambda *shape: torch.randn(1, 3, *shape, generator=generator, dtype=torch.float64)
    resized = lambda x: F.interpolate(x, size=(height, width), mode="bicubic", align_corners=False)
    blotches = sum(resized(noise(n, n)) for n in (4, 12, 32))
    return (0.45 + 0.15 * blotches + 0.05 * noise(height, width))[0].clamp(0, 1).float()


def outputs(model, image):
    """All keys of a golden file but the image; `image` has the model's type."""
    images, _ = model.transform([image])
    body = model.backbone.body(images.tensors)
    pyramid = model.backbone(images.tensors)
    logits, deltas = model.rpn.head(list(pyramid.values()))
    proposals, _ = model.rpn(images, pyramid)
    heads = model.roi_heads
    regions = heads.box_roi_pool(pyramid, proposals, images.image_sizes)
    class_logits, box_deltas = heads.box_predictor(heads.box_head(regions))
    inside, _ = heads(pyramid, proposals, images.image_sizes)
    cut = heads.mask_roi_pool(pyramid, [inside[0]["boxes"]], images.image_sizes)
    mask_logits = heads.mask_predictor(heads.mask_head(cut))
    found = model([image])[0]
    result = {**maps("body", body), **maps("fpn", pyramid)}
    for i, (level_logits, level_deltas) in enumerate(zip(logits, deltas)):
        result[f"rpn.logits.{i}"] = level_logits[0]
        result[f"rpn.deltas.{i}.slice"] = level_deltas[0, :, ::2, ::2]
    result["proposals"] = proposals[0]
    result["roi_align.first20"] = regions[:ROI_ALIGN_REGIONS, :SLICE_CHANNELS]
    result["box.class_logits"], result["box.deltas"] = class_logits, box_deltas
    result |= {f"det.{key}": found[key] for key in ("boxes", "scores", "labels")}
    result["mask.logits.class1"] = mask_logits[:, 1]
    return result


def maps(part, levels):
    result = {}
    for name, level in levels.items():
        result[f"{part}.{name}.slice"] = level[0, :SLICE_CHANNELS, ::4, ::4]
        result[f"{part}.{name}.mean_std"] = torch.stack([level.mean(), level.std()])
    return result


def share_found(expected, actual):
    """Share of the detections that the other run has too: whether float32 can be held against them at all."""
    if len(expected["det.boxes"]) == 0:
        return 1.0
    if len(actual["det.boxes"]) == 0:
        return 0.0
    iou = torchvision.ops.box_iou(expected["det.boxes"], actual["det.boxes"].double())
    near = (expected["det.scores"][:, None] - actual["det.scores"][None]).abs() <= 1e-3
    return ((iou >= 0.999) & near).any(1).double().mean().item()


def write_safetensors(path, tensors, metadata):
    """https://github.com/huggingface/safetensors#format"""
    header, bodies, offset = {"__metadata__": metadata}, [], 0
    for name, tensor in tensors.items():
        whole = tensor.dtype == torch.int64
        body = tensor.detach().to(torch.int64 if whole else torch.float32).contiguous().numpy().tobytes()
        end = offset + len(body)
        header[name] = {"dtype": "I64" if whole else "F32", "shape": list(tensor.shape), "data_offsets": [offset, end]}
        bodies.append(body)
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(bodies))


def read_image(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        body = bytearray(file.read())
    entry = header["image"]
    offset, count = entry["data_offsets"][0], math.prod(entry["shape"])
    return torch.frombuffer(body, dtype=torch.float32, count=count, offset=offset).reshape(entry["shape"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--size", type=int, default=256, help="side into which the image is fitted")
    parser.add_argument("--detections", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1, help="of the image")
    parser.add_argument("--image-of", help="a golden file whose image to take instead")
    args = parser.parse_args()
    image = read_image(args.image_of) if args.image_of else random_image(args.height, args.width, args.seed)
    with torch.no_grad():
        model = create_model(args.size, args.detections)
        exact = outputs(model, image.double())
        reproduced = share_found(exact, outputs(model.float(), image))
    metadata = {
        "torchvision": torchvision.__version__,
        "seed": Path(args.image_of).name if args.image_of else str(args.seed),
        "size": str(args.size),
        "detections": str(args.detections),
        "float32_reproduces": str(reproduced),
    }
    write_safetensors(args.out, {"image": image, **exact}, metadata)
    counts = f"{len(exact['proposals'])} proposals, {len(exact['det.boxes'])} detections"
    print(f"{args.out}: {counts}, of which torchvision's own float32 finds {reproduced:.0%}")


if __name__ == "__main__":
    main()
