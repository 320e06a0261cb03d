/**
 * What runs the steps: TensorFlow op by op, or one graph for each. One line chooses.
 */
import { type BatchShape, trainingSizes } from '../../data/host-batch.ts';
import { compileProgram, type ProgramFunction, type ProgramOrigin } from '../../graph/program.ts';
import { graphCache } from '../../model/graph-cache.ts';
import { type MaskRcnn, squareCanvas } from '../../model/mask-rcnn.ts';
import type { Params } from '../../params/schema.ts';
import type { tf } from '../../system/tensorflow.ts';
import { compiledState, type EngineState, eagerState } from './engine-state.ts';
import {
  createTrainStep,
  disposeStepInputs,
  exampleStepInputs,
  type StepInputs,
  type TrainStep,
} from './step.ts';
import type { StepOutputs } from './step-figures.ts';
import type { WeightUpdate } from './update.ts';
import {
  createValidationStep,
  type ValidationInputs,
  type ValidationOutputs,
  type ValidationStep,
} from './validation-step.ts';

/** The steps of a run and the state that they change. */
export interface Engine extends EngineState {
  train: TrainStep;
  validate: ValidationStep;
  /** Copies the state as it is now into the variables of `update.averages`, with which the model is saved. */
  fetchAverages(): void;
  /** Copies the weights as they are now into the model's variables, with which training can go on elsewhere. */
  fetchWeights(): void;
  /** How the graphs came to be; null op by op. */
  origin: ProgramOrigin | null;
  dispose(): void;
}

/**
 * Training takes batches of each of the params' sizes, validation those of `shape`; all of them read and change the same
 * state.
 * @param update of the model's weights
 */
export async function createEngine(
  model: MaskRcnn,
  update: WeightUpdate,
  shape: BatchShape,
  params: Params,
): Promise<Engine> {
  const sizes = trainingSizes(params);
  const views = new Map(sizes.map((size) => [size, model.onCanvas(squareCanvas(size))]));
  const dispose = () => {
    for (const view of views.values()) view.dispose();
  };
  const steps = {
    train: new Map([...views].map(([size, view]) => [size, createTrainStep(view, update, params)])),
    validate: createValidationStep(model, update, params),
  };
  try {
    return params.train.compile
      ? await compileEngine(steps, { model, views, update, shape, dispose }, params)
      : eagerEngine(steps, { model, update, dispose });
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The training steps by the side of their images in pixels. */
type SizedSteps = ReadonlyMap<number, TrainStep>;

interface Steps {
  train: SizedSteps;
  validate: ValidationStep;
}

/** What the steps work on. */
interface Means {
  model: MaskRcnn;
  /** The model on the canvas of each training step. */
  views: ReadonlyMap<number, MaskRcnn>;
  update: WeightUpdate;
  /** Of the validation's batches. */
  shape: BatchShape;
  /** Frees the views. */
  dispose: () => void;
}

function eagerEngine(
  { train, validate }: Steps,
  { model, update, dispose }: Pick<Means, 'model' | 'update' | 'dispose'>,
): Engine {
  return {
    train: bySize(train),
    validate,
    ...eagerState(variablesOf(model, update)),
    fetchAverages: () => {},
    fetchWeights: () => {},
    origin: null,
    dispose,
  };
}

/** A training step for each size, by its side in pixels, and the validation. */
type StepFunctions = {
  [name: `train${number}`]: ProgramFunction<StepInputs, StepOutputs>;
  validate: ProgramFunction<ValidationInputs, ValidationOutputs>;
};

async function compileEngine(
  { train, validate }: Steps,
  { model, views, update, shape, dispose }: Means,
  params: Params,
): Promise<Engine> {
  const { precision, xla } = params.train;
  const variables = variablesOf(model, update);
  const examples = [...train.keys()].map((size) => exampleStepInputs({ ...shape, imageSize: size }));
  const validated = exampleStepInputs(shape);
  const { batch, seed } = validated;
  const functions: StepFunctions = {
    validate: { fn: validate, exampleInputs: { batch, seed }, precision },
  };
  for (const [i, [size, fn]] of [...train].entries()) {
    functions[`train${size}`] = { fn, exampleInputs: examples[i]!, precision };
  }
  const program = await compileProgram(functions, {
    state: variables,
    constants: [model, ...views.values()].map(({ anchors }) => anchors.boxes),
    session: xla ? { xla: 'on' } : {},
    cache: graphCache(params, { multiples: [...update.multiples] }),
  }).finally(() => {
    for (const inputs of [...examples, validated]) disposeStepInputs(inputs);
  });
  const names = new Map([...variables].map(([name, variable]) => [variable, name]));
  const averages = new Map([...update.averages.values()].map((variable) => [names.get(variable)!, variable]));
  const compiled = [...train.keys()].map((size) => [size, program.functions[`train${size}`]!] as const);
  return {
    train: bySize(new Map(compiled)),
    validate: program.functions.validate,
    ...compiledState(program.state, variables),
    fetchAverages: () => program.state.copyTo(averages),
    fetchWeights: () => program.state.copyTo(model.weights.variables),
    origin: program.origin,
    dispose: () => {
      program.dispose();
      dispose();
    },
  };
}

/** One step for all sizes: the batch says which. */
function bySize(steps: SizedSteps): TrainStep {
  return (inputs) => {
    const size = inputs.batch.images.shape[1];
    const step = steps.get(size);
    if (!step) {
      throw new RangeError(`train: expected images of ${[...steps.keys()].join(' or ')} pixels, got ${size}`);
    }
    return step(inputs);
  };
}

/** All that the steps read or change, by name. */
function variablesOf(model: MaskRcnn, update: WeightUpdate): ReadonlyMap<string, tf.Variable> {
  return new Map([...model.weights.variables, ...update.state]);
}
