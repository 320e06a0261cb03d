/** Small, sound data sets in each dialect, drawn at random, for the mutations to spoil. */
import sharp from 'sharp';
import type { Random } from '../../src/system/random.ts';
import type { Kind } from './fuzz-case.ts';

const [WIDTH, HEIGHT] = [48, 40];

export type Files = Map<string, Buffer>;

/** @returns an annotated folder: two to four images with their annotations */
export async function soundFolder(kind: Exclude<Kind, 'zip'>, random: Random): Promise<Files> {
  const names = ['a.png', 'b.jpg', 'c.webp', 'd.tif'].slice(0, 2 + random.int(3));
  const folder = random.next() < 0.5 ? '' : 'images/';
  const files: Files = new Map();
  for (const name of names) {
    // Labelme's may lie in the annotations alone.
    if (kind === 'labelme' && random.int(4) === 0) continue;
    files.set(`${kind === 'yolo' ? 'images/' : folder}${name}`, await image(name, random));
  }
  if (kind === 'coco') files.set('_annotations.coco.json', json(cocoOf(names, random)));
  for (const name of names) {
    const stem = name.slice(0, name.indexOf('.'));
    if (kind === 'labelme') files.set(`${folder}${stem}.json`, json(await labelmeOf(name, random)));
    if (kind === 'yolo') files.set(`labels/${stem}.txt`, Buffer.from(yoloOf(random)));
  }
  if (kind === 'yolo')
    files.set('data.yaml', Buffer.from('path: .\ntrain: images\nnames:\n  0: building\n  1: tree\n'));
  return files;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

const FORMATS = { png: 'png', jpg: 'jpeg', webp: 'webp', tif: 'tiff' } as const;

async function image(name: string, random: Random): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, () => random.int(256));
  const format = FORMATS[name.slice(name.indexOf('.') + 1) as keyof typeof FORMATS];
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .toFormat(format)
    .toBuffer();
}

/** A ring with three to eight corners around a point of the image, some of it perhaps outside. */
function ring(random: Random): number[] {
  const corners = 3 + random.int(6);
  const [x, y, radius] = [random.uniform(0, WIDTH), random.uniform(0, HEIGHT), random.uniform(3, 14)];
  const turns = Array.from({ length: corners }, () => random.next()).sort((a, b) => a - b);
  return turns.flatMap((turn) => [
    Math.round((x + radius * Math.cos(2 * Math.PI * turn)) * 100) / 100,
    Math.round((y + radius * Math.sin(2 * Math.PI * turn)) * 100) / 100,
  ]);
}

function cocoOf(names: readonly string[], random: Random): object {
  const annotations = Array.from({ length: 2 + random.int(6) }, (_, id) => ({
    ...{ id, image_id: random.int(names.length), category_id: 1, iscrowd: random.int(8) === 0 ? 1 : 0 },
    ...{ segmentation: segmentation(random), bbox: [1, 1, 5, 5], area: 25 },
  }));
  return {
    info: { description: 'fuzz' },
    categories: [
      { id: 0, name: 'buildings', supercategory: 'none' },
      { id: 1, name: 'Building', supercategory: 'buildings' },
    ],
    images: names.map((file_name, id) => ({ id, file_name, width: WIDTH, height: HEIGHT })),
    annotations,
  };
}

function segmentation(random: Random): unknown {
  const form = random.next();
  if (form < 0.6) return [ring(random)];
  if (form < 0.75) return [ring(random), ring(random)];
  const size = [HEIGHT, WIDTH];
  // 40 rows: column 2 from row 5 on, over several columns.
  if (form < 0.9) return { counts: [85, 20, 20, 20, 20, 20, HEIGHT * WIDTH - 185], size };
  return { counts: 'e22d0O1O1O1O1N2M3', size };
}

async function labelmeOf(name: string, random: Random): Promise<object> {
  const shapes: object[] = Array.from({ length: 1 + random.int(4) }, () => ({
    label: random.int(6) === 0 ? 'tree' : 'building',
    points: pairs(ring(random)),
    ...{ group_id: random.int(3) === 0 ? 1 : null, shape_type: 'polygon', flags: {} },
  }));
  if (random.int(2) === 0) {
    const mask = await sharp(Uint8Array.of(1, 0, 1, 1, 1, 0), { raw: { width: 3, height: 2, channels: 1 } })
      .png()
      .toBuffer();
    const points = [
      [4, 5],
      [6, 6],
    ];
    shapes.push({ label: 'building', points, shape_type: 'mask', mask: mask.toString('base64') });
  }
  if (random.int(3) === 0)
    shapes.push({
      label: 'building',
      points: [
        [9, 9],
        [14, 9],
      ],
      shape_type: 'circle',
    });
  const imageData = random.int(2) === 0 ? (await image(name, random)).toString('base64') : null;
  const base = { version: '5.4.1', flags: {}, shapes, imageHeight: HEIGHT, imageWidth: WIDTH, imageData };
  return { ...base, imagePath: random.int(4) === 0 ? 'elsewhere.png' : name };
}

function pairs(flat: readonly number[]): number[][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}

function yoloOf(random: Random): string {
  return Array.from({ length: random.int(5) }, () => {
    const shares = ring(random).map((value, i) => (value / (i % 2 === 0 ? WIDTH : HEIGHT)).toFixed(6));
    return `${random.int(5) === 0 ? 1 : 0} ${shares.join(' ')}\n`;
  }).join('');
}
