import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { blotImage, blots, putImage } from './doctor-samples.ts';

const WIDTH = 64;
const HEIGHT = 48;

/** [x, y, width, height] as a COCO polygon. */
function rectangle(x: number, y: number, width: number, height: number): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

/** A PNG that claims `side` x `side` pixels, with the right checksum. */
export async function hugePng(side: number, { interlaced = false } = {}): Promise<Buffer> {
  const bytes = await blotImage(1).png().toBuffer();
  bytes.writeUInt32BE(side, 16);
  bytes.writeUInt32BE(side, 20);
  bytes.writeUInt8(interlaced ? 1 : 0, 28);
  bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  return bytes;
}

/** The annotations of one image, with one fault each. */
const FAULTY: readonly { fault: string; annotation: object }[] = [
  { fault: 'annotation_malformed', annotation: { segmentation: [[1, 2, 3, 'x', 5, 6]] } },
  { fault: 'annotation_shape', annotation: { segmentation: [], bbox: [1, 1, 9, 9] } },
  { fault: 'annotation_category', annotation: { category_id: 99, segmentation: [rectangle(1, 1, 5, 5)] } },
  { fault: 'annotation_other', annotation: { category_id: 2, segmentation: [rectangle(1, 1, 5, 5)] } },
  { fault: 'building_outside', annotation: { segmentation: [rectangle(90, 1, 9, 9)] } },
  { fault: 'building_clipped', annotation: { segmentation: [rectangle(55, 30, 40, 9)] } },
  { fault: 'building_crossing', annotation: { segmentation: [[2, 2, 12, 12, 12, 2, 2, 12]] } },
  {
    fault: 'building_parts',
    annotation: { segmentation: [rectangle(20, 2, 8, 8), rectangle(24, 2, 8, 8)] },
  },
  { fault: 'building_degenerate', annotation: { segmentation: [[3, 3, 7, 7, 9, 9]] } },
  { fault: 'building_small', annotation: { segmentation: [rectangle(60, 2, 2, 2)] } },
  { fault: '', annotation: { segmentation: [rectangle(40, 10, 10, 10)] } },
  { fault: 'building_duplicate', annotation: { segmentation: [rectangle(40, 10, 10, 10.4)] } },
  {
    fault: 'building_box',
    annotation: { segmentation: [rectangle(2, 30, 10, 10)], bbox: [20, 30, 10, 10] },
  },
  { fault: 'building_area', annotation: { segmentation: [rectangle(20, 30, 10, 10)], area: 9 } },
  {
    fault: 'area_of_box',
    annotation: { segmentation: [[34, 30, 44, 30, 34, 44]], bbox: [34, 30, 10, 14], area: 140 },
  },
  { fault: 'building_crowd', annotation: { segmentation: [rectangle(2, 14, 12, 12)], iscrowd: 1 } },
];

/**
 * A data set in split folders with at least one fault of every kind that the doctor knows; all else in it is sound.
 * @returns names of images, as findings call them, by the fault that they have
 */
export async function plantFaults(folder: string): Promise<Record<string, string>> {
  const train = join(folder, 'train');
  await putTrainImages(train);
  const images = TRAIN.map(({ name, width = WIDTH, height = HEIGHT }, i) => ({
    ...{ id: i + 1, file_name: name, width, height },
  }));
  const faulty = images.find(({ file_name }) => file_name === 'faulty.png')!.id;
  const sound = images
    .filter(({ file_name }) => !['faulty.png', 'empty.png'].includes(file_name))
    .map(({ id }) => ({ image_id: id, category_id: 1, segmentation: [rectangle(10, 10, 20, 10)] }));
  const annotations = [
    ...sound,
    ...FAULTY.map(({ annotation }) => ({ image_id: faulty, category_id: 1, ...annotation })),
    { image_id: 999, category_id: 1, segmentation: [rectangle(1, 1, 9, 9)] },
  ];
  await writeCoco(train, images, annotations);
  // Bright places, so that valid is unlike train.
  await putSoundSplit(join(folder, 'valid'), 100, (image) => image.linear(0.2, 200));
  await putSoundSplit(join(folder, 'test'), 200, (image) => image);
  // What is not there is called as its annotations call it.
  const shown = (name: string) => (name === 'missing.png' ? name : `train/${name}`);
  return Object.fromEntries(TRAIN.map(({ name, fault }) => [fault, shown(name)]));
}

