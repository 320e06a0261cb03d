/**
 * `npm run fuzz [-- --count 10000 --seed 1 --json]`: gives mutated zips, COCO, Labelme and YOLO data sets to the readers
 * and the doctor. Each must be read, or refused in one line; nothing may be written outside of the target, and no
 * process may have more than 1 GiB. Exit code 1 where that is not so.
 *
 * `npm run fuzz -- --seed 1 --case 1234 [--keep FOLDER]` runs one case again, in this process, and keeps its files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { makeCase } from './make-case.ts';
import { readCase } from './read-case.ts';
import { createReport, formatReport, isSound } from './report.ts';
import { createSandbox, runCase, type Verdict } from './run-case.ts';
import { runShards } from './run-shards.ts';

const OPTIONS = {
  count: { type: 'string', default: '10000' },
  seed: { type: 'string', default: '1' },
  json: { type: 'boolean', default: false },
  case: { type: 'string' },
  keep: { type: 'string' },
} as const;

function readArguments(args: string[]) {
  try {
    const { count, seed, case: one, keep, json } = parseArgs({ args, options: OPTIONS }).values;
    const numbers = { count: whole('count', count, 1), seed: whole('seed', seed, 0) };
    return { ...numbers, json, keep, index: one === undefined ? undefined : whole('case', one, 0) };
  } catch (error) {
    const usage = 'npm run fuzz [-- --count N --seed N --json], or -- --seed N --case N [--keep FOLDER]';
    throw new UsageError(`${(error as Error).message}; ${usage}`, { cause: error });
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} must be a whole number >= ${least}, got ${text}`);
}

async function runOne(seed: number, index: number, keep: string | undefined): Promise<Verdict> {
  const sandbox = await createSandbox();
  try {
    const fuzzCase = await makeCase({ seed, index }, sandbox.outside);
    for (const [name, bytes] of keep === undefined ? [] : fuzzCase.files) {
      await mkdir(dirname(join(keep!, name)), { recursive: true });
      await writeFile(join(keep!, name), bytes);
    }
    return await runCase(fuzzCase, sandbox, readCase);
  } finally {
    await sandbox.remove();
  }
}

const STEP = 500;

async function runAll(options: { seed: number; count: number }, json: boolean): Promise<boolean> {
  const result = await runShards(options, (done) => {
    if (done % STEP === 0) console.error(`fuzz: ${done} of ${options.count}`);
  });
  const report = createReport(options.seed, result);
  console.log(json ? JSON.stringify(report) : formatReport(report));
  return isSound(report);
}

try {
  const { json, index, keep, ...options } = readArguments(process.argv.slice(2));
  if (index === undefined) {
    process.exitCode = (await runAll(options, json)) ? 0 : 1;
  } else {
    const verdict = await runOne(options.seed, index, keep);
    console.log(
      json ? JSON.stringify(verdict) : `${verdict.outcome}: ${verdict.message}\n${verdict.tricks.join(', ')}`,
    );
    process.exitCode = ['read', 'refused'].includes(verdict.outcome) ? 0 : 1;
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`fuzz: ${error.message}`);
  process.exitCode = error.exitCode;
}
