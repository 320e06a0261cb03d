import { describe, expect, it } from 'vitest';
import { tf } from '../../../src/system/tensorflow.ts';
import { createUpdate, type UpdateParams } from '../../../src/train/engine/update.ts';
import { engines } from '../../support/engines.ts';
import { expectClose } from '../../support/tensors.ts';

/** Gradient descent, so that an update can be worked out by hand. */
const plain: UpdateParams = {
  optimizer: 'sgd',
  weight_decay: 0,
  momentum: 0,
  nesterov: false,
  beta2: 0.999,
  gradient_clip_norm: 1000,
  accumulation_steps: 1,
  ema_decay: null,
  precision: 'float32',
};

const BACKBONE = 'backbone.stem.kernel';
const SHIFT = 'backbone.stem.shift';
const RPN = 'rpn.bias';

/** What a batch brings. */
interface Given {
  kernel?: number[];
  shift?: number[];
  rpn?: number[];
  loss?: number;
  last?: boolean;
  step?: number;
}

const good: Required<Given> = {
  kernel: [0.6, 0.8],
  shift: [0, 0],
  rpn: [2, 0],
  loss: 1.5,
  last: true,
  step: 1,
};

function inputsOf(given: Given) {
  const { kernel, shift, rpn, loss, last, step } = { ...good, ...given };
  const gradients = {
    [BACKBONE]: tf.tensor2d([kernel]),
    [SHIFT]: tf.tensor1d(shift),
    [RPN]: tf.tensor1d(rpn),
  };
  const numbers = { loss: tf.scalar(loss), learningRate: tf.scalar(0.1), step: tf.scalar(step) };
  return { gradients, last: tf.scalar(last, 'bool') as tf.Tensor, ...numbers };
}

/** An update of three small weights, ready to be called batch by batch. */
async function start(
  engine: (typeof engines)[number],
  options: Partial<UpdateParams>,
  learning = [BACKBONE, SHIFT, RPN],
) {
  const weights = new Map<string, tf.Variable>([
    [BACKBONE, tf.variable(tf.tensor2d([[3, 4]]))],
    [SHIFT, tf.variable(tf.tensor1d([0, 0]))],
    [RPN, tf.variable(tf.tensor1d([0, 2]))],
  ]);
  const update = createUpdate(weights, { ...plain, ...options }, new Map(learning.map((name) => [name, 1])));
  const step = ({ gradients, ...inputs }: ReturnType<typeof inputsOf>) => {
    const learned = new Map(Object.entries(gradients).filter(([name]) => update.learning.has(name)));
    const figures = update.apply(learned, inputs);
    return {
      norm: figures.gradients.all,
      norms: Object.fromEntries(figures.gradients.byGroup),
      ratios: Object.fromEntries(figures.ratios),
      applied: figures.applied,
    };
  };
  const state = new Map([...weights, ...update.state]);
  const { run, read } = await engine.start(step, inputsOf({}), state);
  const numbers = (tensors: Record<string, tf.Tensor>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync()[0]!]));
  return {
    read,
    /** The next batch. */
    give: (given: Given = {}) => {
      const { norms, ratios, ...rest } = run(inputsOf(given));
      return {
        ...(numbers(rest) as { norm: number; applied: number }),
        norms: numbers(norms),
        ratios: numbers(ratios),
      };
    },
    /** The bits of each variable: NaN and -0 are told apart from what they are not. */
    bits: () =>
      Object.fromEntries(
        [...state.keys()].map((name) => [name, [...new Uint32Array(Float32Array.from(read(name)).buffer)]]),
      ),
  };
}

