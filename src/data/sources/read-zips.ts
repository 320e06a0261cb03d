import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import type { Log } from '../../system/log.ts';
import { SPLITS, type Split } from '../prepared.ts';
import { byCodeUnit } from './list-files.ts';
import { readAnnotated } from './read-annotated.ts';
import type { SourceContent } from './source-sample.ts';
import { unzipSource } from './unzip.ts';

/** Who is told how far it is, and what stops it. */
export interface ReadingContext {
  log: Log;
  signal?: AbortSignal | undefined;
}

interface ZipsOptions {
  folder: string;
  workFolder: string;
  origin: string;
}

/** Where the hub data set keeps a split, inside the repository or the folder that stands for it. */
export function zipPath(split: Split): string {
  return `data/${split}.zip`;
}

/**
 * Unpacks the zips of the three splits and reads what is in them, of whatever dialect.
 * @param options.folder holds `data/train.zip`, ...
 * @param options.workFolder for the unpacked files, which are ours and may be moved
 * @returns samples of each split in turn, by name
 * @throws UserError where a zip is missing, cannot be unpacked, or holds no readable annotations
 */
export async function readZips(options: ZipsOptions, context: ReadingContext): Promise<SourceContent> {
  for (const split of SPLITS) await assertZip(options.folder, split);
  const contents: SourceContent[] = [];
  // One after the other: each is limited by the disk.
  for (const split of SPLITS) contents.push(await readZip(options, split, context));
  const samples = contents.flatMap((content) => content.samples);
  const findings = contents.flatMap((content) => content.findings);
  return { samples: samples.sort((a, b) => byCodeUnit(a.name, b.name)), findings };
}

async function readZip(
  options: ZipsOptions,
  split: Split,
  { log, signal }: ReadingContext,
): Promise<SourceContent> {
  const label = join(options.folder, zipPath(split));
  const folder = join(options.workFolder, split);
  log.info(`Unpacking ${label}`);
  await unzipSource(label, folder, { log, signal });
  const { workFolder, origin } = options;
  // What the zip is called counts, whatever the folders in it are.
  const source = { folder, label, origin, temporary: true, isOneSplit: true, workFolder, signal };
  const content = await readAnnotated(source);
  return {
    samples: content.samples.map((sample) => ({ ...sample, split })),
    findings: content.findings.map((finding) => ({ ...finding, split })),
  };
}

async function assertZip(folder: string, split: Split): Promise<void> {
  if (await isFile(join(folder, zipPath(split)))) return;
  throw new UserError(
    `No ${zipPath(split)} in ${folder}: where there is one of ${SPLITS.map(zipPath).join(', ')}, all three must be`,
  );
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
