import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { SourceAnnotation, SourceSample } from '../../src/data/sources/source-sample.ts';
import { createRandom } from '../../src/system/random.ts';

/** [height, width, 3]: a picture of large blots, another one for each seed, as unlike as two places. */
export function blots(seed: number, width: number, height: number): Buffer {
  const random = createRandom(seed, 'blots');
  const centres = Array.from({ length: 24 }, () => ({
    x: random.uniform(0, width),
    y: random.uniform(0, height),
    radius: random.uniform(0.05, 0.25) * width,
    colour: [random.uniform(0, 255), random.uniform(0, 255), random.uniform(0, 255)],
  }));
  const pixels = Buffer.alloc(width * height * 3, 90);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const blot = centres.findLast((one) => Math.hypot(one.x - x, one.y - y) < one.radius);
    if (blot) for (let c = 0; c < 3; c++) pixels[3 * i + c] = blot.colour[c]!;
  }
  return pixels;
}

export function blotImage(seed: number, width = 64, height = 48): Sharp {
  return sharp(blots(seed, width, height), { raw: { width, height, channels: 3 } });
}

/** Writes an image in the format of its ending. @returns the path */
export async function putImage(path: string, image: Sharp | Buffer): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  if (Buffer.isBuffer(image)) await writeFile(path, image);
  else await image.toFile(path);
  return path;
}

/** A sample in `folder` with one sound building of 20 x 10 pixels; all of it changeable. */
export function sampleAt(folder: string, name: string, more: Partial<SourceSample> = {}): SourceSample {
  return {
    ...{ file: join(folder, name), name, origin: 'local', split: 'train', temporary: false },
    size: { width: 64, height: 48 },
    annotations: [polygonAnnotation([10, 10, 30, 10, 30, 20, 10, 20])],
    ...more,
  };
}

/** One outline; `more` changes the rest. */
export function polygonAnnotation(
  ring: readonly unknown[] | readonly (readonly unknown[])[],
  more: Partial<SourceAnnotation> = {},
): SourceAnnotation {
  const rings = (Array.isArray(ring[0]) ? ring : [ring]) as readonly (readonly unknown[])[];
  return {
    entry: 'annotations[0]',
    outline: { kind: 'polygons', rings, unit: 'pixels' },
    ...{ crowd: false, box: null, area: null },
    ...more,
  };
}
