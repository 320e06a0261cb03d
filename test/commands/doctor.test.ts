import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/aerial.js', import.meta.url));

/** `aerial doctor` in a process of its own, with TensorFlow's eyes shut for GPUs. */
function doctor(...args: string[]) {
  return execa(process.execPath, [launcher, 'doctor', ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { CUDA_VISIBLE_DEVICES: '-1', WANDB_API_KEY: 'a-secret-key', WANDB_MODE: '' },
    reject: false,
  });
}

describe('aerial doctor', () => {
  it('loads TensorFlow, prints a table and exits 0 when nothing is missing', async () => {
    const { exitCode, stdout } = await doctor('--set', 'data.source=synthetic', '--set', 'device=auto');
    expect(stdout).toMatch(/^ok {7}TensorFlow +2\.21\.0, loaded/m);
    expect(stdout).toMatch(/libcudnn\.so\.9/);
    expect(stdout).toMatch(/^Nothing that the params ask for is missing\.$/m);
    expect(stdout).not.toContain('a-secret-key');
    expect(exitCode).toBe(0);
  });

  it('exits 1 when params ask for a GPU that TensorFlow does not see; --json is one object', async () => {
    const { exitCode, stdout } = await doctor('--set', 'device=gpu', '--json');
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')).toHaveLength(1);
    const { ok, findings, facts } = JSON.parse(stdout);
    expect(ok).toBe(false);
    expect(findings).toContainEqual(
      expect.objectContaining({ name: 'TensorFlow computes on', status: 'missing' }),
    );
    expect(facts.tensorflow).toEqual({ version: '2.21.0', usesGpu: false });
    expect(stdout).not.toContain('a-secret-key');
  });

  it('exits 1 and names each source of data that is not there', async () => {
    const { exitCode, stdout } = await doctor(
      ...['--set', 'data.source=local', '--set', 'data.path=/nowhere', '--set', 'data.custom=[/nor/here]'],
    );
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^Missing: data\.path, data\.custom\[0\]\.$/m);
  });
});
