import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';

/**
 * A program that stays alive over all rounds, so that its start is never measured. It answers each line of stdin with
 * one of stdout: the first, its input as JSON, with anything; every further one with `{"seconds", "output"}` of one round.
 */
export type Command = readonly [program: string, ...args: string[]];

/** One contestant over all rounds. */
export interface Measured {
  /** What it answered to its input, a line. */
  loaded: string;
  /** One value for each round that counts. */
  seconds: number[];
  /** What the first round gave, warm-up or not. */
  firstOutput: unknown;
  /** What the last round gave. */
  output: unknown;
  /** Most memory held since its input was read, interpreter and input included; null where it is not Linux. */
  peakMebibytes: number | null;
}

interface TurnOptions {
  /** Rounds that count. */
  rounds: number;
  /** Rounds before them that do not (caches, the compiler of Node, TensorFlow's choice of kernels); 1 when left out. */
  warmUps?: number;
  /** Between two turns, ms: threads of the one before may still be spinning, waiting for more work; 0 when left out. */
  pauseMs?: number;
  report: (line: string) => void;
}

/**
 * Gives all contestants the same input, and work in turns, so that whatever else the machine does disturbs all alike.
 * @throws Error when one ends early; what it said is on stderr
 */
export async function measureInTurns<Name extends string>(
  commands: Readonly<Record<Name, Command>>,
  input: unknown,
  { rounds, warmUps = 1, pauseMs = 0, report }: TurnOptions,
): Promise<Record<Name, Measured>> {
  const names = Object.keys(commands) as Name[];
  const workers = names.map((name) => startWorker(commands[name]));
  try {
    for (const worker of workers) await worker.load(input);
    for (let round = 1 - warmUps; round <= rounds; round++) {
      const seconds: number[] = [];
      // Who begins changes from round to round, and with it who follows whom in the caches.
      for (const [turn] of workers.entries()) {
        const next = (turn + round + warmUps - 1) % workers.length;
        await setTimeout(pauseMs);
        seconds[next] = await workers[next]!.work(round > 0);
      }
      const label = round <= 0 ? 'warm-up' : `round ${round} of ${rounds}`;
      report(`${label}: ${names.map((name, i) => `${name} ${seconds[i]!.toFixed(3)} s`).join(', ')}`);
    }
    const measured: [Name, Measured][] = [];
    for (const [i, name] of names.entries()) measured.push([name, await workers[i]!.finish()]);
    return Object.fromEntries(measured) as Record<Name, Measured>;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function startWorker([program, ...args]: Command) {
  const child = execa(program, args, { stdin: 'pipe', stderr: 'inherit', buffer: false });
  const lines = child.iterable()[Symbol.asyncIterator]();
  // A failure shows where the next answer is awaited.
  child.catch(() => {});
  const ask = async (line: string): Promise<string> => {
    child.stdin.write(`${line}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(`${program} ${args.join(' ')} ended without an answer`);
    return value;
  };
  const measured: Measured = {
    loaded: '',
    seconds: [],
    firstOutput: undefined,
    output: undefined,
    peakMebibytes: null,
  };
  return {
    load: async (input: unknown) => {
      measured.loaded = await ask(JSON.stringify(input));
      // 5 = forget the peak so far: reading the input is not the work.
      await writeFile(`/proc/${child.pid}/clear_refs`, '5').catch(() => {});
    },
    work: async (counts: boolean): Promise<number> => {
      const { seconds, output }: { seconds: number; output: unknown } = JSON.parse(await ask('go'));
      measured.firstOutput ??= output;
      measured.output = output;
      if (counts) measured.seconds.push(seconds);
      return seconds;
    },
    finish: async () => ({ ...measured, peakMebibytes: await readPeak(child.pid) }),
    stop: async () => {
      child.kill();
      await child.catch(() => {});
    },
  };
}

async function readPeak(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = status.match(/^VmHWM:\s*(\d+) kB$/m)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) / 1024;
}
