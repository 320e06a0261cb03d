import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { UserError } from '../../src/system/errors.ts';
import { findPython, readPythonPackages } from '../../src/system/python-tools.ts';
import { startFakeWandb } from '../../test/tracking/fake-wandb.ts';
import { compare, median, type Contestant as Row, type Suite } from './suite.ts';
import { type Client, findClient } from './tracker/client.ts';
import { CONTESTANTS, type Contestant } from './tracker/contestants.ts';

const PROGRAM = join(import.meta.dirname, 'tracker/train.ts');
const ROUNDS = { full: 5, quick: 1 };
const EPOCHS = { full: 4, quick: 2 };

/** Whole trainings without Weights & Biases and with it, also with its process killed and its server gone on the way. */
export const trackerSuite: Suite = {
  name: 'tracker',
  about:
    'seconds per step of whole trainings with W&B offline, killed and without its server, beside W&B disabled',
  run: async ({ quick, report }) => {
    const size = quick ? 'quick' : 'full';
    const version = (await readPythonPackages(['wandb'])).get('wandb');
    if (!version) throw new UserError(`${findPython()} has no wandb; "make setup" installs it`);
    const folder = await mkdtemp(join(tmpdir(), 'aerial-bench-'));
    const rounds = CONTESTANTS.map((): number[][] => []);
    try {
      report('warm-up');
      await train(CONTESTANTS[0], folder, 1);
      for (let round = 1; round <= ROUNDS[size]; round++) {
        // Who begins changes from round to round.
        for (const turn of CONTESTANTS.keys()) {
          const at = (turn + round) % CONTESTANTS.length;
          rounds[at]!.push(await train(CONTESTANTS[at]!, folder, EPOCHS[size]));
        }
        const told = CONTESTANTS.map(
          ({ name }, i) => `${name} ${median(rounds[i]!.at(-1)!).toFixed(4)}`,
        ).join(', ');
        report(`round ${round} of ${ROUNDS[size]}: ${told} s a step`);
      }
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
    const rows = CONTESTANTS.map(({ name }, i) => rowOf(name, rounds[i]!));
    return { results: resultsOf(rows), contestants: rows, notes: [NOTE, `wandb ${version}`] };
  },
};

const NOTE =
  'of each training the median of its steps; a client starts with the first of them, on the same cores, which shows in the mean';

/** @param rounds seconds of each step, of each training */
function rowOf(name: string, rounds: readonly number[][]): Row {
  const all = rounds.flat();
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const facts = { mean_seconds: mean, slowest_step_seconds: Math.max(...all), steps: all.length };
  return { name, unit: 's/step', values: rounds.map((seconds) => median(seconds)), facts };
}

function resultsOf([disabled, ...others]: readonly Row[]) {
  return others.map(({ name, unit, values }) => ({
    ...compare({ name: `training/${name}`, unit }, values, disabled!.values),
    against: disabled!.name,
  }));
}

/** @returns seconds of each step of a training */
async function train({ environment, strike }: Contestant, folder: string, epochs: number): Promise<number[]> {
  const server = await startFakeWandb();
  const child = execa(process.execPath, [PROGRAM, folder, `${epochs}`], {
    env: { PATH: process.env.PATH, HOME: folder, TF_CPP_MIN_LOG_LEVEL: '2', ...environment(server, folder) },
    extendEnv: false,
    stderr: 'pipe',
    stdin: 'ignore',
    buffer: { stdout: false },
  });
  let client: Client | undefined;
  try {
    let seconds: number[] = [];
    for await (const line of child.iterable()) {
      const said: { step?: number; seconds?: number[] } = JSON.parse(line);
      client ??= await findClient(child.pid!);
      if (said.seconds) seconds = said.seconds;
      else strike?.(server, client);
    }
    if (strike && client?.pids.length === 0) throw new Error('There was no client to strike');
    return seconds;
  } finally {
    client?.kill();
    await server.close();
  }
}
