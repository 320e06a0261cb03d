import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FIXTURE = fileURLToPath(new URL('./fixture-program.ts', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-run-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function run(command: string, env: NodeJS.ProcessEnv = {}) {
  return execa(process.execPath, [FIXTURE, command], { reject: false, cwd: folder, env });
}

/** Starts a command, waits until it says that it is ready, then sends each signal. */
async function runAndSignal(command: string, ...signals: ('SIGINT' | 'SIGTERM')[]) {
  const child = run(command);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  for (const [i, signal] of signals.entries()) {
    if (i > 0) await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill(signal);
  }
  return child;
}

describe('runProgram', () => {
  it.each([
    ['done', 0],
    ['code', 1],
    ['user-error', 1],
    ['usage-error', 2],
    ['bug', 1],
    ['stray-bug', 1],
    ['lost-promise', 1],
    ['unknown', 2],
    ['--help', 0],
    ['--unknown', 2],
  ])('%s ends with exit code %i', async (command, code) => {
    expect((await run(command)).exitCode).toBe(code);
  });

  it('prints what the user can mend as single lines, without a stack', async () => {
    expect((await run('user-error')).stderr).toBe('error: The zip is broken: fetch it again');
    expect((await run('usage-error')).stderr).toBe('error: first fault\nerror: second fault');
  });

  it.each([
    ['bug', 'x is not a function'],
    ['stray-bug', 'thrown by a timer'],
    ['lost-promise', 'nobody waits for me'],
  ])('keeps the stack of a bug (%s) and says that it is one', async (command, message) => {
    const { stderr, stdout } = await run(command);
    expect(stderr).toContain(`TypeError: ${message}`);
    expect(stderr).toContain('fixture-program.ts:');
    expect(stderr.split('\n').at(-1)).toMatch(/^error: this is a bug in aerial/);
    expect(stdout).toBe('');
  });

  it.each([
    ['returns', 'SIGINT', 130],
    ['returns', 'SIGTERM', 143],
    ['throws', 'SIGINT', 130],
    ['throws', 'SIGTERM', 143],
    ['careless', 'SIGINT', 130],
    ['careless', 'SIGTERM', 143],
  ] as const)('%s after %s: exit code %i', async (command, signal, code) => {
    const { exitCode, stderr } = await runAndSignal(command, signal);
    expect(exitCode).toBe(code);
    expect(stderr).not.toContain('bug');
  });

  it('lets a stage that heeds the signal end in an orderly way', async () => {
    const { stdout, stderr } = await runAndSignal('returns', 'SIGINT');
    expect(stdout).toBe('ready\nsaved');
    expect(stderr).toBe('Stopping in an orderly way; once more stops at once.\nStopped by SIGINT');
  });

  it('stops at once at the second signal', async () => {
    expect((await runAndSignal('deaf', 'SIGINT', 'SIGINT')).exitCode).toBe(130);
    expect((await runAndSignal('deaf', 'SIGINT', 'SIGTERM')).exitCode).toBe(143);
  });

  it('goes on to its end when nobody reads stdout any more', async () => {
    const pipe = `{ "$0" "$1" chatty; echo "exit code $?" >&2; } | head -n 1`;
    const { stderr } = await execa('sh', ['-c', pipe, process.execPath, FIXTURE]);
    expect(stderr).toBe('reached the end\nexit code 0');
  });

  it.for(['result', 'done', '--help'])('%s on a full disk', async (command, { skip }) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full');
    const { exitCode, stderr } = await execa(
      'sh',
      ['-c', '"$0" "$1" "$2" > /dev/full', process.execPath, FIXTURE, command],
      { reject: false },
    );
    expect([exitCode, stderr]).toEqual(
      command === 'done'
        ? [0, '']
        : [
            1,
            'error: Cannot write the result to stdout: the disk is full: free some space and run the command again',
          ],
    );
  });

  it('ends quietly when nobody reads the result', async () => {
    const pipe = `{ "$0" "$1" result; echo "exit code $?" >&2; } | true`;
    const { stderr } = await execa('sh', ['-c', pipe, process.execPath, FIXTURE]);
    expect(stderr).toBe('exit code 0');
  });

  it('goes on when stderr takes nothing', async ({ skip }) => {
    if (!existsSync('/dev/full')) skip('there is no /dev/full');
    const script = '"$0" "$1" chatty 2> /dev/full > /dev/null; echo $?';
    expect((await execa('sh', ['-c', script, process.execPath, FIXTURE])).stdout).toBe('0');
  });

  it('reads .env of the working folder; the real environment wins', async () => {
    await writeFile(join(folder, '.env'), 'AERIAL_A=file\nAERIAL_B=file\n');
    expect((await run('environment', { AERIAL_B: 'shell' })).stdout).toBe('file-shell');
  });

  it('says in one line that .env cannot be read', async () => {
    await mkdir(join(folder, '.env'));
    const { exitCode, stderr } = await run('environment');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^error: Cannot read \.env: .*; mend or remove it$/);
  });
});
