import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../system/errors.ts';
import { SPLITS } from '../prepared.ts';
import { readAnnotated } from './read-annotated.ts';
import { isFile, type ReadingContext, readZips, zipPath } from './read-zips.ts';
import type { SourceContent } from './source-sample.ts';

const ORIGIN = 'local';

/**
 * Reads a data set on the disk: the hub's layout (`data/{train,valid,test}.zip`), or a folder that `readAnnotated`
 * understands, with splits or without.
 * @param workFolder for unpacked files
 * @param key where the user named the folder: a key in params, or an argument
 * @returns samples with `split` set where the data set has splits
 * @throws UserError where there is nothing that can be read
 */
export async function readLocal(
  path: string,
  workFolder: string,
  context: ReadingContext,
  key = 'data.path',
): Promise<SourceContent> {
  await assertFolder(path, key);
  const zips = await Promise.all(SPLITS.map((split) => isFile(join(path, zipPath(split)))));
  if (zips.includes(true)) return readZips({ folder: path, workFolder, origin: ORIGIN }, context);
  context.log.info(`Reading ${path}`);
  return readAnnotated({
    folder: path,
    label: path,
    origin: ORIGIN,
    temporary: false,
    workFolder,
    signal: context.signal,
  });
}

/**
 * @param key where the user named the folder: a key in params, or an argument
 * @throws UserError where it is no folder
 */
export async function assertFolder(path: string, key: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (isFolder) return;
  throw new UserError(
    `No folder ${path} (${key}): correct the path, or fetch it with \`dvc pull\` if DVC tracks it`,
  );
}
