import { join } from 'node:path';
import sharp from 'sharp';
import type { BatchArrays } from '../../src/data/batch-memory.ts';
import type { HostBatch } from '../../src/data/host-batch.ts';
import type { Building, PreparedImage } from '../../src/data/prepared.ts';
import { storedFile } from './stored-file.ts';

/** A PNG file, black, with a white rectangle for each building. @param boxes [y1, x1, y2, x2] whole pixels */
export async function drawImage(
  folder: string,
  id: number,
  [width, height]: [number, number],
  boxes: number[][],
): Promise<PreparedImage> {
  const rectangles = boxes.map(([y1, x1, y2, x2]) => ({
    input: { create: { width: x2! - x1!, height: y2! - y1!, channels: 3 as const, background: '#fff' } },
    top: y1!,
    left: x1!,
  }));
  const name = `${id}.png`;
  const path = join(folder, name);
  await sharp({ create: { width, height, channels: 3, background: '#000' } })
    .composite(rectangles)
    .png()
    .toFile(path);
  const buildings = boxes.map(
    ([y1, x1, y2, x2], i): Building => ({
      id: i,
      polygons: [[x1!, y1!, x2!, y1!, x2!, y2!, x1!, y2!]],
      box: [y1!, x1!, y2!, x2!],
      area: (y2! - y1!) * (x2! - x1!),
    }),
  );
  const bytes = await storedFile(path);
  return { id, name, bytes, width, height, origin: 'test', buildings, crowds: [] };
}

/** All batches of a pass, each copied: their memory is used again. */
export async function collectBatches(batches: AsyncIterable<HostBatch>): Promise<HostBatch[]> {
  const all: HostBatch[] = [];
  for await (const batch of batches) all.push({ ...batch, ...copyArrays(batch) });
  return all;
}

/** Ids of the images of each batch. */
export function idsOf(batches: readonly HostBatch[]): number[][] {
  return batches.map(({ sources }) => sources.map(({ id }) => id));
}

function copyArrays({ images, boxes, masks, valid, touching }: HostBatch): BatchArrays {
  const copy = (values: Float32Array) => Float32Array.from(values);
  return {
    images: copy(images),
    boxes: copy(boxes),
    masks: copy(masks),
    valid: copy(valid),
    touching: copy(touching),
  };
}
