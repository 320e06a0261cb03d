/**
 * Instances of a whole set in few bytes: a million masks as objects would take gigabytes, here they take about as much as
 * in a compressed COCO file.
 */
import { type Rle, rleFromString, rleToString } from '../../masks/rle.ts';

/** One building or detection, as it stands in a file. */
export interface Instance {
  /** Index of its image. */
  image: number;
  /** Index of its category. */
  category: number;
  /** [x, y, width, height] in pixels */
  bbox: readonly [number, number, number, number];
  /** Score of a detection, area of a building. */
  value: number;
  crowd: boolean;
  mask: Rle;
}

/** Growing; instances of an image stay in the order in which they came. */
export interface InstanceStore {
  readonly count: number;
  add(instance: Instance): void;
  /** Those of each image, decoded at every call. To be asked for when all have been added. */
  byImage(images: number): (image: number, size: readonly [number, number]) => Instance[];
}

/** The fields of an instance: image, category, bbox (4), value, crowd, where its mask begins, and its length. */
const FIELDS = 10;
const INSTANCES_PER_BLOCK = 2 ** 14;

export function createInstanceStore(): InstanceStore {
  const blocks: Float64Array[] = [];
  const masks = createTextStore();
  let count = 0;
  const fieldsOf = (i: number) => {
    const from = (i % INSTANCES_PER_BLOCK) * FIELDS;
    return blocks[Math.floor(i / INSTANCES_PER_BLOCK)]!.subarray(from, from + FIELDS);
  };
  const instanceOf = (i: number, size: readonly [number, number]): Instance => {
    const [image, category, x, y, width, height, value, crowd, at, length] = fieldsOf(i);
    const mask = rleFromString(masks.get(at!, length!), size);
    return {
      image: image!,
      category: category!,
      bbox: [x!, y!, width!, height!],
      value: value!,
      crowd: crowd === 1,
      mask,
    };
  };
  return {
    get count() {
      return count;
    },
    add: ({ image, category, bbox, value, crowd, mask }) => {
      if (count % INSTANCES_PER_BLOCK === 0) blocks.push(new Float64Array(INSTANCES_PER_BLOCK * FIELDS));
      const text = rleToString(mask);
      const at = masks.add(text);
      fieldsOf(count++).set([image, category, ...bbox, value, crowd ? 1 : 0, at, text.length]);
    },
    byImage: (images) => {
      const imageOf = Uint32Array.from({ length: count }, (_, i) => fieldsOf(i)[0]!);
      const { starts, order } = groupBy(imageOf, images);
      return (image, size) =>
        Array.from(order.subarray(starts[image], starts[image + 1]), (i) => instanceOf(i, size));
    },
  };
}

/** @returns starts [groups + 1] of each group in `order`, which keeps the order within each */
function groupBy(groupOf: Uint32Array, groups: number): { starts: Uint32Array; order: Uint32Array } {
  const starts = new Uint32Array(groups + 1);
  for (const group of groupOf) starts[group + 1]!++;
  for (let group = 0; group < groups; group++) starts[group + 1]! += starts[group]!;
  const next = starts.slice();
  const order = new Uint32Array(groupOf.length);
  for (const [i, group] of groupOf.entries()) order[next[group]!++] = i;
  return { starts, order };
}

const BLOCK_SIZE = 2 ** 22;

/** Texts of one byte a character, outside of the garbage collector's sight. */
function createTextStore() {
  const blocks: Buffer[] = [];
  let used = BLOCK_SIZE;
  return {
    /** @returns its address */
    add: (text: string): number => {
      if (used + text.length > BLOCK_SIZE) {
        blocks.push(Buffer.allocUnsafeSlow(Math.max(BLOCK_SIZE, text.length)));
        used = 0;
      }
      const address = (blocks.length - 1) * BLOCK_SIZE + used;
      blocks.at(-1)!.write(text, used, 'latin1');
      used += text.length;
      return address;
    },
    get: (address: number, length: number): string => {
      const from = address % BLOCK_SIZE;
      return blocks[Math.floor(address / BLOCK_SIZE)]!.toString('latin1', from, from + length);
    },
  };
}
