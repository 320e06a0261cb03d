import { describe, expect, it } from 'vitest';
import { outOfMemoryError as inferenceError } from '../../../src/inference/out-of-memory.ts';
import { UserError } from '../../../src/system/errors.ts';
import { outOfMemoryError } from '../../../src/train/memory/out-of-memory.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const error = new Error('Session fail to run with error: OOM when allocating tensor with shape[8]\n\t [[x]]');

function params(batch_size: number, when_out: 'stop' | 'halve') {
  const all = tinyParams();
  Object.assign(all.train, { batch_size, accumulation_steps: 3 });
  all.train.memory.when_out = when_out;
  return all;
}

describe('outOfMemoryError', () => {
  it('advises the same updates from smaller batches', () => {
    const told = outOfMemoryError(error, params(8, 'stop'));
    expect(told).toBeInstanceOf(UserError);
    expect(told.cause).toBe(error);
    expect(told.message).toBe(
      'Out of memory in training with train.batch_size 8 (OOM when allocating tensor with shape[8]); ' +
        'train.memory.when_out=halve goes on from the last checkpoint with half the batch; ' +
        'train.batch_size=4 with train.accumulation_steps=6 makes updates of as many images in a run that begins anew; ' +
        'else lower data.image_size (64), model.roi.samples (16) or model.roi.mask_samples (4)',
    );
  });

  it('advises neither halving that is on, nor where nothing can be halved', () => {
    expect(outOfMemoryError(error, params(8, 'halve')).message).not.toContain('when_out');
    const { message } = outOfMemoryError(error, params(1, 'stop'));
    expect(message).not.toMatch(/halve|accumulation/);
    expect(message).toContain('; else lower data.image_size (64)');
  });
});

describe("inference's outOfMemoryError", () => {
  it('names what inference uses', () => {
    expect(inferenceError(error, params(8, 'stop')).message).toBe(
      'Out of memory in inference with train.batch_size 8 (OOM when allocating tensor with shape[8]); lower that, on which no ' +
        'result depends, else data.image_size (64), model.rpn.post_nms_top_k (16) or model.detection.max_detections (8)',
    );
  });
});