const TRAIN: readonly { name: string; fault: string; width?: number; height?: number }[] = [
  { name: 'sound.png', fault: '' },
  { name: 'faulty.png', fault: 'annotations' },
  { name: 'missing.png', fault: 'image_missing' },
  { name: 'broken.jpg', fault: 'image_undecodable', width: 256, height: 200 },
  { name: 'twice.png', fault: 'image_listed_twice' },
  { name: 'twice.png', fault: 'image_listed_twice' },
  { name: 'turned.png', fault: 'image_rotated', width: HEIGHT, height: WIDTH },
  { name: 'sized.png', fault: 'image_size', width: 100, height: 50 },
  { name: 'deep.png', fault: 'image_depth' },
  { name: 'alpha.png', fault: 'image_channels' },
  { name: 'pages.tif', fault: 'image_pages' },
  { name: 'huge.png', fault: 'image_too_large', width: 20_000, height: 20_000 },
  { name: 'empty.png', fault: 'image_empty' },
  { name: 'zz-again.jpg', fault: 'image_duplicate' },
  { name: 'leak.jpg', fault: 'image_leak' },
];

async function putTrainImages(folder: string): Promise<void> {
  const put = (name: string, image: Parameters<typeof putImage>[1]) => putImage(join(folder, name), image);
  await put('sound.png', blotImage(1));
  await put('faulty.png', blotImage(2));
  const broken = await put('broken.jpg', blotImage(3, 256, 200));
  const bytes = await readFile(broken);
  await writeFile(broken, bytes.subarray(0, bytes.length / 2));
  await put('twice.png', blotImage(4));
  await put('unlisted.png', blotImage(5));
  await put('turned.png', blotImage(6).withMetadata({ orientation: 6 }));
  await put('sized.png', blotImage(7));
  const deep = Uint16Array.from(blots(8, WIDTH, HEIGHT), (value) => value * 8);
  const raw = { width: WIDTH, height: HEIGHT, channels: 3 } as const;
  await put('deep.png', sharp(deep, { raw }).toColourspace('rgb16'));
  await put('alpha.png', blotImage(9).ensureAlpha(0.5));
  const pages = await Promise.all([10, 11].map((seed) => blotImage(seed).png().toBuffer()));
  await put('pages.tif', sharp(pages, { join: { animated: true } }).tiff({ compression: 'lzw' }));
  await put('huge.png', await hugePng(20_000));
  await put('empty.png', blotImage(12));
  await put('zz-again.jpg', blotImage(1).jpeg({ quality: 70 }));
  // The first image of test, smaller and compressed.
  await put('leak.jpg', blotImage(200).jpeg({ quality: 80 }));
}

async function putSoundSplit(folder: string, seed: number, change: (image: Sharp) => Sharp): Promise<void> {
  const images: { id: number; file_name: string; width: number; height: number }[] = [];
  for (let i = 0; i < 12; i++) {
    await putImage(join(folder, `${seed + i}.png`), change(blotImage(seed + i)));
    images.push({ id: i + 1, file_name: `${seed + i}.png`, width: WIDTH, height: HEIGHT });
  }
  const annotations = images.map(({ id }) => ({
    ...{ image_id: id, category_id: 1, segmentation: [rectangle(10, 10, 20, 10)] },
    ...{ bbox: [10, 10, 20, 10], area: 200, iscrowd: 0 },
  }));
  await writeCoco(folder, images, annotations);
}

async function writeCoco(folder: string, images: object[], annotations: object[]): Promise<void> {
  const categories = [
    { id: 1, name: 'building' },
    { id: 2, name: 'tree' },
  ];
  const numbered = annotations.map((annotation, i) => ({ id: i + 1, iscrowd: 0, ...annotation }));
  const coco = JSON.stringify({ images, annotations: numbered, categories });
  await writeFile(join(folder, '_annotations.coco.json'), coco);
}
