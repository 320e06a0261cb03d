import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { saveParams } from '../../src/params/saved-params.ts';
import { useMounts } from '../support/mounts.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { tinyParams } from '../support/tiny-model.ts';
import { leaveAsTrained, outspokenModel } from '../support/untrained-model.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/aerial.js');
const tempFolder = useTempFolders();
const mount = useMounts();

/** A folder with params.yaml and, unless `trained` is false, a trained model. */
async function workplace({ trained = true } = {}) {
  const folder = await tempFolder();
  const params = { ...tinyParams(), paths: { prepared: 'prepared', runs: 'runs' } };
  await saveParams(join(folder, 'params.yaml'), params);
  if (trained) {
    const model = outspokenModel(params);
    await leaveAsTrained(model, { ...params, paths: { ...params.paths, runs: join(folder, 'runs') } });
    model.dispose();
  }
  const aerialExport = (...flags: string[]) =>
    execa(process.execPath, [PROGRAM, 'export', ...flags], { reject: false, cwd: folder });
  return { folder, aerialExport };
}

describe('aerial export', () => {
  it('writes below runs and prints what it wrote as one JSON line', async () => {
    const { folder, aerialExport } = await workplace();
    const { exitCode, stdout, stderr } = await aerialExport('--json');
    expect([exitCode, stdout.split('\n').length]).toEqual([0, 1]);
    expect(stderr).toContain('Exporting runs/train/best.safetensors for 1 x 64 x 64 pixels');
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ folder: 'runs/export/saved_model', inputs: { image: [1, 64, 64, 3] } });
    const written = await readFile(join(folder, 'runs/export/saved_model/saved_model.pb'));
    expect(written.length).toBe(summary.bytes);
  });

  it('writes where it is told, for as many images as it is told', async () => {
    const { folder, aerialExport } = await workplace();
    const { exitCode, stdout } = await aerialExport('--output', 'models/a', '--batch-size', '3');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^runs\/train\/best\.safetensors as a SavedModel \(\d\.\d MB, float32\) in models\/a\n {2}serving_default: image \[3, 64, 64, 3\]/,
    );
    expect(await filesIn(join(folder, 'models'))).toEqual(['a/saved_model.pb']);
  });

  it.each([
    [['--batch-size', '0'], /argument '0' is invalid\. Expected a whole number from 1 to 9999\./],
    [['--batch-size', '1.5'], /argument '1\.5' is invalid\. Expected a whole number/],
    [['--output', ''], /argument '' is invalid\. Expected a folder\./],
    [
      ['--set', 'inference.precision=float64'],
      /^error: --set inference\.precision must be one of float32, bfloat16, float16, got "float64"$/,
    ],
    [
      ['--output', 'mine'],
      /error: --output mine holds what is no export, e\.g\. notes\.txt; expected a new or empty folder, or an earlier export$/,
    ],
    [
      ['--output', 'params.yaml'],
      /error: Cannot write to --output params\.yaml: it is, or lies in, a file; choose another folder$/,
    ],
  ])('refuses %j with exit code 2', async (flags, message) => {
    const { folder, aerialExport } = await workplace({ trained: false });
    await mkdir(join(folder, 'mine'));
    await writeFile(join(folder, 'mine/notes.txt'), 'as they were');
    const { exitCode, stdout, stderr } = await aerialExport(...flags);
    expect(stderr).toMatch(message);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(await filesIn(folder)).toEqual(['mine/notes.txt', 'params.yaml']);
  });

  it('without a trained model says in one line what to do', async () => {
    const { aerialExport } = await workplace({ trained: false });
    const { exitCode, stdout, stderr } = await aerialExport();
    expect([exitCode, stdout]).toEqual([1, '']);
    const errors = stderr.split('\n').filter((line) => line.startsWith('error:'));
    expect(errors).toEqual([
      'error: There is no trained model at runs/train/best.safetensors: run `aerial train` first',
    ]);
  });

  it('says in one line that the folder cannot be written', async (context) => {
    const { folder, aerialExport } = await workplace();
    await mount(join(folder, 'closed'), 'ro', context.skip);
    const { exitCode, stdout, stderr } = await aerialExport('--output', 'closed');
    expect(stderr).toMatch(
      /^error: Cannot write closed: the file system is read-only: choose another folder/m,
    );
    expect([exitCode, stdout]).toEqual([1, '']);
  });
});
