import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { concurrentMap } from '../../src/data/concurrent-map.ts';
import { KINDS } from './fuzz-case.ts';
import type { Verdict } from './run-case.ts';

/** What a shard says: that it begins a case, or what came of it and how much memory it took at most. */
export type ShardLine = { started: number } | { verdict: Verdict; peakBytes: number };

export interface FuzzResult {
  verdicts: Verdict[];
  /** The largest resident memory that any of the processes had, and the case in which it was reached. */
  peakBytes: number;
  peakIndex: number;
}

const SHARD = fileURLToPath(new URL('shard.ts', import.meta.url));

/** Cases that share a process: enough for its start not to count, few enough for its memory to speak of them. */
const CASES_PER_SHARD = 250;

/** A process that says nothing for so long is ended. */
const SILENCE_MS = 60_000;

/**
 * Runs `count` cases in processes of their own, as many at a time as there are cores.
 * @param onProgress is told how many have been run
 */
export async function runShards(
  { seed, count }: { seed: number; count: number },
  onProgress: (done: number) => void,
): Promise<FuzzResult> {
  const result: FuzzResult = { verdicts: [], peakBytes: 0, peakIndex: 0 };
  const starts = Array.from({ length: Math.ceil(count / CASES_PER_SHARD) }, (_, i) => i * CASES_PER_SHARD);
  await concurrentMap(starts, availableParallelism(), async (start) => {
    const end = Math.min(count, start + CASES_PER_SHARD);
    for (let next = start; next < end; ) {
      next = await runShard({ seed, from: next, to: end }, result, () => onProgress(result.verdicts.length));
    }
  });
  result.verdicts.sort((a, b) => a.index - b.index);
  return result;
}

/** @returns the case to go on with: where the process has died, the one after that */
async function runShard(
  { seed, from, to }: { seed: number; from: number; to: number },
  result: FuzzResult,
  onCase: () => void,
): Promise<number> {
  const child = execa(process.execPath, ['--expose-gc', SHARD, String(seed), String(from), String(to)], {
    ...{ reject: false, stdin: 'ignore', maxBuffer: 1e9 },
  });
  let last = { index: from - 1, isDone: true };
  const silence = setTimeout(() => child.kill('SIGKILL'), SILENCE_MS);
  for await (const text of child) {
    silence.refresh();
    const line = JSON.parse(text as string) as ShardLine;
    if ('started' in line) last = { index: line.started, isDone: false };
    else {
      last.isDone = true;
      result.verdicts.push(line.verdict);
      if (line.peakBytes > result.peakBytes) {
        [result.peakBytes, result.peakIndex] = [line.peakBytes, line.verdict.index];
      }
      onCase();
    }
  }
  clearTimeout(silence);
  const { exitCode, signal, stderr } = await child;
  if (last.isDone && exitCode === 0) return to;
  const index = last.isDone ? last.index + 1 : last.index;
  const message = `process ended with ${signal ?? exitCode}: ${String(stderr).slice(-2000)}`;
  const kind = KINDS[index % KINDS.length]!;
  result.verdicts.push({ index, kind, outcome: 'died', message, tricks: [], milliseconds: 0 });
  onCase();
  return index + 1;
}
