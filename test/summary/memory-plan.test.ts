import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { type MemoryPlan, needsOf, planMemory } from '../../src/summary/memory-plan.ts';
import { largestParts, memoryLine, memoryTable } from '../../src/summary/memory-text.ts';
import type { ByPart } from '../../src/summary/parts.ts';
import { atBatch, type PhaseMemory } from '../../src/summary/phase-memory.ts';
import { tinyParams } from '../support/tiny-model.ts';

const MB = 1e6;
const MEBIBYTE = 2 ** 20;

/** @param sizes megabytes of backbone, fpn, rpn, box, mask and other */
function byPart(...sizes: number[]): ByPart {
  const [backbone = 0, fpn = 0, rpn = 0, box = 0, mask = 0, other = 0] = sizes.map((size) => size * MB);
  return { backbone, fpn, rpn, box, mask, other, total: backbone + fpn + rpn + box + mask + other };
}

const freeze: PhaseMemory = {
  phase: 'freeze',
  weights: byPart(40, 10),
  optimizer: byPart(0, 20),
  values: byPart(100, 20, 4, 8, 40, 28),
  validation: byPart(20, 20, 0, 0, 160),
};
const fineTune: PhaseMemory = { ...freeze, phase: 'fine_tune', optimizer: byPart(80, 20) };

/** 2 images of 64 px with 6 buildings of 28 px, two workers: three batches, of two aligned words and five arrays. */
function params() {
  const all = tinyParams();
  all.data.workers = 2;
  return all;
}
const aligned = (bytes: number) => 64 * Math.ceil(bytes / 64);
const BATCH =
  aligned(12) + [64 * 64 * 3, 6 * 4, 6 * 28 * 28, 6, 1].reduce((sum, n) => sum + aligned(2 * 4 * n), 0);

const plan = planMemory([freeze, fineTune], params());

describe('planMemory', () => {
  it('adds up what the phase takes that takes most', () => {
    expect(plan).toEqual({
      phase: 'fine_tune',
      device: 'cpu',
      batch_size: 2,
      image_size: 64,
      weights: 3 * 50 * MB,
      optimizer: 3 * 100 * MB,
      values: {
        backbone: (0.75 * 100 + 20) * MB,
        fpn: (0.75 * 20 + 20) * MB,
        rpn: 0.75 * 4 * MB,
        box: 0.75 * 8 * MB,
        mask: (0.75 * 40 + 160) * MB,
        other: 0.75 * 28 * MB,
        total: expect.closeTo((0.75 * 200 + 200) * MB, 0),
      },
      batches: 3 * BATCH,
      runtime: (300 + 2 * 25) * MEBIBYTE,
      total: expect.closeTo((150 + 300 + 350) * MB + 3 * BATCH + 350 * MEBIBYTE, 0),
    });
    expect(planMemory([fineTune, freeze], params())).toEqual(plan);
  });

  it('makes as many batches ahead as the loader, in the largest size', () => {
    const other = params();
    other.data.workers = 4;
    other.train.image_sizes = [32, 96];
    const { batches, image_size, runtime } = planMemory([freeze], other);
    const larger = BATCH + aligned(2 * 4 * 96 * 96 * 3) - aligned(2 * 4 * 64 * 64 * 3);
    expect([image_size, batches, runtime]).toEqual([96, 5 * larger, (300 + 4 * 25) * MEBIBYTE]);
    other.data.workers = null;
    const threads = Math.max(1, Math.min(8, availableParallelism() - 1));
    expect(planMemory([freeze], other).runtime).toBe((300 + threads * 25) * MEBIBYTE);
  });

  it('puts no more than one copy on a GPU, and batches into the memory of the machine', () => {
    const onGpu = planMemory([fineTune], params(), 'gpu');
    expect(needsOf(onGpu)).toEqual({
      machine: 3 * BATCH + 350 * MEBIBYTE,
      gpu: expect.closeTo((50 + 100 + 350) * MB, 0),
    });
    expect(needsOf(plan)).toEqual({ machine: plan.total, gpu: 0 });
  });
});

describe('atBatch', () => {
  it('goes along a straight line, beyond both ends, too', () => {
    const small = { batch: 2, phases: [freeze] };
    const large = { batch: 4, phases: [{ ...freeze, values: byPart(160, 20), validation: byPart(20, 30) }] };
    const [at] = atBatch(8, small, large);
    expect(at!.values).toEqual(byPart(160 + 2 * 60, 20, 0, 0, 0, 0));
    expect(at!.validation).toEqual(byPart(20, 30 + 2 * 10, 0, 0, 0, 0));
    expect([at!.phase, at!.weights, at!.optimizer]).toEqual(['freeze', freeze.weights, freeze.optimizer]);
    expect(atBatch(2, small, large)).toEqual([freeze]);
  });
});

describe('the text', () => {
  const round: MemoryPlan = { ...plan, batches: 2 * MB, runtime: 400 * MB, total: 1202 * MB };

  it('is a line where all is well', () => {
    expect(memoryLine(round)).toBe(
      'Memory: about 1.20 GB: weights 150 MB, optimizer 300 MB, values of the steps 350 MB, batches made ahead 2.0 MB, ' +
        'TensorFlow and Node 400 MB',
    );
  });

  it('is a table that adds up', () => {
    const lines = memoryTable(round);
    expect(lines[0]).toBe('Plan of memory for fine-tune, batches of 2 images of 64 x 64 pixels:');
    expect(lines.slice(1).map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['weights', '150 MB'],
      ['optimizer, averages', '300 MB'],
      ['values of backbone', '95 MB'],
      ['values of feature pyramid (FPN)', '35 MB'],
      ['values of region proposals (RPN)', '3.0 MB'],
      ['values of box head with RoIAlign', '6.0 MB'],
      ['values of mask head with RoIAlign', '190 MB'],
      ['values of the rest', '21 MB'],
      ['batches made ahead', '2.0 MB'],
      ['TensorFlow and Node', '400 MB'],
      ['total', '1.20 GB'],
    ]);
    expect(new Set(lines.slice(1).map((line) => line.length)).size).toBe(1);
  });

  it('names the largest parts and the params behind them', () => {
    expect(largestParts(round, params(), 2)).toEqual([
      'optimizer, averages 300 MB (train.optimizer adamw)',
      'values of mask head with RoIAlign 190 MB (model.roi.mask_samples 4, model.detection.max_detections 8)',
    ]);
  });
});
