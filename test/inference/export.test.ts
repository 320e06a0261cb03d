import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportModel, formatExportSummary, saveModel } from '../../src/inference/export.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { type Predictions, predict } from '../../src/model/predict.ts';
import type { Params } from '../../src/params/schema.ts';
import { UsageError } from '../../src/system/errors.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { collectLog } from '../support/collect-log.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { expectClose, uniformTensor } from '../support/tensors.ts';
import { tinyParams } from '../support/tiny-model.ts';
import { leaveAsTrained, outspokenModel } from '../support/untrained-model.ts';

const tempFolder = useTempFolders();
const params = tinyParams();
const model = outspokenModel(params);

/** [N, 64, 64, 3] whole numbers in 0–255 */
const bytes = (N: number, seed: number) =>
  uniformTensor<tf.Rank.R4>([N, 64, 64, 3], seed, 0, 256).floor().cast('int32') as tf.Tensor4D;
const eagerly = (image: tf.Tensor4D): Predictions =>
  tf.tidy(() => predict(model, extractFeatures(model, image.div(255), params.model), params.model));

async function load(folder: string) {
  const loaded = await tf.node.loadSavedModel(folder, ['serve'], 'serving_default');
  return {
    run: (image: tf.Tensor4D) => loaded.predict({ image }) as unknown as Predictions,
    dispose: () => loaded.dispose(),
  };
}

async function trained(): Promise<{ here: Params; output: string }> {
  const folder = await tempFolder();
  const here = tinyParams(folder);
  await leaveAsTrained(model, here);
  return { here, output: join(folder, 'runs/export/saved_model') };
}
const context = () => ({ batchSize: 1, log: collectLog(), signal: new AbortController().signal });

describe('saveModel', () => {
  it('writes what tfjs loads, with the predictions of the model op by op', async () => {
    const folder = await tempFolder();
    await saveModel(folder, model, { params, batchSize: 2 });
    const { run, dispose } = await load(folder);
    for (const seed of [1, 2, 3]) {
      const image = bytes(2, seed);
      const [saved, eager] = [run(image), eagerly(image)];
      expect(eager.valid.sum().dataSync()[0], 'detections').toBeGreaterThan(4);
      const scores = [...eager.scores.dataSync()];
      expect(Math.max(...scores) - Math.min(...scores), 'spread of scores').toBeGreaterThan(0.05);
      for (const name of ['boxes', 'scores', 'valid', 'masks'] as const) {
        expect(saved[name].shape).toEqual(eager[name].shape);
        expectClose(saved[name], eager[name].dataSync());
      }
    }
    dispose();
  });

  it('takes bytes: a fourth of what float32 images are', async () => {
    const folder = await tempFolder();
    await saveModel(folder, model, { params, batchSize: 1 });
    const { serving_default: signature } = (await tf.node.getMetaGraphsFromSavedModel(folder))[0]!
      .signatureDefs;
    expect(signature!.inputs.image).toMatchObject({ tfDtype: 'DT_UINT8' });
  });
});

describe('exportModel', () => {
  it('writes the trained model, and replaces an earlier export', async () => {
    const { here, output } = await trained();
    const summary = await exportModel(here, { output, ...context() });
    const first = await readFile(join(output, 'saved_model.pb'));
    expect(summary).toEqual({
      folder: output,
      bytes: first.length,
      weights: join(here.paths.runs, 'train/best.safetensors'),
      precision: 'float32',
      inputs: { image: [1, 64, 64, 3] },
      outputs: { boxes: [1, 8, 4], scores: [1, 8], valid: [1, 8], masks: [1, 8, 28, 28] },
    });
    expect(formatExportSummary(summary).split('\n')[1]).toBe(
      '  serving_default: image [1, 64, 64, 3] uint8 → boxes [1, 8, 4], scores [1, 8], valid [1, 8], masks [1, 8, 28, 28]',
    );
    await exportModel(here, { output, ...context() });
    expect((await readFile(join(output, 'saved_model.pb'))).equals(first), 'the same bytes').toBe(true);
    expect(await filesIn(output)).toEqual(['saved_model.pb']);
    await exportModel(here, { output, ...context(), batchSize: 2 });
    const { run, dispose } = await load(output);
    const image = bytes(2, 5);
    expectClose(run(image).scores, eagerly(image).scores.dataSync());
    dispose();
  });

  it('takes what may change after training from the params of now', async () => {
    const { here, output } = await trained();
    here.inference.precision = 'bfloat16';
    here.model.detection.max_detections = 3;
    const { precision, outputs } = await exportModel(here, { output, ...context() });
    expect([precision, outputs.scores]).toEqual(['bfloat16', [1, 3]]);
    expect(await readFile(join(output, 'saved_model.pb'), 'latin1')).toMatch(/Conv2D_\d+\/bfloat16/);
    const { run, dispose } = await load(output);
    const image = bytes(1, 5);
    const eager = eagerly(image).scores.slice([0, 0], [1, 1]);
    expectClose(run(image).scores.slice([0, 0], [1, 1]), eager.dataSync(), { absolute: 0.05, relative: 0 });
    dispose();
  });

  it('does not mind what a killed export has left', async () => {
    const { here, output } = await trained();
    await mkdir(output, { recursive: true });
    await writeFile(join(output, 'saved_model.pb.0123abcd.part'), 'half of one');
    const { bytes: size } = await exportModel(here, { output, ...context() });
    expect((await readFile(join(output, 'saved_model.pb'))).length).toBe(size);
  });

  it('leaves alone what is no export', async () => {
    const { here } = await trained();
    const output = join(here.paths.runs, 'train');
    const before = await filesIn(output);
    const exporting = exportModel(here, { output, ...context() });
    await expect(exporting).rejects.toThrow(UsageError);
    await expect(exporting).rejects.toThrow(/holds what is no export, e\.g\. best\.safetensors; expected/);
    expect(await filesIn(output)).toEqual(before);
  });

  it('says in one line what is in the way', async () => {
    const { here } = await trained();
    const file = join(here.paths.runs, 'file');
    await writeFile(file, '');
    for (const output of [file, join(file, 'below')]) {
      await expect(exportModel(here, { output, ...context() })).rejects.toThrow(
        new UsageError(
          `Cannot write to --output ${output}: it is, or lies in, a file; choose another folder`,
        ),
      );
    }
    const link = join(await tempFolder(), 'link');
    await symlink('leads/nowhere', link);
    await expect(exportModel(here, { output: link, ...context() })).rejects.toThrow(
      /^Cannot make the folder .*link: .*a link on the way leads nowhere/,
    );
    const untrained = tinyParams(await tempFolder());
    await expect(exportModel(untrained, { output: join(file, '../out'), ...context() })).rejects.toThrow(
      /^There is no trained model at .*: run `aerial train` first$/,
    );
    const other = structuredClone(here);
    other.model.fpn_channels = 16;
    await expect(exportModel(other, { output: join(file, '../out'), ...context() })).rejects.toThrow(
      /model\.fpn_channels is 16, trained with 8/,
    );
    expect(await filesIn(here.paths.runs)).toEqual(['file', 'train/best.safetensors', 'train/params.yaml']);
  });

  it('stops before it writes when it is asked to', async () => {
    const { here, output } = await trained();
    await mkdir(output, { recursive: true });
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(exportModel(here, { output, ...context(), signal })).rejects.toThrow('stopped');
    expect(await filesIn(output)).toEqual([]);
  });
});
