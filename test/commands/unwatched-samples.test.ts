import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { warnOfUnwatchedSamples } from '../../src/commands/unwatched-samples.ts';
import { collectLog } from '../support/collect-log.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const makeFolder = useTempFolders();

async function warnings(deps: string[], custom: string[], stage: string | undefined): Promise<string[]> {
  const root = await makeFolder();
  await writeFile(join(root, 'dvc.yaml'), JSON.stringify({ stages: { 'data-prep': { cmd: 'x', deps } } }));
  const params = testParams(root, { custom: custom.map((folder) => join(root, folder)) });
  const log = collectLog();
  await warnOfUnwatchedSamples(params, log, { DVC_ROOT: root, DVC_STAGE: stage });
  return log.lines.map((line) => line.replaceAll(`${root}/`, ''));
}

describe('warnOfUnwatchedSamples', () => {
  it('names each folder that is no dep, and the line to add', async () => {
    expect(await warnings(['src/data', 'data/custom'], ['data/custom', 'data/customs'], 'data-prep')).toEqual(
      [
        'warning: DVC will not notice new samples in data/customs: add "- data/customs" to the deps of data-prep in dvc.yaml',
      ],
    );
  });

  it('is silent for folders in a dep, without samples, and outside of DVC', async () => {
    expect(await warnings(['data/custom'], ['data/custom/north', 'data/custom/south'], 'data-prep')).toEqual(
      [],
    );
    expect(await warnings(['src/data'], [], 'data-prep')).toEqual([]);
    expect(await warnings(['src/data'], ['data/custom'], undefined)).toEqual([]);
  });
});
