import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import type { Log } from '../../system/log.ts';
import { SPLITS, type Split } from '../prepared.ts';
import { checkImages } from './check-images.ts';
import { readSourceFolder, type SourceSplit } from './read-folder.ts';
import { unzipSource } from './unzip.ts';

/** Where the hub data set keeps a split, inside the repository or the folder that stands for it. */
export function zipPath(split: Split): string {
  return `data/${split}.zip`;
}

/** @throws UserError where `data.path` does not hold the three zips */
export async function assertZipsPresent(folder: string): Promise<void> {
  for (const split of SPLITS) {
    const isFile = await stat(join(folder, zipPath(split))).then(
      (stats) => stats.isFile(),
      () => false,
    );
    if (isFile) continue;
    throw new UserError(
      `No ${zipPath(split)} in ${folder} (data.path): it must be the folder that stands for the hub repository, holding ${SPLITS.map(zipPath).join(', ')}`,
    );
  }
}

/**
 * Unpacks the three zips, reads their annotations and checks their images.
 * @param folder holds `data/train.zip`, ...
 * @param workFolder for the unpacked files, which become the prepared ones
 */
export async function readZips(
  options: { folder: string; workFolder: string; origin: string; minArea: number },
  log: Log,
): Promise<Record<Split, SourceSplit>> {
  const readSplit = async (split: Split) => {
    const label = join(options.folder, zipPath(split));
    const unpacked = join(options.workFolder, split);
    log.info(`Unpacking ${label}`);
    await unzipSource(label, unpacked);
    const source = { folder: unpacked, label, origin: options.origin, temporary: true };
    const content = await readSourceFolder(source, options.minArea);
    log.info(`Checking its ${content.images.length} images`);
    return checkImages(content, label);
  };
  // One after the other: each is limited by the disk and by decoding, which uses all cores already.
  return { train: await readSplit('train'), valid: await readSplit('valid'), test: await readSplit('test') };
}
