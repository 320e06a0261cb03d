import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { watchMachine } from '../../src/system/machine-watch.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** A driver's program that notes what it is asked, and answers as the script says. */
async function driver(script: string) {
  const folder = await tempFolder();
  const program = join(folder, 'nvidia-smi');
  await writeFile(program, `#!/bin/sh\necho "$@" >> ${folder}/asked\n${script}\n`, { mode: 0o755 });
  const asked = async () =>
    (await readFile(join(folder, 'asked'), 'utf8').catch(() => '')).split('\n').slice(0, -1);
  return { program, asked, folder };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((wake) => setTimeout(wake, 10));
}

describe('watchMachine', () => {
  it('knows the memory of this process at once, and asks nobody for a GPU that does not compute', async () => {
    const { program, asked } = await driver('echo 50, 1024');
    const watch = watchMachine({ gpu: false, program, intervalMs: 5 });
    expect(watch.read()).toEqual({ memoryBytes: expect.any(Number), gpu: null });
    expect(Math.abs(watch.read().memoryBytes / process.memoryUsage.rss() - 1)).toBeLessThan(0.2);
    await new Promise((wake) => setTimeout(wake, 100));
    expect(await asked()).toEqual([]);
    watch.stop();
  });

  it('asks the driver again and again for the GPU in use, and keeps its last answer', async () => {
    const { program, asked, folder } = await driver(`cat "$(dirname "$0")/answer"`);
    await writeFile(join(folder, 'answer'), '50, 1024\n');
    const watch = watchMachine({
      gpu: true,
      program,
      intervalMs: 20,
      environment: { CUDA_VISIBLE_DEVICES: '3,1' },
    });
    expect(watch.read().gpu).toBe(null);
    await until(() => watch.read().gpu !== null);
    expect(watch.read().gpu).toEqual({ use: 0.5, memoryBytes: 2 ** 30 });
    await writeFile(join(folder, 'next'), '75, 2048\n');
    await execa('mv', [join(folder, 'next'), join(folder, 'answer')]);
    await until(() => watch.read().gpu?.use === 0.75);
    watch.stop();
    expect((await asked())[0]).toBe(
      '--query-gpu=utilization.gpu,memory.used --format=csv,noheader,nounits --id=3',
    );
  });

  it('asks once more only when it has an answer, and never again when that is none', async () => {
    const slow = await driver('sleep 1; echo 50, 1024');
    const watch = watchMachine({ gpu: true, program: slow.program, intervalMs: 10 });
    await until(async () => (await slow.asked()).length > 0);
    await new Promise((wake) => setTimeout(wake, 200));
    expect(await slow.asked()).toHaveLength(1);
    watch.stop();
    const broken = await driver('echo "NVIDIA-SMI has failed"; exit 9');
    const unanswered = watchMachine({ gpu: true, program: broken.program, intervalMs: 10 });
    await until(async () => (await broken.asked()).length > 0);
    await new Promise((wake) => setTimeout(wake, 300));
    expect(await broken.asked()).toHaveLength(1);
    expect(unanswered.read().gpu).toBe(null);
    const none = watchMachine({ gpu: true, program: join(broken.folder, 'none'), intervalMs: 10 });
    await new Promise((wake) => setTimeout(wake, 100));
    expect(none.read().gpu).toBe(null);
  });

  it('does not keep a process alive, nor a driver that hangs', async () => {
    const { program, asked, folder } = await driver(`echo $$ > "$(dirname "$0")/pid"; exec sleep 60`);
    const code = `
      import { existsSync } from 'node:fs';
      import { watchMachine } from '${import.meta.dirname}/../../src/system/machine-watch.ts';
      const watch = watchMachine({ gpu: true, program: '${program}', intervalMs: 10 });
      while (!existsSync('${folder}/pid')) await new Promise((wake) => setTimeout(wake, 10));
      if (process.argv[1] === 'stop') watch.stop();`;
    const args = ['--input-type=module-typescript', '-e', code];
    await execa(process.execPath, args, { timeout: 6000 });
    const left = Number(await readFile(join(folder, 'pid'), 'utf8'));
    process.kill(left, 'SIGKILL');
    await execa('rm', [join(folder, 'pid')]);
    await execa(process.execPath, [...args, 'stop'], { timeout: 6000 });
    const stopped = Number(await readFile(join(folder, 'pid'), 'utf8'));
    await until(() => {
      try {
        return !process.kill(stopped, 0);
      } catch {
        return true;
      }
    });
    expect(await asked()).toHaveLength(2);
  });
});
