import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../system/files.ts';
import { readManifest } from './open-prepared.ts';

/**
 * Reads every file of a prepared data set and holds it against the manifest; `openPrepared` does so with the annotations
 * only, since a start shall not wait for hundreds of megabytes.
 * @returns one line for each file that is not as it was written; none where all are
 * @throws UserError where there is no manifest or it was changed; the signal's reason when it is aborted
 */
export async function verifyPrepared(
  folder: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<string[]> {
  const { files } = await readManifest(folder);
  const faults: string[] = [];
  for (const [name, { size, sha256 }] of Object.entries(files)) {
    signal?.throwIfAborted();
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (!found) faults.push(`${path} is missing`);
    else if (found.size !== size) faults.push(`${path} has ${found.size} bytes, expected ${size}`);
    else if ((await sha256File(path)) !== sha256) faults.push(`${path} has other bytes than were written`);
  }
  return faults;
}
