/**
 * `npm run endurance [-- --kills 100 --terms 20 --interrupts 10 --seed 1 --json]`: trains a small model again and again,
 * stops each training at random moments (SIGKILL, SIGTERM, SIGINT), lets it go on, and holds what comes out against a
 * training that nobody stopped: the same weights, checkpoints, figures and files; no more than one checkpoint's interval
 * of work lost; the right exit codes, in time. Exit code 1 where that is not so.
 *
 * Each result goes to FOLDER/results.jsonl at once: when this script itself is killed, the same command goes on after the
 * last one. Folders of trainings that failed are kept beside it.
 */
import { rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { type Expected, endure } from './endure.ts';
import { planRun } from './plan.ts';
import { appendResult, type Kind, type Reference, type RunRecord, readResults } from './records.ts';
import { makeReference } from './reference.ts';
import { createReport, formatReport, isSound } from './report.ts';
import { makePlace, makeWorkplace, type Workplace } from './workplace.ts';

const OPTIONS = {
  kills: { type: 'string', default: '100' },
  terms: { type: 'string', default: '20' },
  interrupts: { type: 'string', default: '10' },
  seed: { type: 'string', default: '1' },
  folder: { type: 'string', default: 'runs/endurance' },
  results: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

function readArguments(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    const folder = resolve(values.folder);
    return {
      runs: [
        { kind: 'kill', count: whole('kills', values.kills) },
        { kind: 'term', count: whole('terms', values.terms) },
        { kind: 'interrupt', count: whole('interrupts', values.interrupts) },
      ] as const,
      seed: whole('seed', values.seed),
      folder,
      results: resolve(values.results ?? join(folder, 'results.jsonl')),
      json: values.json,
    };
  } catch (error) {
    const usage = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new UsageError(`${(error as Error).message}; flags: ${usage.join(' ')}`, { cause: error });
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new UsageError(`--${name} must be a whole number >= 0, got ${text}`);
}

/** More would mean that the moments come too late on principle. */
const MOST_ATTEMPTS = 20;

async function runOnce(
  workplace: Workplace,
  { kind, index, seed }: { kind: Kind; index: number; seed: number },
  expected: Expected,
): Promise<RunRecord> {
  // A training of a script that was killed may still be at work in its own folder.
  const name = `${kind}-${index}-${process.pid}`;
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const plan = planRun({ seed, kind, index, attempt }, expected.reference);
    const place = await makePlace(workplace, name, { cold: plan.cold });
    const record = await endure(place, { kind, index, plan }, expected);
    if (record === null) continue;
    if (record.failures.length === 0) await rm(place, { recursive: true, force: true });
    else await rename(place, join(workplace.folder, `failed-${name}`));
    return record;
  }
  throw new Error(`${kind} ${index}: the training has ended before each of ${MOST_ATTEMPTS} moments`);
}

async function runAll({ runs, seed, folder, results, json }: ReturnType<typeof readArguments>) {
  const workplace = await makeWorkplace(folder);
  const { checkpoint, epochs } = workplace.params.train;
  const lines = await readResults(results);
  const known = lines.find((line): line is Reference => line.kind === 'reference') ?? null;
  const reference = await makeReference(workplace, seed, known);
  if (known === null) await appendResult(results, reference);
  const records = lines.filter((line): line is RunRecord => line.kind !== 'reference');
  const expected = { reference, interval: checkpoint.steps, keep: checkpoint.keep, epochs };
  for (const { kind, count } of runs) {
    for (let index = 0; index < count; index++) {
      if (records.some((record) => record.kind === kind && record.index === index)) continue;
      const record = await runOnce(workplace, { kind, index, seed }, expected);
      await appendResult(results, record);
      records.push(record);
      const stages = record.stops.map(({ stage, row }) => `${stage} ${row}`).join(', ');
      console.error(
        `endurance: ${kind} ${index + 1} of ${count} (${stages}) ${record.seconds.toFixed(1)} s: ` +
          (record.failures.join('; ') || 'sound'),
      );
    }
  }
  const report = createReport(reference, records, expected.interval);
  console.log(json ? JSON.stringify(report) : formatReport(report));
  process.exitCode = isSound(report) ? 0 : 1;
}

try {
  await runAll(readArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`endurance: ${error.message}`);
  process.exitCode = error.exitCode;
}
