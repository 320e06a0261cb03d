import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withFileLock } from '../../src/system/file-lock.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** Quick to wait, slow to lose patience. */
const PATIENT = { pollMs: 5, beatMs: 1000, silentPolls: 10_000 };
/** Without a sign of life for 100 ms a holder counts as gone. */
const HASTY = { pollMs: 5, beatMs: 10, silentPolls: 20 };

const MODULE = JSON.stringify(new URL('../../src/system/file-lock.ts', import.meta.url).href);

/** A process that takes the lock of `path` and then does `what`. */
function childArgs(path: string, what: string): string[] {
  const code = `
    import { withFileLock } from ${MODULE};
    await withFileLock(process.argv[1], async () => { ${what} });
  `;
  return ['--input-type=module', '--eval', code, path];
}

/** Counts who is at work at the same time. */
function countWorkers() {
  let now = 0;
  const counts = { most: 0, done: 0 };
  const work = async () => {
    counts.most = Math.max(counts.most, ++now);
    await sleep(10);
    now--;
    counts.done++;
  };
  return { counts, work };
}

describe('withFileLock', () => {
  it('gives back what the work gives, and leaves nothing behind', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'new/file');
    const during = await withFileLock(path, async (isHeld) => [await isHeld(), await filesIn(folder)]);
    expect(during).toEqual([true, ['new/file.lock']]);
    expect(await filesIn(folder)).toEqual([]);
  });

  it('lets one work at a time, and tells each of the others once', async () => {
    const path = join(await tempFolder(), 'file');
    const { counts, work } = countWorkers();
    let told = 0;
    const onWait = () => {
      told++;
    };
    await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, work, { onWait, pace: PATIENT })));
    expect(counts).toEqual({ most: 1, done: 5 });
    expect(told).toBe(4);
  });

  it('is free again after an error', async () => {
    const path = join(await tempFolder(), 'file');
    const failure = withFileLock(path, () => Promise.reject(new Error('no')));
    await expect(failure).rejects.toThrow('no');
    expect(await withFileLock(path, async () => 'next', { pace: PATIENT })).toBe('next');
  });

  it('waits for another process', async () => {
    const path = join(await tempFolder(), 'file');
    const what = `process.stdout.write('held'); await new Promise((go) => process.stdin.once('data', go)); process.stdin.destroy();`;
    const child = spawn(process.execPath, childArgs(path, what));
    const end = once(child, 'close');
    await once(child.stdout, 'data');
    const order: string[] = [];
    const waiting = withFileLock(path, async () => void order.push('ours'), { pace: PATIENT });
    await sleep(100);
    order.push('theirs');
    child.stdin.write('go');
    await Promise.all([waiting, end]);
    expect(order).toEqual(['theirs', 'ours']);
  });

  it('is free after process.exit, as after Ctrl-C', async () => {
    const folder = await tempFolder();
    const { status } = spawnSync(process.execPath, childArgs(join(folder, 'file'), 'process.exit(130)'));
    expect(status).toBe(130);
    expect(await filesIn(folder)).toEqual([]);
  });

  it('is taken over, by one at a time, from a process that was killed', async () => {
    const folder = await tempFolder();
    const path = join(folder, 'file');
    spawnSync(process.execPath, childArgs(path, `process.kill(process.pid, 'SIGKILL')`));
    const left = await readFile(`${path}.lock`, 'utf8');
    for (let round = 0; round < 20; round++) {
      await writeFile(`${path}.lock`, left);
      const { counts, work } = countWorkers();
      await Promise.all(Array.from({ length: 4 }, () => withFileLock(path, work, { pace: PATIENT })));
      expect(counts).toEqual({ most: 1, done: 4 });
    }
    expect(await filesIn(folder)).toEqual([]);
  });

  it.each(['', '1\nanother machine\nid'])('is taken over where %j gives no sign of life', async (content) => {
    const folder = await tempFolder();
    const path = join(folder, 'file');
    await writeFile(`${path}.lock`, content);
    const { counts, work } = countWorkers();
    await Promise.all([1, 2, 3].map(() => withFileLock(path, work, { pace: HASTY })));
    expect(counts).toEqual({ most: 1, done: 3 });
    expect(await filesIn(folder)).toEqual([]);
  });

  /** A process that has the lock and gives no sign of life, though it is there. */
  async function stoppedHolder(path: string) {
    const child = spawn(
      process.execPath,
      childArgs(
        path,
        `process.stdout.write('held'); await new Promise((go) => process.stdin.once('data', go)); process.stdin.destroy();`,
      ),
    );
    const end = once(child, 'close');
    await once(child.stdout, 'data');
    child.kill('SIGSTOP');
    const goOn = () => {
      child.kill('SIGCONT');
      child.stdin.write('go');
      return end;
    };
    return { pid: child.pid!, goOn };
  }

  it('stays with a stopped process, where that is to be waited for, and says which', async () => {
    const path = join(await tempFolder(), 'file');
    const { pid, goOn } = await stoppedHolder(path);
    const told: string[] = [];
    const waiting = withFileLock(path, async () => void told.push('ours'), {
      onWait: (holder) => told.push(`waits for ${holder}`),
      onSilent: (holder) => told.push(`silent: ${holder}`),
      waitForSilent: true,
      pace: HASTY,
    });
    await sleep(1000);
    expect(told).toEqual([`waits for ${pid}`, `silent: ${pid}`]);
    await Promise.all([goOn(), waiting]);
    expect(told.at(-1)).toBe('ours');
  });

  it('is taken from a stopped process where nobody must be held up', async () => {
    const path = join(await tempFolder(), 'file');
    const { goOn } = await stoppedHolder(path);
    expect(await withFileLock(path, async () => 'ours', { pace: HASTY })).toBe('ours');
    await goOn();
  });

  it('is taken at once from a process whose number another one has now', async ({ skip }) => {
    const path = join(await tempFolder(), 'file');
    const own = await withFileLock(path, () => readFile(`${path}.lock`, 'utf8'));
    const [pid, machine, id, start] = own.split('\n');
    if (start === '') skip('the system does not tell when a process began');
    await writeFile(`${path}.lock`, [pid, machine, id, Number(start) - 1].join('\n'));
    const options = { waitForSilent: true, pace: PATIENT };
    expect(await withFileLock(path, async () => 'ours', options)).toBe('ours');
  });

  it('is taken after a longer silence where only the number of the process is known', async () => {
    const path = join(await tempFolder(), 'file');
    const own = await withFileLock(path, () => readFile(`${path}.lock`, 'utf8'));
    await writeFile(`${path}.lock`, own.split('\n').slice(0, 3).join('\n'));
    const pace = { pollMs: 2, beatMs: 1000, silentPolls: 10 };
    const silent: number[] = [];
    const startMs = performance.now();
    await withFileLock(path, async () => {}, {
      waitForSilent: true,
      pace,
      onSilent: (pid) => silent.push(pid),
    });
    expect(performance.now() - startMs).toBeGreaterThan(400);
    expect(silent).toEqual([process.pid]);
  });

  it('says in one line that a folder has its name', async () => {
    const path = join(await tempFolder(), 'file');
    await mkdir(`${path}.lock`);
    const failure = withFileLock(path, async () => {});
    await expect(failure).rejects.toThrow(`${path}.lock is a folder, and a file of that name is needed`);
    await expect(failure).rejects.toMatchObject({ name: 'UserError' });
  });

  it('stays with one who works for long', async () => {
    const path = join(await tempFolder(), 'file');
    const order: string[] = [];
    const work = async (name: string) => {
      await sleep(500);
      order.push(name);
    };
    const first = withFileLock(path, () => work('first'), { pace: HASTY });
    await sleep(20);
    await Promise.all([first, withFileLock(path, async () => void order.push('second'), { pace: HASTY })]);
    expect(order).toEqual(['first', 'second']);
  });

  it('tells of a folder that cannot be made', async () => {
    const file = join(await tempFolder(), 'file');
    await writeFile(file, '');
    const failure = withFileLock(join(file, 'in it/file'), async () => {});
    await expect(failure).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('waits no longer when the signal is aborted, and leaves the lock to its holder', async () => {
    const path = join(await tempFolder(), 'file');
    const stopping = new AbortController();
    const reason = new Error('stopped');
    await withFileLock(path, async (isHeld) => {
      const onWait = () => stopping.abort(reason);
      const waiting = withFileLock(path, async () => {}, { onWait, signal: stopping.signal });
      await expect(waiting).rejects.toBe(reason);
      expect(await isHeld()).toBe(true);
    });
  });

  it('tells who has lost it, and leaves it to the new holder', async () => {
    const path = join(await tempFolder(), 'file');
    const isHeldAfter = await withFileLock(path, async (isHeld) => {
      await rm(`${path}.lock`);
      await writeFile(`${path}.lock`, 'of another');
      return isHeld();
    });
    expect(isHeldAfter).toBe(false);
    expect(await readFile(`${path}.lock`, 'utf8')).toBe('of another');
  });
});
