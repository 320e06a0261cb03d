import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareData } from '../../../src/data/prepare.ts';
import { drawSyntheticSplits } from '../../../src/data/sources/synthetic.ts';
import { collectLog } from '../../support/collect-log.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';

const tempFolder = useTempFolders();

const SYNTHETIC = { size: 128, train: 3, valid: 3, test: 3 };

async function paramsWithSeed(seed: number) {
  const params = testParams(await tempFolder(), { source: 'synthetic', synthetic: SYNTHETIC, custom: [] });
  return { ...params, seed };
}

describe('drawSyntheticSplits', () => {
  it('draws every scene of every split differently, with buildings', async () => {
    const folder = await tempFolder();
    const splits = await drawSyntheticSplits(await paramsWithSeed(5), folder, collectLog());
    const images = Object.values(splits).flatMap(({ images }) => images);
    expect(images).toHaveLength(9);
    const contents = await Promise.all(
      images.map(async ({ file }) => (await readFile(file)).toString('base64')),
    );
    expect(new Set(contents).size).toBe(9);
    expect(new Set(images.map(({ buildings }) => JSON.stringify(buildings))).size).toBe(9);
    for (const { buildings } of images) expect(buildings.length).toBeGreaterThan(0);
    expect(await filesIn(join(folder, 'valid'))).toEqual([
      'scene-00000.png',
      'scene-00001.png',
      'scene-00002.png',
    ]);
  });

  it('gives the same data set for the same seed, another for another', async () => {
    const [first, again, other] = [
      await prepareData(await paramsWithSeed(5), collectLog()),
      await prepareData(await paramsWithSeed(5), collectLog()),
      await prepareData(await paramsWithSeed(6), collectLog()),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
    expect(first).toMatchObject({ source: 'synthetic', imagesInSeveralSplits: 0 });
    expect(first.splits.test.origins).toEqual({ synthetic: 3 });
  });

  it('does not change a scene when a split gets more of them', async () => {
    const params = await paramsWithSeed(5);
    const more = { ...params, data: { ...params.data, synthetic: { ...SYNTHETIC, train: 4 } } };
    const folders = [await tempFolder(), await tempFolder()];
    await drawSyntheticSplits(params, folders[0]!, collectLog());
    await drawSyntheticSplits(more, folders[1]!, collectLog());
    for (const name of await filesIn(folders[0]!)) {
      expect(await readFile(join(folders[1]!, name))).toEqual(await readFile(join(folders[0]!, name)));
    }
  });
});
