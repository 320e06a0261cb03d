import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { saveParams } from '../../src/params/saved-params.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { tinyParams } from '../support/tiny-model.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/aerial.js');
const tempFolder = useTempFolders();

/** `aerial summary` in a process of its own, in a folder with nothing but params.yaml. */
async function summary(...flags: string[]) {
  const folder = await tempFolder();
  await saveParams(join(folder, 'params.yaml'), tinyParams());
  const env = { CUDA_VISIBLE_DEVICES: '-1' };
  const run = await execa(process.execPath, [PROGRAM, 'summary', ...flags], {
    reject: false,
    cwd: folder,
    env,
  });
  return { ...run, files: await filesIn(folder) };
}

describe('aerial summary', () => {
  it('prints a table without data, weights or GPU, and writes nothing', async () => {
    const { exitCode, stdout, stderr, files } = await summary('--set', 'device=gpu');
    expect(stdout).toMatch(/^Mask R-CNN with backbone custom, images of 64 x 64 pixels\n\npart +parameters /);
    expect(stdout).toMatch(/^total +0\.\d\d M/m);
    expect(stderr).toContain('Counting a training step (train)');
    expect(files).toEqual(['params.yaml']);
    expect(exitCode).toBe(0);
  });

  it('prints one JSON line, of the model that --set describes', async () => {
    const flags = ['train.model_type=transfer', 'model.transfer.backbone=resnet18', 'train.optimizer=sgd'];
    const { exitCode, stdout } = await summary('--json', ...flags.flatMap((flag) => ['--set', flag]));
    expect([exitCode, stdout.split('\n').length]).toEqual([0, 1]);
    const { backbone, image_size, parameters, inference, training } = JSON.parse(stdout);
    expect([backbone, image_size]).toEqual(['resnet18', 64]);
    // torchvision's resnet18 without its classifier.
    expect(parameters.backbone).toBe(11_176_512);
    expect(inference.flops.total).toBeGreaterThan(inference.flops.backbone);
    expect(training.map(({ phase }: { phase: string }) => phase)).toEqual(['freeze', 'fine_tune']);
    expect(training[0].memory_bytes.weights.total).toBe(4 * parameters.total);
  });

  it('refuses wrong params with exit code 2', async () => {
    const { exitCode, stdout, stderr } = await summary('--set', 'data.image_size=100');
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error: --set data\.image_size must be .*multiple of 32.*$/);
  });
});
