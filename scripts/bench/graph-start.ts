import { join } from 'node:path';
import { execa } from 'execa';
import { withPrepared } from './graph/workplace.ts';
import { type Contestant, compare, median, type Suite } from './suite.ts';

/** What `graph/start.ts` says of one start. */
export type StartTimes = {
  cached: boolean;
  nodes: number;
  /** Finding the graph in the cache, or recording and keeping it. */
  record_ms: number;
  load_ms: number;
  /** In which TensorFlow optimizes the graph. */
  first_step_ms: number;
  total_ms: number;
};

const ROUNDS = { full: 7, quick: 1 };

/** From the model to the end of its first step, without a cache of graphs and with one. */
export const graphStartSuite: Suite = {
  name: 'graph-start',
  about: 'recording and loading of the own model, and what the cache of graphs saves',
  run: ({ quick, report }) =>
    withPrepared(quick ? 'small' : 'full', async (folder) => {
      const rounds = quick ? ROUNDS.quick : ROUNDS.full;
      const [cold, warm]: [StartTimes[], StartTimes[]] = [[], []];
      for (let round = 1; round <= rounds; round++) {
        const runs = join(folder, `runs-${round}`);
        cold.push(await start(folder, runs, false));
        warm.push(await start(folder, runs, true));
        const [without, by] = [cold.at(-1)!, warm.at(-1)!].map(({ total_ms: total }) => total.toFixed(0));
        report(`round ${round} of ${rounds}: no cache ${without} ms, cache ${by} ms`);
      }
      const totals = (starts: readonly StartTimes[]) => starts.map(({ total_ms: total }) => total);
      const name = 'own-model/start with a cache of graphs';
      return {
        results: [
          { ...compare({ name, unit: 'ms' }, totals(warm), totals(cold)), against: 'a start without' },
        ],
        contestants: [rowOf('own-model/no cache', cold), rowOf('own-model/cache', warm)],
      };
    }),
};

async function start(folder: string, runs: string, cached: boolean): Promise<StartTimes> {
  const program = join(import.meta.dirname, 'graph/start.ts');
  const { stdout } = await execa(process.execPath, [program, folder, runs], { stderr: 'inherit' });
  const times = JSON.parse(stdout) as StartTimes;
  if (times.cached !== cached) {
    throw new Error(`Expected the graph to be ${cached ? 'in the cache' : 'recorded'}, but it was not`);
  }
  return times;
}

function rowOf(name: string, starts: readonly StartTimes[]): Contestant {
  const middle = (key: 'nodes' | 'record_ms' | 'load_ms' | 'first_step_ms') =>
    median(starts.map((times) => times[key]));
  return {
    name,
    unit: 'ms',
    values: starts.map(({ total_ms: total }) => total),
    facts: {
      record_ms: middle('record_ms'),
      load_ms: middle('load_ms'),
      first_step_ms: middle('first_step_ms'),
      nodes: middle('nodes'),
    },
  };
}
