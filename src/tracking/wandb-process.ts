import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** What `wandb_client.py` says. */
export type WandbEvent =
  | { event: 'missing' }
  | {
      event: 'ready';
      mode: 'online' | 'offline';
      folder: string;
      url: string | null;
      fallback: string | null;
    }
  | { event: 'trouble'; message: string }
  | { event: 'finished' };

/** The client's process, fed with JSON lines (in which NaN becomes null). No call throws or waits, but for `end`. */
export interface WandbProcess {
  /**
   * @param makeMessage is called only where the message is sent: a picture left out costs nothing
   * @returns false where the client lags so far behind that the message was left out
   */
  send(makeMessage: () => object, maxQueuedBytes: number): boolean;
  /** Sends a last message and resolves when the process has ended: of itself, or killed after `waitMs`. */
  end(message: object, waitMs: number, onLate: () => void): Promise<void>;
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
  let lastError = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastError = line.trim() || lastError;
  });
  createInterface({ input: child.stdout }).on('line', (line) => onEvent(JSON.parse(line) as WandbEvent));
  // Writing to a client that is gone is no error of ours; its end is reported below.
  child.stdin.on('error', () => {});
  const ended = endOf(child).then((how) => onExit(`${how}${lastError && `: ${lastError}`}`));
  const write = (message: object) => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(message)}\n`);
  };
  return {
    send(makeMessage, maxQueuedBytes) {
      if (child.stdin.writableLength > maxQueuedBytes) return false;
      write(makeMessage());
      return true;
    },
    async end(message, waitMs, onLate) {
      write(message);
      child.stdin.end();
      const late = setTimeout(() => {
        onLate();
        child.kill('SIGTERM');
      }, waitMs);
      await ended;
      clearTimeout(late);
    },
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
