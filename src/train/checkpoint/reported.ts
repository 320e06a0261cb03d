/**
 * Whether a finished run has said so. A process can be killed between its last checkpoint and its end; who starts the command
 * again after that wants what the run came to, not a new one.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../system/files.ts';

/** To be called when nothing is left to do but to end. @param folder of a finished run's checkpoints */
export async function markReported(folder: string): Promise<void> {
  await writeFileAtomic(markIn(folder), '');
}

/** @param folder of a run's checkpoints */
export function isReported(folder: string): boolean {
  return existsSync(markIn(folder));
}

/** For a run that goes on in this folder; nothing where there is no mark. */
export async function forgetReport(folder: string): Promise<void> {
  await rm(markIn(folder), { force: true });
}

function markIn(folder: string): string {
  return join(folder, 'reported');
}
