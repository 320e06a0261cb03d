/**
 * What runs the steps: TensorFlow op by op, or one graph for each. One line chooses.
 */
import type { BatchShape } from '../data/host-batch.ts';
import { compileProgram, type ProgramOrigin } from '../graph/program.ts';
import { graphCache } from '../model/graph-cache.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { createTrainStep, disposeStepInputs, exampleStepInputs, type TrainStep } from './step.ts';
import type { WeightUpdate } from './update.ts';
import { createValidationStep, type ValidationStep } from './validation-step.ts';

/** The steps of a run and the state that they change. */
export interface Engine {
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

/** @param update of the model's weights */
export async function createEngine(
  model: MaskRcnn,
  update: WeightUpdate,
  shape: BatchShape,
  params: Params,
): Promise<Engine> {
  const train = createTrainStep(model, update, params);
  const validate = createValidationStep(model, update, params);
  return params.train.compile
    ? compileEngine({ train, validate }, { model, update, shape }, params)
    : { train, validate, fetchAverages: () => {}, fetchWeights: () => {}, origin: null, dispose: () => {} };
}

async function compileEngine(
  { train, validate }: Pick<Engine, 'train' | 'validate'>,
  { model, update, shape }: { model: MaskRcnn; update: WeightUpdate; shape: BatchShape },
  params: Params,
): Promise<Engine> {
  const { precision, xla } = params.train;
  const inputs = exampleStepInputs(shape);
  const { batch, seed } = inputs;
  const program = await compileProgram(
    {
      train: { fn: train, exampleInputs: inputs, precision },
      validate: { fn: validate, exampleInputs: { batch, seed }, precision },
    },
    {
      state: new Map([...model.weights.variables, ...update.state]),
      constants: [model.anchors.boxes],
      session: xla ? { xla: 'on' } : {},
      cache: graphCache(params, { multiples: [...update.multiples] }),
    },
  ).finally(() => disposeStepInputs(inputs));
  const names = new Map(
    [...model.weights.variables, ...update.state].map(([name, variable]) => [variable, name]),
  );
  const averages = new Map([...update.averages.values()].map((variable) => [names.get(variable)!, variable]));
  return {
    ...program.functions,
    fetchAverages: () => program.state.copyTo(averages),
    fetchWeights: () => program.state.copyTo(model.weights.variables),
    origin: program.origin,
    dispose: program.dispose,
  };
}
