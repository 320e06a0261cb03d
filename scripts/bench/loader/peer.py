"""A peer's side of the suite `loader`: python peer.py pillow|torchvision, driven line by line by `measureInTurns`.

PyTorch's DataLoader with workers that stay alive. Both forms do what ours does, in the same order, with the same chances:
zoom and crop, copy-paste, blur, symmetry, colour, noise, JPEG, then boxes and masks of the buildings. `pillow` works on
Pillow's images and NumPy's arrays, `torchvision` on uint8 tensors with the functions behind its transforms, version 2.
"""

import json
import math
import multiprocessing
import os
import sys
import time

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch.utils.data import DataLoader, Dataset

# The pictures in a form of their own: see picture_pillow.py and picture_torchvision.py.
kind = sys.argv[1]
if kind == "pillow":
    import picture_pillow as picture
else:
    import picture_torchvision as picture

TRIES = 20
SMALLEST_PART = 1
SUPERSAMPLING = 4


def random_span(length, room, scale, rng):
    shown = max(1, min(length, round(room / scale)))
    placed = room if shown < length else max(1, min(room, round(shown * scale)))
    return shown, placed, int(rng.integers(length - shown + 1)), int(rng.integers(room - placed + 1))


def random_view(image, size, zoom, rng):
    """Which part of the image is shown, and where in the square: (x, y, width, height) twice."""
    factor = math.exp(rng.uniform(math.log(zoom[0]), math.log(zoom[1])))
    scale = factor * size / max(image["width"], image["height"])
    width, placed_width, x, left = random_span(image["width"], size, scale, rng)
    height, placed_height, y, top = random_span(image["height"], size, scale, rng)
    return (x, y, width, height), (left, top, placed_width, placed_height)


