import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { editYaml } from './support/edit-yaml.ts';

const ROOT = resolve(import.meta.dirname, '..');
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aerial-cli-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function aerial(args: string[], env: NodeJS.ProcessEnv = {}) {
  return execa(process.execPath, [join(ROOT, 'bin/aerial.js'), ...args], { reject: false, cwd: folder, env });
}

const params = ['--params', join(ROOT, 'params.yaml')];

describe('aerial', () => {
  it('lists its commands with examples', async () => {
    const { exitCode, stdout } = await aerial(['--help']);
    expect(exitCode).toBe(0);
    for (const command of [
      'data-prep',
      'train',
      'inference',
      'export',
      'summary',
      'contact-sheet',
      'doctor',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    }
    expect(stdout).toContain('$ aerial train');
  });

  it('names the flags of a command, with examples', async () => {
    const { exitCode, stdout } = await aerial(['train', '--help']);
    expect(exitCode).toBe(0);
    for (const text of ['--params <file>', '--set <key=value>', '--json', '$ aerial train']) {
      expect(stdout).toContain(text);
    }
  });

  it('says in one line that the working folder is gone', async () => {
    const gone = join(folder, 'gone');
    const script = 'mkdir "$0" && cd "$0" && rmdir "$0" && "$1" "$2" --help';
    const { exitCode, stdout, stderr } = await execa(
      'sh',
      ['-c', script, gone, process.execPath, join(ROOT, 'bin/aerial.js')],
      { reject: false },
    );
    expect([exitCode, stdout, stderr]).toEqual([
      1,
      '',
      'error: the working folder is gone: change into one that is there',
    ]);
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect((await aerial(['--version'])).stdout).toBe(version);
  });

  it.each([
    [[], /^Usage: aerial/],
    [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [['train', '--jsno'], /unknown option '--jsno'\n\(Did you mean --json\?\)/],
    [['train', 'now'], /too many arguments/],
    [['train', '--set'], /argument missing/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, stderr, stdout } = await aerial(args);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
  });

  it.each(['data-prep', 'train', 'export', 'summary', 'contact-sheet', 'doctor'])(
    '%s tells all faults of the params',
    async (command) => {
      const text = await readFile(join(ROOT, 'params.yaml'), 'utf8');
      const wrong = editYaml(text, { 'train.learning_rate': '-0.001' }).replace(/^ {2}epochs:/m, '  epoch:');
      await writeFile(join(folder, 'params.yaml'), wrong);
      const { exitCode, stderr } = await aerial([command, '--set', 'seed=x', '--set', 'device=tpu']);
      expect(exitCode).toBe(2);
      expect(stderr.split('\n')).toEqual([
        expect.stringMatching(
          /^error: params\.yaml:\d+ train\.epoch is not a known key \(did you mean train\.epochs\?\)$/,
        ),
        expect.stringMatching(/^error: params\.yaml:\d+ train\.learning_rate must be > 0, got -0\.001$/),
        'error: --set seed must be a whole number, got "x"',
        'error: --set device must be one of auto, cpu, gpu, got "tpu"',
      ]);
    },
  );

  it('takes several settings behind one --set, and what follows them', async () => {
    const sets = ['--set', 'seed=x', 'device=tpu'];
    const faults = ['error: --set seed must be a whole number, got "x"', expect.stringContaining('device')];
    const { stderr } = await aerial(['train', ...params, ...sets, '--json']);
    expect(stderr.split('\n')).toEqual(faults);
    // The folder is no setting.
    const doctor = await aerial(['doctor', 'data', ...params, ...sets, 'nowhere']);
    expect(doctor.stderr.split('\n')).toEqual(faults);
  });

  it('names the params file that is not there', async () => {
    const { exitCode, stderr } = await aerial(['train']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^error: Cannot read params from params\.yaml: no such file/);
  });

  it('prepares data and prints its report as one JSON line', async () => {
    const tiny = ['train=2', 'valid=1', 'test=1'].flatMap((set) => ['--set', `data.synthetic.${set}`]);
    const { exitCode, stdout } = await aerial(['data-prep', ...params, ...tiny, '--json']);
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toBeTypeOf('object');
    const manifest = JSON.parse(await readFile(join(folder, 'data/prepared/manifest.json'), 'utf8'));
    expect(manifest.splits).toMatchObject({
      train: { images: 2 },
      valid: { images: 1 },
      test: { images: 1 },
    });
    const forPeople = await aerial(['data-prep', ...params, ...tiny]);
    expect(forPeople.stdout.split('\n').length).toBeGreaterThan(3);
  });

  it('reads WANDB_MODE from .env', async () => {
    await writeFile(join(folder, '.env'), 'WANDB_MODE=sometimes\n');
    const { exitCode, stderr } = await aerial(['train', ...params], { WANDB_MODE: undefined });
    expect(stderr).toContain('error: WANDB_MODE must be online, offline or disabled, got "sometimes"');
    expect(exitCode).toBe(2);
  });

  it.each(['train', 'inference'])('%s without prepared data says in one line what to do', async (command) => {
    const { exitCode, stderr } = await aerial([command, ...params], { WANDB_MODE: 'disabled' });
    expect(exitCode).toBe(1);
    const errors = stderr.split('\n').filter((line) => line.startsWith('error:'));
    expect(errors).toEqual([expect.stringContaining('data-prep')]);
  });
});
