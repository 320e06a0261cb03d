import { describe, it } from 'vitest';
import { clipByGlobalNorm } from '../../../src/graph/optimizers/clip.ts';
import { globalNorm } from '../../../src/graph/optimizers/norms.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { engines } from '../../support/engines.ts';
import { golden } from '../../support/golden-torch.ts';
import { expectClose, expectNoLeak } from '../../support/tensors.ts';

const MAX_NORM = 1.5;

function clip(gradients: Record<string, tf.Tensor>) {
  const byName = new Map(Object.entries(gradients));
  const norm = globalNorm(byName);
  return { norm, clipped: Object.fromEntries(clipByGlobalNorm(byName, norm, MAX_NORM)) };
}

function gradientsOf(values: readonly (readonly number[])[]) {
  return Object.fromEntries(values.map((each, i) => [`w${i}`, tf.tensor1d([...each])]));
}

describe.each(engines)('clipByGlobalNorm, $name', (engine) => {
  const start = async (values: readonly (readonly number[])[]) => {
    const inputs = gradientsOf(values);
    const { run } = await engine.start(clip, inputs, new Map());
    return run(inputs);
  };

  it('scales as PyTorch’s clip_grad_norm_', async () => {
    const { norm, clipped } = await start(golden.clip.gradients);
    expectClose(norm, golden.clip.norm);
    golden.clip.clipped.forEach((expected, i) => {
      expectClose(clipped[`w${i}`]!, expected);
    });
  });

  it('leaves gradients as they are up to the norm', async () => {
    const { norm, clipped } = await start([[0.9, -1.2], [0]]);
    expectClose(norm, MAX_NORM);
    expectClose(clipped.w0!, [0.9, -1.2]);
    expectClose(clipped.w1!, [0]);
  });

  it('leaves zeros as they are', async () => {
    const { norm, clipped } = await start([[0, 0], [0]]);
    expectClose(norm, 0);
    expectClose(clipped.w0!, [0, 0]);
  });

  it('keeps the direction of a large gradient', async () => {
    const { norm, clipped } = await start([[3e10], [-4e10]]);
    expectClose(norm, 5e10);
    expectClose(clipped.w0!, [0.9]);
    expectClose(clipped.w1!, [-1.2]);
  });
});

describe('globalNorm', () => {
  it('frees what it makes', () => {
    const gradients = new Map(Object.entries(gradientsOf([[3, 4], [12]])));
    expectNoLeak(() => globalNorm(gradients));
  });
});