def area(ring):
    x, y = ring[:, 0], ring[:, 1]
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def clip(ring, place):
    """Sutherland and Hodgman's, side by side."""
    left, top, width, height = place
    points = ring.tolist()
    for axis, limit, sign in ((0, left, 1), (0, left + width, -1), (1, top, 1), (1, top + height, -1)):
        kept = []
        for i, b in enumerate(points):
            a = points[i - 1]
            a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if a_in != b_in:
                t = (limit - a[axis]) / (b[axis] - a[axis])
                kept.append([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
            if b_in:
                kept.append(b)
        points = kept
    return np.array(points).reshape(-1, 2)


def outlines_in(image, view, min_visible):
    """The buildings' rings in pixels of the square, cut where the view ends."""
    (x, y, width, height), place = view
    left, top, placed_width, placed_height = place
    scale = np.array([placed_width / width, placed_height / height])
    shift = np.array([left, top]) - scale * [x, y]
    outlines = []
    for building in image["buildings"]:
        y1, x1, y2, x2 = building["box"]
        if x1 >= x + width or x2 <= x or y1 >= y + height or y2 <= y:
            continue
        rings = [ring * scale + shift for ring in building["rings"]]
        if x1 >= x and y1 >= y and x2 <= x + width and y2 <= y + height:
            outlines.append(rings)
            continue
        whole = sum(area(ring) for ring in rings)
        parts = [part for part in (clip(ring, place) for ring in rings) if len(part) > 2 and area(part) >= SMALLEST_PART]
        if parts and sum(area(part) for part in parts) >= min_visible * whole:
            outlines.append(parts)
    return outlines


def whole_outlines(image, view):
    (x, y, width, height), (left, top, placed_width, placed_height) = view
    scale = np.array([placed_width / width, placed_height / height])
    shift = np.array([left, top]) - scale * [x, y]
    return [
        [ring * scale + shift for ring in building["rings"]]
        for building in image["buildings"]
        if building["box"][1] > x
        and building["box"][0] > y
        and building["box"][3] < x + width
        and building["box"][2] < y + height
    ]


def box_of(rings):
    points = rings[0] if len(rings) == 1 else np.concatenate(rings)
    (x1, y1), (x2, y2) = points.min(0), points.max(0)
    return y1, x1, y2, x2


def draw(canvas, rings, fill):
    for ring in rings:
        canvas.polygon(ring.ravel().tolist(), fill=fill)


def paste_buildings(canvas, outlines, place, donor, donor_outlines, most, rng):
    """Puts buildings of the donor where there is room, each turned in a way of its own."""
    wanted = min(1 + int(rng.integers(most)), len(donor_outlines))
    if wanted == 0:
        return []
    size = picture.side_of(canvas)
    taken_image = Image.new("L", (size, size), 1)
    drawing = ImageDraw.Draw(taken_image)
    left, top, width, height = place
    drawing.rectangle([left, top, left + width - 1, top + height - 1], fill=0)
    for rings in outlines:
        draw(drawing, rings, 1)
    taken = np.array(taken_image)
    pasted = []
    for index in rng.permutation(len(donor_outlines)):
        if len(pasted) == wanted:
            break
        rings = donor_outlines[index]
        y1, x1, y2, x2 = box_of(rings)
        x, y = math.floor(x1), math.floor(y1)
        width, height = math.ceil(x2) - x, math.ceil(y2) - y
        symmetry = int(rng.integers(8))
        moved = [turn(ring - [x, y], symmetry, width, height) for ring in rings]
        if symmetry & 1:
            width_there, height_there = height, width
        else:
            width_there, height_there = width, height
        if width_there > size or height_there > size:
            continue
        patch = Image.new("L", (width_there, height_there))
        draw(ImageDraw.Draw(patch), moved, 1)
        mask = np.array(patch, dtype=bool)
        for _ in range(TRIES):
            to_x = int(rng.integers(size - width_there + 1))
            to_y = int(rng.integers(size - height_there + 1))
            if not (taken[to_y : to_y + height_there, to_x : to_x + width_there][mask]).any():
                break
        else:
            continue
        picture.paste(canvas, donor, (x, y, width, height), symmetry, mask, (to_x, to_y))
        taken[to_y : to_y + height_there, to_x : to_x + width_there][mask] = 1
        pasted.append([ring + [to_x, to_y] for ring in moved])
    return pasted


def turn(ring, symmetry, width, height):
    """First transposed, then mirrored left-right, then top-bottom. width, height: before it."""
    if symmetry & 1:
        ring, width, height = ring[:, ::-1], height, width
    if symmetry & 2:
        ring = np.stack([width - ring[:, 0], ring[:, 1]], 1)
    if symmetry & 4:
        ring = np.stack([ring[:, 0], height - ring[:, 1]], 1)
    return ring


def rasterize(rings, box, side):
    """Coverage of each cell in the frame of the box, from 4 x 4 samples."""
    y1, x1, y2, x2 = box
    fine = side * SUPERSAMPLING
    scale = np.array([fine / (x2 - x1), fine / (y2 - y1)])
    image = Image.new("L", (fine, fine))
    # Pillow's pixel centres are at whole numbers, and its polygons cover their border.
    draw(ImageDraw.Draw(image), [(ring - [x1, y1]) * scale - 0.5 for ring in rings], 255)
    return np.asarray(image.reduce(SUPERSAMPLING))


class Tiles(Dataset):
    def __init__(self, job):
        self.images = job["images"]
        for image in {id(image): image for image in self.images}.values():
            for building in image["buildings"]:
                building["rings"] = [np.array(ring).reshape(-1, 2) for ring in building.pop("polygons")]
        self.augment, self.shape = job["augment"], job["shape"]

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        rng = np.random.default_rng(torch.randint(2**62, (1,)).item())
        augment, size = self.augment, self.shape["imageSize"]
        pixels, outlines = self.scene(index, size, rng)
        if rng.random() < augment["blur"]:
            pixels = picture.blur(pixels, rng.uniform(*augment["blur_sigma"]))
        if augment["symmetries"]:
            symmetry = int(rng.integers(8))
            pixels = picture.turn(pixels, symmetry)
            outlines = [[turn(ring, symmetry, size, size) for ring in rings] for rings in outlines]
        pixels = picture.color(pixels, augment, rng)
        if rng.random() < augment["noise"]:
            pixels = picture.noise(pixels, rng.uniform(*augment["noise_sigma"]), rng)
        if rng.random() < augment["jpeg"]:
            low, high = augment["jpeg_quality"]
            pixels = picture.jpeg(pixels, int(rng.integers(low, high + 1)))
        return {"image": picture.to_tensor(pixels), **self.targets(outlines)}

    def scene(self, index, size, rng):
        augment, image = self.augment, self.images[index]
        view = random_view(image, size, augment["scale"], rng)
        canvas = picture.read(image["bytes"]["shard"], view, size)
        outlines = outlines_in(image, view, augment["min_visible"])
        if rng.random() < augment["copy_paste"]:
            other = self.images[int(rng.integers(len(self.images)))]
            other_view = random_view(other, size, augment["scale"], rng)
            donor = picture.read(other["bytes"]["shard"], other_view, size)
            donor_outlines = whole_outlines(other, other_view)
            most = augment["copy_paste_buildings"]
            outlines = outlines + paste_buildings(canvas, outlines, view[1], donor, donor_outlines, most, rng)
        return canvas, outlines

    def targets(self, outlines):
        most, side = self.shape["maxInstances"], self.shape["maskSize"]
        if len(outlines) > most:
            outlines = sorted(outlines, key=lambda rings: -sum(area(ring) for ring in rings))[:most]
        boxes = np.zeros((most, 4), np.float32)
        masks = np.zeros((most, side, side), np.float32)
        valid = np.zeros(most, np.float32)
        for slot, rings in enumerate(outlines):
            box = box_of(rings)
            boxes[slot] = box
            masks[slot] = rasterize(rings, box, side)
        masks[: len(outlines)] *= 1 / 255
        valid[: len(outlines)] = 1
        return {"boxes": torch.from_numpy(boxes), "masks": torch.from_numpy(masks), "valid": torch.from_numpy(valid)}


def inspect(loader):
    sums = dict.fromkeys(("buildings", "brightness", "squares", "coverage", "sides"), 0.0)
    images = 0
    for batch in loader:
        pixels, boxes = batch["image"].double(), batch["boxes"].double()
        if pixels.shape[1] == 3:
            pixels = pixels.permute(0, 2, 3, 1)
        images += len(pixels)
        sums["brightness"] += pixels.mean((1, 2, 3)).sum().item()
        sums["squares"] += (pixels[:, :, 1:] - pixels[:, :, :-1]).square().mean((1, 2, 3)).sum().item()
        sums["coverage"] += batch["masks"].double().mean((2, 3)).sum().item()
        sums["sides"] += ((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])).sqrt().sum().item()
        sums["buildings"] += batch["valid"].sum().item()
    return {
        "images": images,
        "buildings": sums["buildings"] / images,
        "brightness": sums["brightness"] / images,
        "roughness": math.sqrt(sums["squares"] / images),
        "coverage": sums["coverage"] / sums["buildings"],
        "box_side": sums["sides"] / sums["buildings"],
    }


def cpu_seconds():
    """Of this process and the workers that are alive."""
    ticks = 0
    for process in [None, *multiprocessing.active_children()]:
        with open(f"/proc/{process.pid if process else 'self'}/stat") as file:
            ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def count_buildings(loader):
    before = cpu_seconds()
    buildings = sum(batch["valid"].sum().item() for batch in loader)
    return {"buildings": buildings, "cpu_seconds": cpu_seconds() - before}


def main():
    job = json.loads(sys.stdin.readline())
    torch.set_num_threads(1)
    loader = DataLoader(
        Tiles(job),
        batch_size=job["shape"]["batchSize"],
        shuffle=True,
        num_workers=job["workers"],
        persistent_workers=True,
        prefetch_factor=2,
    )
    print("{}", flush=True)
    first = True
    while sys.stdin.readline():
        start = time.perf_counter()
        # The first round, which does not count, is looked at closely.
        output = inspect(loader) if first else count_buildings(loader)
        first = False
        print(json.dumps({"seconds": time.perf_counter() - start, "output": output}), flush=True)


if __name__ == "__main__":
    main()
