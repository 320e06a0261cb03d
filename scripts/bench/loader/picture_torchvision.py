"""Pictures as uint8 tensors [3, H, W], with the functions behind torchvision's transforms, version 2."""

import torch
from torchvision.io import ImageReadMode, decode_image, read_file
from torchvision.transforms.v2 import functional as F


def side_of(canvas):
    return canvas.shape[-1]


def read(path, view, size):
    (x, y, width, height), (left, top, placed_width, placed_height) = view
    image = decode_image(read_file(path), ImageReadMode.RGB)
    part = F.resized_crop(image, y, x, height, width, [placed_height, placed_width])
    if (placed_width, placed_height) == (size, size):
        return part
    canvas = torch.zeros((3, size, size), dtype=torch.uint8)
    canvas[:, top : top + placed_height, left : left + placed_width] = part
    return canvas


def paste(canvas, donor, frame, symmetry, mask, to):
    x, y, width, height = frame
    patch = turn(donor[:, y : y + height, x : x + width], symmetry)
    part = canvas[:, to[1] : to[1] + mask.shape[0], to[0] : to[0] + mask.shape[1]]
    part[:] = torch.where(torch.from_numpy(mask), patch, part)


def blur(image, sigma):
    side = 2 * max(1, round(3 * sigma)) + 1
    return F.gaussian_blur(image, [side, side], [sigma, sigma])


def turn(image, symmetry):
    if symmetry & 1:
        image = image.transpose(1, 2)
    if symmetry & 2:
        image = F.horizontal_flip(image)
    if symmetry & 4:
        image = F.vertical_flip(image)
    return image.contiguous()


def color(image, augment, rng):
    """As its ColorJitter does."""
    for name, adjust in (
        ("brightness", F.adjust_brightness),
        ("contrast", F.adjust_contrast),
        ("saturation", F.adjust_saturation),
    ):
        image = adjust(image, 1 + augment[name] * rng.uniform(-1, 1))
    return F.adjust_hue(image, augment["hue"] * rng.uniform(-1, 1))


def noise(image, sigma, rng):
    added = torch.empty(image.shape).normal_(0, 255 * sigma)
    return added.add_(image).round_().clamp_(0, 255).to(torch.uint8)


def jpeg(image, quality):
    return F.jpeg(image, quality)


def to_tensor(image):
    """[3, H, W] in 0-1"""
    return F.to_dtype(image, torch.float32, scale=True)
