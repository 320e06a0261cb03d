/**
 * The trained model as a SavedModel, to be used without this program: TensorFlow's own format, with the weights in it.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { saveFunction } from '../graph/save-function.ts';
import { extractFeatures } from '../model/features.ts';
import type { MaskRcnn } from '../model/mask-rcnn.ts';
import { type Predictions, predict } from '../model/predict.ts';
import type { Params } from '../params/schema.ts';
import { UsageError } from '../system/errors.ts';
import { assertWritable, explainDiskError } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { tf } from '../system/tensorflow.ts';
import { openTrainedModel } from './trained-model.ts';

/** What is exported where. */
export interface ExportOptions {
  /** Folder of the SavedModel: absent, empty, or an earlier one, which is replaced. */
  output: string;
  /** Images that go into one call, >= 1. */
  batchSize: number;
  log: Log;
  /** Aborted when the user stops the run. */
  signal: AbortSignal;
}

/** What was written. */
export interface ExportSummary {
  /** Of the SavedModel. */
  folder: string;
  bytes: number;
  /** The trained weights that are in it. */
  weights: string;
  precision: Params['inference']['precision'];
  /** Shapes by the names in `serving_default`. */
  inputs: Record<string, readonly number[]>;
  outputs: Record<string, readonly number[]>;
}

/** The one file of a SavedModel whose weights are constants, and what a killed export leaves beside it. */
const MODEL_FILE = 'saved_model.pb';
const OWN_FILE = /^saved_model\.pb(\.[0-9a-f]+\.part)?$/;

/**
 * Writes the best model of `runs/train` with the signature `serving_default`:
 * - `image`: uint8 [N, S, S, 3] RGB, S = `data.image_size`, the image at the top left and black elsewhere
 * - `boxes`: [N, D, 4] [y1, x1, y2, x2] pixels of that square; `scores` and `valid`: [N, D];
 *   `masks`: [N, D, M, M] probabilities in the frame of each box; all float32, D = `model.detection.max_detections`
 *
 * Convolutions and matrix products run in `inference.precision`.
 * @throws UserError where there is no trained model or the folder cannot be written; UsageError where the folder holds
 *   something else, or the params are not those of the training; the signal's reason when it is aborted
 */
export async function exportModel(
  params: Params,
  { output, batchSize, log, signal }: ExportOptions,
): Promise<ExportSummary> {
  await assertOwnFolder(output);
  const { model, file } = await openTrainedModel(params);
  try {
    await assertWritable(output);
    signal.throwIfAborted();
    const { height, width } = model.canvas;
    log.info(`Exporting ${file} for ${batchSize} x ${height} x ${width} pixels to ${output}`);
    const shapes = await saveModel(output, model, { params, batchSize });
    const { size: bytes } = await stat(join(output, MODEL_FILE));
    return { folder: output, bytes, weights: file, precision: params.inference.precision, ...shapes };
  } catch (error) {
    throw explainDiskError(error, output);
  } finally {
    model.dispose();
  }
}

/**
 * Writes any model, its weights as they are now; what `exportModel` does with the trained one.
 * @returns shapes by the names in the signature
 */
export async function saveModel(
  folder: string,
  model: MaskRcnn,
  { params, batchSize }: { params: Params; batchSize: number },
): ReturnType<typeof saveFunction> {
  const fn = ({ image }: { image: tf.Tensor4D }): Predictions =>
    tf.tidy(() => predict(model, extractFeatures(model, image.div(255), params.model), params.model));
  const { height, width } = model.canvas;
  const example = tf.zeros<tf.Rank.R4>([batchSize, height, width, 3]);
  try {
    return await saveFunction(
      folder,
      fn,
      { image: example },
      {
        constants: [...model.weights.variables.values(), model.anchors.boxes],
        inputTypes: { image: 'uint8' },
        precision: params.inference.precision,
      },
    );
  } finally {
    example.dispose();
  }
}

/** A slip on the command line must not mix a model into somebody's files. */
async function assertOwnFolder(folder: string): Promise<void> {
  const other = (await namesIn(folder)).find((name) => !OWN_FILE.test(name));
  if (other === undefined) return;
  throw new UsageError(
    `--output ${folder} holds what is no export, e.g. ${other}; expected a new or empty folder, or an earlier export`,
  );
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const reason = code === 'ENOTDIR' ? 'it is, or lies in, a file' : message;
    throw new UsageError(`Cannot write to --output ${folder}: ${reason}; choose another folder`, {
      cause: error,
    });
  }
}

/** Lines for people. */
export function formatExportSummary({
  folder,
  bytes,
  weights,
  precision,
  inputs,
  outputs,
}: ExportSummary): string {
  const list = (tensors: ExportSummary['inputs']) =>
    Object.entries(tensors)
      .map(([name, shape]) => `${name} [${shape.join(', ')}]`)
      .join(', ');
  return [
    `${weights} as a SavedModel (${(bytes / 1e6).toFixed(1)} MB, ${precision}) in ${folder}`,
    `  serving_default: ${list(inputs)} uint8 → ${list(outputs)}`,
  ].join('\n');
}
