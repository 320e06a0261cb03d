import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { saveModel } from '../../src/inference/export.ts';
import { extractFeatures } from '../../src/model/features.ts';
import { predict } from '../../src/model/predict.ts';
import { createRandom } from '../../src/system/random.ts';
import { tf } from '../../src/system/tensorflow.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { requireTensorFlowPython } from '../support/tensorflow-python.ts';
import { expectClose } from '../support/tensors.ts';
import { tinyParams } from '../support/tiny-model.ts';
import { outspokenModel } from '../support/untrained-model.ts';

const tempFolder = useTempFolders();
const N = 2;

/** Reads images as bytes, writes what the signature says about them as JSON. */
const SCRIPT = `
import json, sys, numpy as np, tensorflow as tf
serve = tf.saved_model.load(sys.argv[1]).signatures['serving_default']
image = np.fromfile(sys.argv[2], np.uint8).reshape(serve.structured_input_signature[1]['image'].shape)
outputs = serve(image=tf.constant(image))
print(json.dumps({
    'inputs': {name: [spec.dtype.name, *spec.shape] for name, spec in serve.structured_input_signature[1].items()},
    'outputs': {name: {'shape': list(x.shape), 'dtype': x.dtype.name, 'values': x.numpy().ravel().tolist()} for name, x in outputs.items()},
}))`;

interface Said {
  inputs: Record<string, unknown[]>;
  outputs: Record<string, { shape: number[]; dtype: string; values: number[] }>;
}

function askPython(python: string, folder: string, image: string): Said {
  const said = execFileSync(python, ['-c', SCRIPT, folder, image], {
    encoding: 'utf8',
    maxBuffer: 1e8,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(said);
}

describe('the exported model', () => {
  it('gives in Python what it gives here', { timeout: 180_000 }, async (context) => {
    const python = requireTensorFlowPython(context);
    const params = tinyParams();
    const model = outspokenModel(params);
    const random = createRandom(7);
    const pixels = Uint8Array.from({ length: N * 64 * 64 * 3 }, () => random.int(256));
    const folder = await tempFolder();
    await saveModel(join(folder, 'model'), model, { params, batchSize: N });
    await writeFile(join(folder, 'image'), pixels);

    const { inputs, outputs } = askPython(python, join(folder, 'model'), join(folder, 'image'));
    expect(inputs).toEqual({ image: ['uint8', N, 64, 64, 3] });
    const ours = tf.tidy(() => {
      const images = tf.tensor4d(
        Float32Array.from(pixels, (byte) => byte / 255),
        [N, 64, 64, 3],
      );
      return predict(model, extractFeatures(model, images, params.model), params.model);
    });
    expect(ours.valid.sum().dataSync()[0], 'detections').toBeGreaterThan(4);
    expect(new Set(Object.keys(outputs))).toEqual(new Set(Object.keys(ours)));
    for (const name of ['boxes', 'scores', 'valid', 'masks'] as const) {
      const { shape, dtype, values } = outputs[name]!;
      expect([name, dtype, ...shape]).toEqual([name, 'float32', ...ours[name].shape]);
      expectClose(values, ours[name].dataSync(), { absolute: 1e-5, relative: 1e-5 });
    }
  });
});
