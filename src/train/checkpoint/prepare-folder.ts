/**
 * Before a run writes its first checkpoint: whatever lies in its place and is not of its own past makes way, and is kept.
 */
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { copyFileAtomic } from '../../system/files.ts';
import type { Log } from '../../system/log.ts';
import { type CheckpointNote, readCheckpointNote } from './checkpoint-file.ts';
import { bestPath, finishedName, listCheckpoints, removeLeftOvers, unusedName } from './checkpoint-folder.ts';
import { forgetReport } from './reported.ts';

/**
 * @param folder of the run's checkpoints; it need not be there
 * @param resume what the run goes on from; null = anew
 */
export async function prepareFolder(folder: string, resume: CheckpointNote | null, log: Log): Promise<void> {
  await removeLeftOvers(folder);
  const isOwn = resume !== null && (await realFolder(dirname(resume.path))) === (await realFolder(folder));
  if (isOwn) {
    await forgetReport(folder);
    return setLaterAside(folder, resume, log);
  }
  const [newest] = await listCheckpoints(folder);
  if (newest) {
    const note = await readCheckpointNote(newest.path).catch(() => null);
    if (note?.state.finished) {
      const waiting = finishedName(folder);
      await replace(waiting, folder);
      log.info(`The checkpoints of the finished run are in ${waiting} until this one has its first model`);
    } else {
      const aside = await unusedName(folder);
      await rename(folder, aside);
      log.info(`The checkpoints of an earlier start of this run were set aside: ${aside}`);
    }
  }
  if (resume) await copyBest(resume, folder);
}

/** Whatever links lead there; a folder that is not there is no other's. */
async function realFolder(folder: string): Promise<string> {
  return realpath(folder).catch(() => resolve(folder));
}

/** @param to removed before, where it is there */
async function replace(to: string, from: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

/** Those after the one that is gone on from: torn, or of a way that is not taken this time. */
async function setLaterAside(folder: string, resume: CheckpointNote, log: Log): Promise<void> {
  const later = (await listCheckpoints(folder)).filter(({ step }) => step > resume.state.steps);
  if (later.length === 0) return;
  const aside = await unusedName(folder);
  await mkdir(aside);
  for (const { path } of later) {
    const note = await readCheckpointNote(path).catch(() => null);
    if (note) await copyBest(note, aside);
    await rename(path, join(aside, basename(path)));
  }
  log.info(`Checkpoints after step ${resume.state.steps} were set aside: ${aside}`);
}

/** Where its file is gone, it is told when the results are restored. */
async function copyBest({ path, state }: CheckpointNote, folder: string): Promise<void> {
  if (!state.best) return;
  const from = bestPath(dirname(path), state.best.step);
  await copyFileAtomic(from, bestPath(folder, state.best.step)).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}
