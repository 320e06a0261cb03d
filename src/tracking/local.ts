import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../system/log.ts';
import type { Tracker } from './tracker.ts';

/**
 * Figures and pictures as plain files, always and without any account:
 *   FOLDER/metrics.jsonl     one row `{"step": 40, "train/loss": 0.7, ...}` a line, null where a figure is undefined;
 *                            the last one may be `{"step": 400, "summary": {...}}`
 *   FOLDER/images/KEY.png    the newest picture of each key, `/` in it written as `_`, where `pictures` asks for them
 *
 * Each row is on disk when the call returns. The first row of a run takes the place of the rows of the run before.
 */
export function createLocalTracker(folder: string, log: Log, pictures: boolean): Tracker {
  const file = join(folder, 'metrics.jsonl');
  let begun = false;
  let lastStep = 0;
  let told = false;
  /** Tracking must not end a run: a full disk is said once, here, and hits the stage itself soon enough. */
  const attempt = (path: string, write: () => void) => {
    try {
      mkdirSync(dirname(path), { recursive: true });
      write();
    } catch (error) {
      if (!told) log.warn(`Cannot write ${path}: ${(error as Error).message}; the run goes on without it`);
      told = true;
    }
  };
  const writeRow = (row: object) =>
    attempt(file, () => {
      // By path, not by an open file: the stage may replace the folder under way. NaN and Infinity become null.
      (begun ? appendFileSync : writeFileSync)(file, `${JSON.stringify(row)}\n`);
      begun = true;
    });
  return {
    log(step, row) {
      lastStep = step;
      writeRow({ step, ...row });
    },
    image(_step, key, png) {
      if (!pictures) return;
      const path = join(folder, 'images', `${key.replaceAll(/[^\w.-]/g, '_')}.png`);
      attempt(path, () => writeFileSync(path, png));
    },
    summary(row) {
      writeRow({ step: lastStep, summary: row });
    },
    async finish() {},
  };
}
