import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../system/log.ts';
import type { Tracker } from './tracker.ts';

/**
 * Figures and pictures as plain files, always and without any account:
 *   FOLDER/metrics.jsonl     one row `{"step": 40, "train/loss": 0.7, ...}` a line, null where a figure is undefined;
 *                            the last one may be `{"step": 400, "summary": {...}}`
 *   FOLDER/images/KEY.png    the newest picture of each key, `/` in it written as `_`
 *   FOLDER/tables/KEY.json   the newest table or line chart of each key, as `Exhibit` has it
 *
 * The last two only where `exhibits` asks for them. Pictures with overlays and pages are for trackers that can show them:
 * the stages leave the same on disk in other forms. Each row is on disk when the call returns. The first row of a run takes the place of the rows of the run before.
 */
export function createLocalTracker(folder: string, log: Log, exhibits: boolean): Tracker {
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
    show(step, key, exhibit) {
      if (!exhibits) return;
      const name = key.replaceAll(/[^\w.-]/g, '_');
      const write = (path: string, content: string | Uint8Array) =>
        attempt(path, () => writeFileSync(path, content));
      if (exhibit.kind === 'picture') write(join(folder, 'images', `${name}.png`), exhibit.png);
      if (exhibit.kind === 'table' || exhibit.kind === 'line_chart') {
        write(join(folder, 'tables', `${name}.json`), `${JSON.stringify({ step, ...exhibit }, null, 2)}\n`);
      }
    },
    summary(row) {
      writeRow({ step: lastStep, summary: row });
    },
    async finish() {},
  };
}
