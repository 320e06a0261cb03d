import { readFile } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { parse } from 'yaml';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';

/**
 * Under `dvc repro`, warns of folders of `data.custom` that the stage does not name among its deps: DVC would take the
 * stage for up to date when samples are added. dvc.yaml cannot take the deps from params.yaml by itself.
 */
export async function warnOfUnwatchedSamples(
  params: Params,
  log: Log,
  { DVC_ROOT: root, DVC_STAGE: stage }: NodeJS.ProcessEnv,
): Promise<void> {
  if (!root || !stage) return;
  const deps = await readDeps(join(root, 'dvc.yaml'), stage);
  for (const folder of params.data.custom) {
    const watched = deps.some((dep) => `${resolve(folder)}${sep}`.startsWith(`${resolve(root, dep)}${sep}`));
    if (watched) continue;
    const shown = relative(root, resolve(folder));
    log.warn(
      `DVC will not notice new samples in ${folder}: add "- ${shown}" to the deps of ${stage} in dvc.yaml`,
    );
  }
}

async function readDeps(file: string, stage: string): Promise<string[]> {
  const content = parse(await readFile(file, 'utf8')) as {
    stages?: Record<string, { deps?: unknown[] }>;
  };
  const deps = content.stages?.[stage]?.deps ?? [];
  return deps.filter((dep) => typeof dep === 'string');
}
