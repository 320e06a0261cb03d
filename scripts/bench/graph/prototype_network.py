"""The prototype's network in PyTorch, layer by layer as in `prototype-network.ts`, with the same names."""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

GROUPS = 32
STAGE_WIDTHS = (64, 128, 256, 512)
BLOCKS_PER_STAGE = 2


def conv(inputs, outputs, size, stride=1):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = conv(inputs, outputs, 3, stride)
        self.norm1 = nn.GroupNorm(GROUPS, outputs)
        self.conv2 = conv(outputs, outputs, 3)
        self.norm2 = nn.GroupNorm(GROUPS, outputs)
        layers = OrderedDict(conv=conv(inputs, outputs, 1, stride), norm=nn.GroupNorm(GROUPS, outputs))
        self.shortcut = nn.Sequential(layers) if stride > 1 else nn.Identity()

    def forward(self, x):
        residual = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(residual + self.shortcut(x))


class PrototypeNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.ModuleDict({"conv": conv(3, 64, 7, 2), "norm": nn.GroupNorm(GROUPS, 64)})
        self.pool = nn.MaxPool2d(3, 2, 1)
        inputs = 64
        for stage, outputs in enumerate(STAGE_WIDTHS):
            blocks = OrderedDict()
            for block in range(BLOCKS_PER_STAGE):
                blocks[f"block{block}"] = Block(inputs, outputs, 2 if block == 0 and stage > 0 else 1)
                inputs = outputs
            self.add_module(f"stage{stage}", nn.Sequential(blocks))
        self.head = conv(512, 1, 1)

    def forward(self, images):
        x = self.pool(F.relu(self.stem["norm"](self.stem["conv"](images))))
        for stage in range(len(STAGE_WIDTHS)):
            x = self.get_submodule(f"stage{stage}")(x)
        return self.head(x)


def loss_of(network, images):
    return network(images).float().square().mean()


def loss_with_tensorflow_padding(network, images):
    """The loss of the first step, with TensorFlow's `same` padding: equal to ours if all the rest is."""
    windows = [m for m in network.modules() if isinstance(m, (nn.Conv2d, nn.MaxPool2d)) and m.padding not in (0, (0, 0))]
    strided = [m for m in windows if m.stride in (2, (2, 2))]
    hooks, paddings = [], [m.padding for m in strided]
    for module in strided:
        size = module.kernel_size if isinstance(module.kernel_size, int) else module.kernel_size[0]
        before, after = (size - 2) // 2, (size - 1) // 2
        edges = (before, after, before, after)
        hooks.append(module.register_forward_pre_hook(lambda _, args, edges=edges: F.pad(args[0], edges)))
        module.padding = 0 if isinstance(module, nn.MaxPool2d) else (0, 0)
    with torch.no_grad():
        loss = loss_of(network, images).item()
    for hook in hooks:
        hook.remove()
    for module, padding in zip(strided, paddings):
        module.padding = padding
    return loss


def create(inputs, _params):
    """What `peer.py` drives: the network, its optimizer, and the loss of one step."""
    network = PrototypeNetwork()
    images = inputs["images"].permute(0, 3, 1, 2)
    return {
        "network": network,
        "optimizer": lambda: torch.optim.Adam(network.parameters(), 1e-4, fused=True),
        "images": images.contiguous(),
        "loss": lambda images: loss_of(network, images),
        "check": lambda images: loss_with_tensorflow_padding(network, images),
        "clip_norm": None,
    }
