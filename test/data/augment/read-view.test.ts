import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readView } from '../../../src/data/augment/read-view.ts';
import { letterboxView } from '../../../src/data/augment/view.ts';
import { drawTown } from '../../support/drawn-town.ts';
import { storedFile } from '../../support/stored-file.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const makeFolder = useTempFolders();
const SIZE = 64;
const halves = async () =>
  drawTown(await makeFolder(), {
    ...{ name: 'a.png', width: SIZE, height: SIZE },
    rings: [[32, 0, 64, 0, 64, 64, 32, 64]],
  });
describe('readView', () => {
  it('says which image it cannot read, and what to do', async () => {
    const image = await halves();
    await writeFile(image.bytes.shard, Buffer.alloc(image.bytes.length));
    await expect(readView(image, letterboxView(image, SIZE))).rejects.toThrow(
      /^Cannot read a\.png in .*a\.png: .*expected an intact image: run `aerial data-prep` again$/,
    );
  });
  it('does to the terminal nothing that a name says', async () => {
    const image = { ...(await halves()), name: '\u001b[31mred\nerror: fake.png' };
    await writeFile(image.bytes.shard, Buffer.alloc(image.bytes.length));
    await expect(readView(image, letterboxView(image, SIZE))).rejects.toThrow(
      /^Cannot read \\u001b\[31mred\\nerror: fake\.png in [^\n]*$/,
    );
  });
  it('says so, too, where an image is cut off', async () => {
    const path = join(await makeFolder(), 'b.jpg');
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 50 };
    await sharp({ create: { width: 200, height: 200, channels: 3, background: '#000', noise } })
      .jpeg()
      .toFile(path);
    const bytes = await storedFile(path);
    const image = { ...(await halves()), name: 'b.jpg', width: 200, height: 200 };
    const cut = { ...image, bytes: { ...bytes, length: Math.floor(bytes.length / 2) } };
    await expect(readView(cut, letterboxView(cut, SIZE))).rejects.toThrow(/Cannot read b\.jpg/);
  });
});
