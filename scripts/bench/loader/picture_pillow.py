"""Pictures as Pillow's images; NumPy where Pillow has nothing."""

import io

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter

Transpose = Image.Transpose


def side_of(canvas):
    return canvas.width


def read(path, view, size):
    (x, y, width, height), (left, top, placed_width, placed_height) = view
    image = Image.open(path)
    part = image.resize((placed_width, placed_height), Image.Resampling.BILINEAR, (x, y, x + width, y + height))
    if (placed_width, placed_height) == (size, size):
        return part
    canvas = Image.new("RGB", (size, size))
    canvas.paste(part, (left, top))
    return canvas


def paste(canvas, donor, frame, symmetry, mask, to):
    x, y, width, height = frame
    patch = turn(donor.crop((x, y, x + width, y + height)), symmetry)
    canvas.paste(patch, to, Image.fromarray(mask))


def blur(image, sigma):
    return image.filter(ImageFilter.GaussianBlur(sigma))


def turn(image, symmetry):
    if symmetry & 1:
        image = image.transpose(Transpose.TRANSPOSE)
    if symmetry & 2:
        image = image.transpose(Transpose.FLIP_LEFT_RIGHT)
    if symmetry & 4:
        image = image.transpose(Transpose.FLIP_TOP_BOTTOM)
    return image


def color(image, augment, rng):
    """As torchvision's ColorJitter does on Pillow's images."""
    for name, enhance in (
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color),
    ):
        image = enhance(image).enhance(1 + augment[name] * rng.uniform(-1, 1))
    hue, saturation, value = image.convert("HSV").split()
    shift = int(round(255 * augment["hue"] * rng.uniform(-1, 1)))
    hue = hue.point([(level + shift) % 256 for level in range(256)])
    return Image.merge("HSV", (hue, saturation, value)).convert("RGB")


def noise(image, sigma, rng):
    pixels = rng.standard_normal((image.height, image.width, 3), dtype=np.float32)
    pixels *= 255 * sigma
    pixels += np.asarray(image)
    np.rint(pixels, out=pixels)
    np.clip(pixels, 0, 255, out=pixels)
    return Image.fromarray(pixels.astype(np.uint8))


def jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer)


def to_tensor(image):
    """[H, W, 3] in 0-1"""
    return torch.from_numpy(np.asarray(image) * np.float32(1 / 255))
