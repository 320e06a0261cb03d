import type { HostBatch } from '../../src/data/host-batch.ts';

/** Sizes of `greyBatch`: side of the image, slots, side of a mask. */
export const GREY_SIZES = { imageSize: 128, maxInstances: 3, maskSize: 14 };
/** 0–255 */
export const GREY = 100;

/** Samples of even grey with slots that are all empty. */
export function greyBatch(names: readonly string[] = ['a.png', 'b.png']): HostBatch {
  const { imageSize: H, maxInstances: M, maskSize: K } = GREY_SIZES;
  const count = names.length;
  const source = {
    ...{ id: 1, width: H, height: H, origin: 'test', buildings: [], crowds: [] },
    bytes: { shard: '/nowhere', offset: 0, length: 1 },
  };
  return {
    ...{ count, real: count, touchingSize: 1, overflow: 0, ...GREY_SIZES },
    sources: names.map((name) => ({ ...source, name })),
    images: new Float32Array(count * H * H * 3).fill(GREY / 255),
    boxes: new Float32Array(count * M * 4),
    masks: new Float32Array(count * M * K * K),
    valid: new Float32Array(count * M),
    touching: new Float32Array(count),
  };
}

/** A building in a slot, counted over all samples; its mask is 1 in the columns of its box from `from` of 14 on. */
export function addBuilding(batch: HostBatch, slot: number, box: readonly number[], from = 0): void {
  const K = batch.maskSize;
  batch.boxes.set(box, 4 * slot);
  batch.valid[slot] = 1;
  for (let i = 0; i < K * K; i++) batch.masks[slot * K * K + i] = i % K >= from ? 1 : 0;
}
