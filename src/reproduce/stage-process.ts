import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { UserError } from '../system/errors.ts';

const AERIAL = fileURLToPath(new URL('../../bin/aerial.js', import.meta.url));

export interface StageProcess {
  stage: 'train' | 'inference';
  paramsFile: string;
  /** `KEY=VALUE` texts. */
  sets: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** Aborted when the user stops all. */
  signal: AbortSignal;
}

/**
 * Runs a stage as a process of its own, so that it begins as fresh as if the user had; its progress goes to our stderr.
 * A signal to us is handed on once, and the stage gets the time that it needs to save what it has; it ends, too, when we
 * are killed.
 * @returns what the stage printed with `--json`
 * @throws UserError where it failed (it has said why); the signal's reason when that is aborted
 */
export async function runStage({
  stage,
  paramsFile,
  sets,
  environment,
  signal,
}: StageProcess): Promise<unknown> {
  signal.throwIfAborted();
  const args = ['--params', paramsFile, ...sets.flatMap((set) => ['--set', set]), '--json'];
  const child = execa(process.execPath, [AERIAL, stage, ...args], {
    stdin: 'ignore',
    stderr: 'inherit',
    // Out of our process group: a terminal's Ctrl-C would reach it beside ours, and count there as the second.
    detached: true,
    // The end of this channel tells it that we are gone.
    ipc: true,
    env: environment,
    reject: false,
  });
  const handOn = () => void child.kill(signalOf(signal.reason));
  // A second Ctrl-C ends this process at once: then that one goes, too.
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', handOn, { once: true });
  process.once('exit', kill);
  try {
    const { exitCode, signal: killedBy, stdout } = await child;
    signal.throwIfAborted();
    if (exitCode !== 0) throw stageError(stage, killedBy ?? exitCode);
    return JSON.parse(stdout);
  } finally {
    signal.removeEventListener('abort', handOn);
    process.off('exit', kill);
  }
}

function signalOf(reason: unknown): 'SIGINT' | 'SIGTERM' {
  return (reason as { exitCode?: number }).exitCode === 130 ? 'SIGINT' : 'SIGTERM';
}

function stageError(stage: string, end: string | number | undefined): UserError {
  const how = typeof end === 'number' ? `ended with exit code ${end}` : `was ended by ${end}`;
  return new UserError(
    `aerial ${stage} ${how}: mend what it says above and run the same command again; what is finished is kept`,
  );
}
