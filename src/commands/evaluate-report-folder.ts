import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { CocoPaths } from '../evaluate/coco-files/open-coco-files.ts';
import { UsageError, UserError } from '../system/errors.ts';
import { assertWritable } from '../system/files.ts';
import { printable } from '../system/printable.ts';
import { followLinks } from '../system/replace-folder.ts';
import { isEvaluationPage } from '../visualize/evaluation-page.ts';

const PAGE = 'report.html';

const OWN_FILES: ReadonlySet<string> = new Set([
  ...[PAGE, 'metrics.json', 'curves.json', 'images.csv', 'buildings.csv'],
  ...['predictions.json', 'ground_truth.json'],
]);

/**
 * The folder is replaced as a whole, so it may be absent, empty, or hold an earlier report and nothing else.
 * @throws UsageError where it holds something else, what is to be read, or the working folder; UserError where it cannot
 *   be written
 */
export async function assertReportFolder(
  report: string,
  { groundTruth, predictions }: CocoPaths,
): Promise<void> {
  const folder = await followLinks(report);
  for (const [flag, path] of Object.entries({
    '--ground-truth': groundTruth,
    '--predictions': predictions,
  })) {
    if (dirname(realPath(path)) !== realPath(folder)) continue;
    throw new UsageError(
      `--report ${report} would be replaced, and ${flag} lies in it: choose another folder`,
    );
  }
  if (isInside(process.cwd(), realPath(folder))) {
    throw new UsageError(
      `--report ${report} would be replaced, and it is the working folder or one around that: name a folder of its own`,
    );
  }
  assertOwnReport(report);
  await assertWritable(dirname(folder));
}

/**
 * @throws UsageError where the folder holds anything but a report that this program wrote; UserError where it cannot be
 *   read
 */
export function assertOwnReport(folder: string): void {
  const entries = entriesOf(folder);
  if (entries.length === 0) return;
  const foreign = entries.find((entry) => !OWN_FILES.has(entry.name) || !entry.isFile());
  if (foreign) throw notOurs(folder, `${printable(foreign.name)} in it is no part of a report`);
  if (!entries.some(({ name }) => name === PAGE)) {
    throw notOurs(folder, `${entries[0]!.name} lies in it without a ${PAGE}`);
  }
  if (!isEvaluationPage(beginningOf(join(folder, PAGE)))) {
    throw notOurs(folder, `its ${PAGE} is not of this program`);
  }
}

/** Whether a path is the folder or lies in it. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way.split(/[/\\]/)[0] !== '..' && !isAbsolute(way);
}

function notOurs(folder: string, why: string): UsageError {
  return new UsageError(
    `--report ${folder} would be replaced, and ${why}: name a new folder or an empty one`,
  );
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') {
      throw new UsageError(`--report ${folder} is a file: name a folder`, { cause: error });
    }
    throw unreadable(folder, error);
  }
}

/** Bytes: the tag that tells whose page it is stands among the first. */
const BEGINNING = 1024;

function beginningOf(path: string): string {
  const bytes = Buffer.alloc(BEGINNING);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, BEGINNING, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): UserError {
  const { code } = error as NodeJS.ErrnoException;
  return new UserError(`Cannot read ${path} (${code}), which would be replaced: name another --report`, {
    cause: error,
  });
}
