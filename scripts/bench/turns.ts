import { readFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/**
 * A program that stays alive over all rounds, so that its start is never measured. It answers each line of stdin with
 * one of stdout: the first, its input as JSON, with anything; every further one with `{"seconds", "output"}` of one round.
 */
type Command = readonly [program: string, ...args: string[]];

/** One side over all rounds. */
interface Measured {
  seconds: number[];
  /** What the last round gave. */
  output: unknown;
  /** Most memory held since its input was read, interpreter and input included; null where it is not Linux. */
  peakMebibytes: number | null;
}

/**
 * Gives both sides the same input, and work in turns, so that whatever else the machine does disturbs both alike.
 * @throws Error when a side ends early; what it said is on stderr
 */
export async function measureInTurns(
  commands: { ours: Command; peer: Command },
  input: unknown,
  { rounds, report }: { rounds: number; report: (line: string) => void },
): Promise<{ ours: Measured; peer: Measured }> {
  const [ours, peer] = [startWorker(commands.ours), startWorker(commands.peer)];
  try {
    for (const worker of [ours, peer]) await worker.load(input);
    // Round 0 warms up (caches, the compiler of Node) and does not count; who begins alternates too.
    for (let round = 0; round <= rounds; round++) {
      const seconds = { ours: 0, peer: 0 };
      const order = round % 2 === 0 ? (['ours', 'peer'] as const) : (['peer', 'ours'] as const);
      for (const side of order) seconds[side] = await { ours, peer }[side].work(round > 0);
      const label = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`;
      report(`${label}: ours ${seconds.ours.toFixed(3)} s, peer ${seconds.peer.toFixed(3)} s`);
    }
    return { ours: await ours.finish(), peer: await peer.finish() };
  } finally {
    for (const worker of [ours, peer]) worker.stop();
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
  const measured: Measured = { seconds: [], output: null, peakMebibytes: null };
  return {
    load: async (input: unknown) => {
      await ask(JSON.stringify(input));
      // 5 = forget the peak so far: reading the input is not the work.
      await writeFile(`/proc/${child.pid}/clear_refs`, '5').catch(() => {});
    },
    work: async (counts: boolean): Promise<number> => {
      const { seconds, output }: { seconds: number; output: unknown } = JSON.parse(await ask('go'));
      measured.output = output;
      if (counts) measured.seconds.push(seconds);
      return seconds;
    },
    finish: async () => ({ ...measured, peakMebibytes: await readPeak(child.pid) }),
    stop: () => child.kill(),
  };
}

async function readPeak(pid: number | undefined): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = status.match(/^VmHWM:\s*(\d+) kB$/m)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) / 1024;
}