describe.each(engines)('createUpdate, $name', (engine) => {
  it('reports norms and update ratios by part', async () => {
    const { give, read } = await start(engine, {});
    const { norm, norms, ratios, applied } = give();
    // |[0.6, 0.8]| = 1, |[2, 0]| = 2; a tenth of it moves weights of the lengths 5 and 2.
    expectClose([norm, norms.backbone!, norms.rpn!], [Math.sqrt(5), 1, 2]);
    expectClose([ratios.backbone!, ratios.rpn!], [0.02, 0.1]);
    expect(Object.keys(ratios)).toEqual(['backbone', 'rpn']);
    expect(applied).toBe(1);
    expectClose(read(BACKBONE), [2.94, 3.92]);
    expectClose(read(RPN), [-0.2, 2]);
  });
  it('takes a part together from all of its weights', async () => {
    const { give } = await start(engine, {});
    const { norms, ratios } = give({ kernel: [3, 0], shift: [0, -4] });
    expectClose([norms.backbone!, ratios.backbone!], [5, 0.1]);
  });
  it('says the norm before clipping and how far the weights went after it', async () => {
    const { give } = await start(engine, { gradient_clip_norm: Math.sqrt(5) / 4 });
    const { norm, norms, ratios } = give();
    expectClose([norm, norms.rpn!], [Math.sqrt(5), 2]);
    expectClose([ratios.backbone!, ratios.rpn!], [0.02 / 4, 0.1 / 4]);
  });
  it('counts weight decay as movement, too, but for norms and biases', async () => {
    const { give } = await start(engine, { optimizer: 'adamw', momentum: 0.9, weight_decay: 0.5 });
    const { ratios } = give({ kernel: [0, 0], rpn: [0, 0] });
    // 0.1 · 0.5 of the kernel, nothing of the bias.
    expectClose([ratios.backbone!, ratios.rpn!], [0.05, 0]);
  });
  it('knows only parts that learn', async () => {
    const { give } = await start(engine, {}, [RPN]);
    const { norm, norms, ratios } = give();
    expect(norms).toEqual({ rpn: 2 });
    expectClose([norm, ratios.rpn!], [2, 0.1]);
    expect(Object.keys(ratios)).toEqual(['rpn']);
  });
  it('takes some rows of large weights for all', async () => {
    const weights = new Map<string, tf.Variable>([
      ['box.fc1.kernel', tf.variable(tf.ones([600, 128]))],
      ['box.fc1.bias', tf.variable(tf.tensor1d([100]))],
      ['mask.kernel', tf.variable(tf.randomNormal([3, 3, 128, 96], 0, 1, 'float32', 1))],
    ]);
    const gradients = {
      'box.fc1.kernel': tf.ones([600, 128]),
      'box.fc1.bias': tf.tensor1d([50]),
      'mask.kernel': tf.randomNormal([3, 3, 128, 96], 0, 1, 'float32', 2),
    };
    const update = createUpdate(weights, plain);
    const numbers = { loss: tf.scalar(1), learningRate: tf.scalar(0.1), step: tf.scalar(1) };
    const inputs = { gradients, last: tf.scalar(true, 'bool') as tf.Tensor, ...numbers };
    const step = ({ gradients, ...rest }: typeof inputs) =>
      Object.fromEntries(update.apply(new Map(Object.entries(gradients)), rest).ratios);
    const { run } = await engine.start(step, inputs, new Map([...weights, ...update.state]));
    const { box, mask } = run(inputs) as Record<string, tf.Tensor>;
    // 76,800 ones moved by 0.1 and 100 moved by 5: √((768 + 25) / (76,800 + 10,000)).
    expectClose(box!, 0.0955824);
    // Both have a deviation of 1.
    expect(Math.abs(mask!.dataSync()[0]! / 0.1 - 1)).toBeLessThan(0.03);
  });
  it('has a ratio of 0 for weights that are all zero', async () => {
    const { give } = await start(engine, {}, [SHIFT]);
    expect(give({ shift: [1, 0] })).toMatchObject({ ratios: { backbone: 0 }, applied: 1 });
  });
  it('changes nothing before the last batch, and reports that batch by batch', async () => {
    const { give, read } = await start(engine, { accumulation_steps: 2 });
    expect(give({ last: false })).toMatchObject({ applied: 0, ratios: { backbone: 0, rpn: 0 } });
    expect(read(BACKBONE)).toEqual([3, 4]);
    const second = give({ rpn: [4, 0] });
    // The norm is that of the batch, the movement that of the mean of both.
    expectClose([second.norms.rpn!, second.ratios.rpn!], [4, 0.15]);
    expect(second.applied).toBe(1);
  });
});

const recipes: [string, Partial<UpdateParams>][] = [
  ['sgd', { momentum: 0.9 }],
  ['sgd with Nesterov’s momentum', { momentum: 0.9, nesterov: true, weight_decay: 0.01 }],
  ['adamw', { optimizer: 'adamw', momentum: 0.9, weight_decay: 0.05 }],
  ['adamw with averages', { optimizer: 'adamw', momentum: 0.9, ema_decay: 0.9 }],
  ['accumulation', { momentum: 0.9, accumulation_steps: 3, ema_decay: 0.9 }],
  ['accumulation in adamw', { optimizer: 'adamw', momentum: 0.9, accumulation_steps: 3 }],
];

const wrongs: [string, Given][] = [
  ['NaN in a gradient', { kernel: [Number.NaN, 0] }],
  ['an infinite gradient', { rpn: [0, Number.POSITIVE_INFINITY] }],
  ['infinite gradients of both signs', { rpn: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }],
  ['a gradient whose square overflows', { rpn: [3e38, 0] }],
  ['a loss that is NaN with a finite gradient', { loss: Number.NaN }],
  ['an infinite loss with a finite gradient', { loss: Number.NEGATIVE_INFINITY }],
];

