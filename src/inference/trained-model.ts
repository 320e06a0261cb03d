import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadWeights } from '../model/checkpoint.ts';
import { createMaskRcnn, type MaskRcnn } from '../model/mask-rcnn.ts';
import { hashParams, readSavedParams } from '../params/saved-params.ts';
import type { Params } from '../params/schema.ts';
import { UsageError, UserError } from '../system/errors.ts';

/** A model that has been trained. */
export interface TrainedModel {
  model: MaskRcnn;
  file: string;
  /** Hash of the prepared data that it was trained on. */
  dataHash: string | undefined;
  /** 0-1, chosen in training, where F1 on valid is highest; null where the file has none: no detection was right. */
  scoreThreshold: number | null;
  /** What it was trained with. */
  params: Params;
}

/**
 * The best model of `runs/train`, for the params of now.
 * @throws UserError where there is none; UsageError naming the params that are not those it was trained with
 */
export async function openTrainedModel(params: Params): Promise<TrainedModel> {
  const folder = join(params.paths.runs, 'train');
  const file = join(folder, 'best.safetensors');
  const paramsFile = join(folder, 'params.yaml');
  await access(file).catch((error: unknown) => {
    throw new UserError(`There is no trained model at ${file}: run \`aerial train\` first`, { cause: error });
  });
  const trained = await readSavedParams(paramsFile);
  assertSameModel(params, trained, paramsFile);
  const model = createMaskRcnn(params);
  try {
    const metadata = await loadWeights(file, model.weights);
    if (metadata.params !== hashParams(trained)) {
      throw new UserError(
        `${file} and ${paramsFile} are not of the same training: run \`aerial train\` again`,
      );
    }
    const scoreThreshold = readThreshold(metadata.score_threshold);
    return { model, file, dataHash: metadata.data, scoreThreshold, params: trained };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function readThreshold(text: string | undefined): number | null {
  const score = Number.parseFloat(text ?? '');
  return score >= 0 && score <= 1 ? score : null;
}

/** `model.detection` and the proposals' numbers may change after training; all else shapes the network or its inputs. */
function assertSameModel(now: Params, trained: Params, file: string): void {
  const shaping = ({ model, data, train }: Params): Record<string, unknown> => ({
    'train.model_type': train.model_type,
    'data.image_size': data.image_size,
    ...(train.model_type === 'custom'
      ? { 'model.custom': model.custom }
      : { 'model.transfer': model.transfer }),
    'model.norm': model.norm,
    ...((train.model_type === 'custom' || model.norm === 'group') && {
      'model.group_norm_groups': model.group_norm_groups,
    }),
    'model.box_scale_clamp': model.box_scale_clamp,
    'model.fpn_channels': model.fpn_channels,
    'model.anchor_sizes': model.anchor_sizes,
    'model.anchor_ratios': model.anchor_ratios,
    'model.rpn.box_weights': model.rpn.box_weights,
    'model.roi.box_weights': model.roi.box_weights,
    'model.roi.sampling_ratio': model.roi.sampling_ratio,
    'model.roi.canonical_size': model.roi.canonical_size,
    'model.roi.box_size': model.roi.box_size,
    'model.roi.mask_size': model.roi.mask_size,
    'model.box_head_width': model.box_head_width,
    'model.mask_head_channels': model.mask_head_channels,
    'model.mask_head_layers': model.mask_head_layers,
  });
  const [wanted, given] = [shaping(now), shaping(trained)];
  const different = Object.keys(wanted).filter(
    (key) => key in given && !isDeepStrictEqual(wanted[key], given[key]),
  );
  if (different.length === 0) return;
  const list = different
    .map((key) => `${key} is ${show(wanted[key])}, trained with ${show(given[key])}`)
    .join('; ');
  throw new UsageError(
    `The params do not fit the trained model (${file}): ${list}; set them back or train again`,
  );
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
