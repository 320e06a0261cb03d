import { appendFileSync, mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Log } from '../system/log.ts';
import { cutRows, isReplaced, type WrittenRow } from './cut-rows.ts';
import type { Tracker } from './tracker.ts';

export interface LocalOptions {
  /** Whether pictures and tables are wanted, too. */
  exhibits: boolean;
  /** By what the run is known: each of its rows says so. */
  run?: string | undefined;
  /** The step after which that run is continued; null or left out = a new one. */
  resumeStep?: number | null;
}

/**
 * Figures and pictures as plain files, always and without any account:
 *   FOLDER/metrics.jsonl     one row `{"step": 40, "run": "x7f3a", "train/loss": 0.7, ...}` a line, null where a figure is undefined;
 *                            the last one may be `{"step": 400, "summary": {...}}`
 *   FOLDER/images/KEY.png    the newest picture of each key, `/` in it written as `_`
 *   FOLDER/tables/KEY.json   the newest table or line chart of each key, as `Exhibit` has it
 *
 * The last two only where `exhibits` asks for them. Pictures with overlays and pages are for trackers that can show them:
 * the stages leave the same on disk in other forms. Each row is on disk when the call returns. The first row of a run takes
 * the place of the rows of the run before; that of a resumed run, of those after `resumeStep`, and of those of other runs. So does a row of a step that
 * was already there, of all from there on: training has gone back.
 */
export function createLocalTracker(
  folder: string,
  log: Log,
  { exhibits, run, resumeStep = null }: LocalOptions,
): Tracker {
  const file = join(folder, 'metrics.jsonl');
  /** Whether the file holds nothing but this run. */
  let begun = false;
  /** The rows of the last step. */
  let last: WrittenRow = { step: resumeStep ?? 0 };
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
  const writeRow = (figures: WrittenRow) =>
    attempt(file, () => {
      const { step, ...rest } = figures;
      const row: WrittenRow = run === undefined ? figures : { step, run, ...rest };
      if (begun ? row.step < last.step || isReplaced(last, row) : resumeStep !== null) {
        cutRows(file, row, begun ? row.step : resumeStep!);
        begun = true;
      }
      // By path, not by an open file: the stage may replace the folder under way. NaN and Infinity become null.
      (begun ? appendWhole : writeFileSync)(file, `${JSON.stringify(row)}\n`);
      begun = true;
      last = row.step === last.step ? { ...last, ...row } : row;
    });
  return {
    log(step, row) {
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
      writeRow({ step: last.step, summary: row });
    },
    async finish() {},
  };
}

/** All of the line, or nothing: on a full disk there may be room for a part of it, to which the next would stick. */
function appendWhole(file: string, line: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  try {
    appendFileSync(file, line);
  } catch (error) {
    truncateSync(file, size);
    throw error;
  }
}
