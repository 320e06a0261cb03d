import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareData } from '../../../src/data/prepare.ts';
import { drawSynthetic } from '../../../src/data/sources/synthetic.ts';
import { collectLog } from '../../support/collect-log.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';

const tempFolder = useTempFolders();

const SYNTHETIC = { size: 128, train: 3, valid: 3, test: 3 };

async function paramsWithSeed(seed: number) {
  const params = testParams(await tempFolder(), { source: 'synthetic', synthetic: SYNTHETIC, custom: [] });
  return { ...params, seed };
}

describe('drawSynthetic', () => {
  it('draws every scene of every split differently, with buildings', async () => {
    const folder = await tempFolder();
    const { samples, findings } = await drawSynthetic(await paramsWithSeed(5), folder, { log: collectLog() });
    expect(findings).toEqual([]);
    expect(samples.map(({ split, name }) => `${split}/${name}`)).toEqual(
      ['train', 'valid', 'test'].flatMap((split) =>
        ['scene-00000.png', 'scene-00001.png', 'scene-00002.png'].map((name) => `${split}/${name}`),
      ),
    );
    const contents = await Promise.all(
      samples.map(async ({ file }) => (await readFile(file!)).toString('base64')),
    );
    expect(new Set(contents).size).toBe(9);
    expect(new Set(samples.map(({ annotations }) => JSON.stringify(annotations))).size).toBe(9);
    for (const { annotations } of samples) expect(annotations.length).toBeGreaterThan(0);
  });

  it('ends when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('Ctrl-C'));
    const drawing = drawSynthetic(await paramsWithSeed(5), await tempFolder(), {
      log: collectLog(),
      signal: stop,
    });
    await expect(drawing).rejects.toThrow('Ctrl-C');
  });

  it('gives the same data set for the same seed, another for another', async () => {
    const [first, again, other] = [
      await prepareData(await paramsWithSeed(5), collectLog()),
      await prepareData(await paramsWithSeed(5), collectLog()),
      await prepareData(await paramsWithSeed(6), collectLog()),
    ];
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
    expect(first).toMatchObject({ source: 'synthetic' });
    expect(first.splits.test.origins).toEqual({ synthetic: 3 });
  });

  it('does not change a scene when a split gets more of them', async () => {
    const params = await paramsWithSeed(5);
    const more = { ...params, data: { ...params.data, synthetic: { ...SYNTHETIC, train: 4 } } };
    const folders = [await tempFolder(), await tempFolder()];
    await drawSynthetic(params, folders[0]!, { log: collectLog() });
    await drawSynthetic(more, folders[1]!, { log: collectLog() });
    for (const name of await filesIn(folders[0]!)) {
      expect(await readFile(join(folders[1]!, name))).toEqual(await readFile(join(folders[0]!, name)));
    }
  });
});
