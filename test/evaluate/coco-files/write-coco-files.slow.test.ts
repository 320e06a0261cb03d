import { constants } from 'node:buffer';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeGroundTruth } from '../../../src/evaluate/coco-files/write-coco-files.ts';
import type { EvaluatedImage } from '../../../src/evaluate/images/detections.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

it('writeGroundTruth writes more than a text can hold', { timeout: 120_000 }, async () => {
  const name = 'n'.repeat(2 ** 22);
  const count = Math.ceil(constants.MAX_STRING_LENGTH / name.length) + 2;
  const images: Iterable<EvaluatedImage> = {
    *[Symbol.iterator]() {
      for (let id = 1; id <= count; id++) {
        yield { id, name, origin: null, width: 4, height: 4, truth: [], detections: [] };
      }
    },
  };
  const path = join(await tempFolder(), 'ground_truth.json');
  await writeGroundTruth(path, images);
  const file = await open(path);
  const { size } = await file.stat();
  const end = Buffer.alloc(100);
  await file.read(end, 0, end.length, size - end.length);
  await file.close();
  expect(size).toBeGreaterThan(constants.MAX_STRING_LENGTH);
  expect(end.toString()).toMatch(
    /"annotations": \[\],\n"categories": \[\{"id":1,"name":"building"\}\]\n\}\n$/,
  );
});
