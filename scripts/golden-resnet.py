"""Reference values by torchvision for the ResNets, and what the names of its weights are: writes test/golden/resnet.json.

Usage: python scripts/golden-resnet.py   (needs: pip install torch==2.13.0 torchvision==0.28.0)
Weights follow from their names by the rule of scripts/golden/make.py; the image is sin(FREQUENCY i) in the order [N, H, W, C].
Maps and the gradient are in that order, too, every second (gradient: fourth) row and column, the first channels only, rounded to
6 significant digits. Image and size are such that float32 and float64 agree: in larger ones some value next to a ReLU's 0 has
another sign, and with it a patch of the gradient another value.
"""

import hashlib
import json
import sys
from pathlib import Path

import torch
import torchvision

sys.path.insert(0, str(Path(__file__).parent / "golden"))
from make import weight  # noqa: E402

DEPTHS = ["resnet18", "resnet34", "resnet50", "resnet101"]
HEIGHT, WIDTH, FREQUENCY = 32, 64, 0.7
CHANNELS = 8


def numbers(tensor):
    return [float(f"{value:.6g}") for value in tensor.detach().double().flatten().tolist()]


def digest(model):
    """sha256 of a line for each float tensor, "name size,size,…", sorted."""
    floats = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    lines = sorted(f"{name} {','.join(map(str, value.shape))}" for name, value in floats.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def outputs(name):
    model = getattr(torchvision.models, name)(weights=None).double().eval()
    state = model.state_dict()
    model.load_state_dict({n: weight(n, v.shape) if v.is_floating_point() else v for n, v in state.items()})
    count = HEIGHT * WIDTH * 3
    image = torch.sin(FREQUENCY * torch.arange(count, dtype=torch.float64)).reshape(1, HEIGHT, WIDTH, 3)
    image.requires_grad_()
    x = model.maxpool(model.relu(model.bn1(model.conv1(image.permute(0, 3, 1, 2)))))
    maps, total = [], 0
    for layer in [model.layer1, model.layer2, model.layer3, model.layer4]:
        x = layer(x)
        part = x.permute(0, 2, 3, 1)[:, ::2, ::2, :CHANNELS]
        maps.append({"shape": list(part.shape), "values": numbers(part)})
        total = total + (part * torch.cos(torch.arange(part.numel(), dtype=torch.float64)).reshape(part.shape)).sum()
    (gradient,) = torch.autograd.grad(total, image)
    return {"maps": maps, "gradient": numbers(gradient[:, ::4, ::4])}


def main():
    detection = torchvision.models.detection.maskrcnn_resnet50_fpn
    golden = {
        "made_by": "scripts/golden-resnet.py",
        "torch": torch.__version__.split("+")[0],
        "torchvision": torchvision.__version__.split("+")[0],
        "image": [1, HEIGHT, WIDTH, 3],
        "frequency": FREQUENCY,
        "channels": CHANNELS,
        "digests": {
            **{name: digest(getattr(torchvision.models, name)(weights=None)) for name in DEPTHS},
            "maskrcnn": digest(detection(weights=None, weights_backbone=None)),
        },
        "resnet18": outputs("resnet18"),
        "resnet50": outputs("resnet50"),
    }
    target = Path(__file__).parent.parent / "test" / "golden" / "resnet.json"
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