describe.each(engines)('an update of numbers that are not finite, $name', (engine) => {
  it.each(recipes)('leaves every variable as it was, bit by bit: %s', async (_, recipe) => {
    const [run, spared] = [await start(engine, recipe), await start(engine, recipe)];
    const together = recipe.accumulation_steps ?? 1;
    const group = (one: typeof run, step: number, bad: Given = {}, badAt = -1) =>
      Array.from({ length: together }, (_, i) =>
        one.give({ kernel: [i, 0.5], ...(i === badAt && bad), last: i === together - 1, step }),
      );
    group(run, 1);
    group(spared, 1);
    const before = run.bits();
    expect(before).toEqual(spared.bits());
    for (const [what, bad] of wrongs) {
      for (let badAt = 0; badAt < together; badAt++) {
        const figures = group(run, 2, bad, badAt);
        expect([what, badAt, run.bits()]).toEqual([what, badAt, before]);
        expect(figures.map(({ applied }) => applied)).toEqual(figures.map(() => 0));
        expect(figures.at(-1)!.ratios).toEqual({ backbone: 0, rpn: 0 });
      }
    }
    // It goes on as if there had been nothing.
    expect(group(run, 2).at(-1)).toMatchObject({ applied: 1 });
    group(spared, 2);
    expect(run.bits()).toEqual(spared.bits());
    expect(run.bits()).not.toEqual(before);
  });
  it('is reported as it is', async () => {
    const { give } = await start(engine, {});
    expect(give({ rpn: [0, Number.POSITIVE_INFINITY] })).toMatchObject({
      norm: Number.POSITIVE_INFINITY,
      norms: { backbone: 1, rpn: Number.POSITIVE_INFINITY },
      applied: 0,
    });
    expect(give({ kernel: [Number.NaN, 0] })).toMatchObject({
      norm: Number.NaN,
      norms: { backbone: Number.NaN, rpn: 2 },
    });
  });
});

describe.each(engines)('createUpdate in float16, $name', (engine) => {
  const SCALE = 65_536;
  /** As it comes from a scaled loss. */
  const scaled = (given: Given): Given => {
    const { kernel, rpn } = { ...good, ...given };
    return { ...given, kernel: kernel.map((value) => value * SCALE), rpn: rpn.map((value) => value * SCALE) };
  };
  const scaleOf = ({ read }: { read: (name: string) => number[] }) =>
    ['scale', 'finite-steps'].map((name) => read(`loss-scale/${name}`)[0]!);
  const without = (bits: Record<string, number[]>) =>
    Object.fromEntries(Object.entries(bits).filter(([name]) => !name.startsWith('loss-scale/')));

  it('reports norms without the scale', async () => {
    const { give } = await start(engine, { precision: 'float16' });
    const { norm, ratios } = give(scaled({}));
    expectClose([norm, ratios.backbone!, ratios.rpn!], [Math.sqrt(5), 0.02, 0.1]);
  });
  it('halves the scale after an overflow and changes nothing else', async () => {
    const run = await start(engine, { precision: 'float16', momentum: 0.9, ema_decay: 0.9 });
    run.give(scaled({}));
    expect(scaleOf(run)).toEqual([SCALE, 1]);
    const before = without(run.bits());
    expect(run.give({ rpn: [Number.POSITIVE_INFINITY, 0] }).applied).toBe(0);
    expect(without(run.bits())).toEqual(before);
    expect(scaleOf(run)).toEqual([SCALE / 2, 0]);
  });
  it('does so at the end of a group of which one batch overflowed', async () => {
    const run = await start(engine, { precision: 'float16', accumulation_steps: 2 });
    const before = without(run.bits());
    run.give({ rpn: [Number.POSITIVE_INFINITY, 0], last: false });
    expect(scaleOf(run)).toEqual([SCALE, 0]);
    expect(run.give(scaled({})).applied).toBe(0);
    expect(without(run.bits())).toEqual(before);
    expect(scaleOf(run)).toEqual([SCALE / 2, 0]);
  });
  it('makes no update of a loss that is not finite, which says nothing of the scale', async () => {
    const run = await start(engine, { precision: 'float16' });
    const before = without(run.bits());
    expect(run.give(scaled({ loss: Number.NaN })).applied).toBe(0);
    expect(without(run.bits())).toEqual(before);
    expect(scaleOf(run)).toEqual([SCALE, 1]);
  });
});
