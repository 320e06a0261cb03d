"""Reads the files that both sides start from, and copies weights by name into PyTorch's layouts."""

import json
import math

import torch
from torch import nn

# What PyTorch calls `weight` and `bias` carries the field's own names on our side.
NORM_NAMES = {"weight": "scale", "bias": "shift"}
OTHER_NAMES = {"weight": "kernel", "bias": "bias"}


def read_safetensors(path):
    """https://github.com/huggingface/safetensors#format, float32 only: name -> tensor."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        body = bytearray(file.read())
    header.pop("__metadata__", None)

    def tensor(entry):
        count = math.prod(entry["shape"])
        return torch.frombuffer(body, dtype=torch.float32, count=count, offset=entry["data_offsets"][0])

    return {name: tensor(entry).reshape(entry["shape"]) for name, entry in header.items()}


def load_weights(network, tensors):
    """Sets every parameter; raises unless both sides have the same weights. Returns how many values there are."""
    missing = dict(tensors)
    for path, module in network.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            ours = (NORM_NAMES if isinstance(module, nn.GroupNorm) else OTHER_NAMES)[name]
            value = missing.pop(f"{path}.{ours}")
            with torch.no_grad():
                parameter.copy_(to_layout(module, value))
    if missing:
        raise ValueError(f"the peer lacks {sorted(missing)}")
    return sum(parameter.numel() for parameter in network.parameters())


def to_layout(module, value):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) and value.ndim == 4:
        # [H, W, I, O] -> [O, I, H, W]; a transposed convolution has both sides' channels the other way round.
        return value.permute(3, 2, 0, 1)
    if isinstance(module, nn.Linear) and value.ndim == 2:
        size = getattr(module, "map_size", None)
        if size is None:
            return value.T
        # Its input is a flattened map: channels last on our side, first here.
        return value.reshape(size, size, -1, value.shape[1]).permute(3, 2, 0, 1).flatten(1)
    return value
