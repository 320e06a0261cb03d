import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { readWandbReply, type WandbReply } from './wandb-replies.ts';

/** What the client says of its run. */
export type WandbEvent = Exclude<WandbReply, { event: 'handled' }>;

/** The client's process, fed with JSON lines (in which NaN becomes null). No call throws or waits, but for `end`. */
export interface WandbProcess {
  /**
   * @param makeMessage is called only where the message is sent: a picture left out costs nothing
   * @param maxUnhandledBytes of the messages before it that the client is not done with, wherever they wait: here, in the
   *   pipe or there. So it bounds the memory of both processes
   * @returns false where the client lags so far behind that the message was left out
   */
  send(makeMessage: () => object, maxUnhandledBytes: number): boolean;
  /** Sends a last message and resolves when the process has ended: of itself, or killed. */
  end(message: object): Promise<void>;
  kill(): void;
}

export interface WandbProcessOptions {
  /** The Python interpreter. */
  python: string;
  environment: NodeJS.ProcessEnv;
  onEvent: (event: WandbEvent) => void;
  /** The process is gone; @param reason what is known of it, in one line */
  onExit: (reason: string) => void;
}

/** After this long a polite SIGTERM is followed by SIGKILL. */
const KILL_DELAY_MS = 2000;
/** For its last words, once the process has ended. */
const PIPE_GRACE_MS = 300;

export function startWandbProcess({
  python,
  environment,
  onEvent,
  onExit,
}: WandbProcessOptions): WandbProcess {
  const child = spawnClient(python, environment);
  let lastWords = '';
  let sentBytes = 0;
  let handledBytes = 0;
  let gone = false;
  const overhear = (line: string) => {
    lastWords = line.trim() || lastWords;
  };
  createInterface({ input: child.stderr }).on('line', overhear);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = readWandbReply(line);
    if (reply === null) overhear(line);
    else if (reply.event === 'handled') handledBytes = reply.bytes;
    else onEvent(reply);
  });
  // Writing to a client that is gone is no error of ours; its end is reported below.
  child.stdin.on('error', () => {});
  const ended = endOf(child).then((how) => {
    gone = true;
    onExit(`${how}${lastWords && `: ${lastWords}`}`);
  });
  const write = (message: object) => {
    if (!child.stdin.writable) return;
    const line = Buffer.from(`${JSON.stringify(message)}\n`);
    sentBytes += line.length;
    child.stdin.write(line);
  };
  return {
    send(makeMessage, maxUnhandledBytes) {
      if (gone) return true;
      if (sentBytes - handledBytes > maxUnhandledBytes) return false;
      write(makeMessage());
      return true;
    },
    async end(message) {
      write(message);
      child.stdin.end();
      await ended;
    },
    kill: () => void child.kill('SIGTERM'),
  };
}

type Client = ReturnType<typeof spawnClient>;

function spawnClient(python: string, environment: NodeJS.ProcessEnv) {
  // A session of its own: the terminal's Ctrl-C goes to the training alone, which then finishes the run.
  // When this process dies, the end of stdin tells the client to close the run and leave.
  return execa(python, ['-u', clientScript()], {
    detached: true,
    env: environment,
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: 'pipe',
    forceKillAfterDelay: KILL_DELAY_MS,
  });
}

/** @returns the exit code, signal or start-up error; the client's own children may hold its pipes open longer */
function endOf(child: Client): Promise<string> {
  return new Promise((resolve) => {
    let grace: NodeJS.Timeout | undefined;
    child.nodeChildProcess.on('exit', (code, signal) => {
      grace = setTimeout(() => resolve(signal ?? `exit code ${code}`), PIPE_GRACE_MS);
    });
    void child.then(({ exitCode, signal, code }) => {
      clearTimeout(grace);
      resolve(exitCode === undefined ? (signal ?? code ?? 'unknown reason') : `exit code ${exitCode}`);
    });
  });
}

/** Beside this file in `src/`; a compiled `dist/` may have it beside it too, or lie next to `src/`. */
function clientScript(): string {
  const candidates = ['./wandb_client.py', '../../src/tracking/wandb_client.py'];
  const paths = candidates.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? paths[0]!;
}
