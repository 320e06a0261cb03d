/** Our model on torchvision's weights and a golden file's image, held against torchvision's outputs. */
import { createMaskRcnn } from '../../src/model/mask-rcnn.ts';
import { importTensors } from '../../src/model/pretrained/import-weights.ts';
import type { Weights } from '../../src/model/weights.ts';
import type { Params } from '../../src/params/schema.ts';
import { UserError } from '../../src/system/errors.ts';
import type { Row } from './compare.ts';
import { compareAll } from './compare-all.ts';
import { matchedKeyFaults } from './keys.ts';
import { torchvisionParams } from './params.ts';
import { type Inputs, type Outputs, runModel } from './pieces.ts';
import type { Golden } from './read.ts';
import { regenerateStateDict } from './weights.ts';

/** @returns a row for each key of the file and each that it should have, but for the image */
export async function checkGolden({ image, fit, detections, tensors }: Golden): Promise<Row[]> {
  const params = await torchvisionParams(detections);
  const faults = matchedKeyFaults(tensors);
  const usable = (key: string) => (faults.has(key) ? null : tensors.get(key)!.values);
  const ours = runOnTorchvisionWeights(params, {
    image,
    fit,
    proposals: usable('proposals'),
    detectionBoxes: usable('det.boxes'),
  });
  return compareAll(tensors, ours, params.model.detection.score_threshold);
}

function runOnTorchvisionWeights(params: Params, inputs: Inputs): Outputs {
  const { canvas, resized } = inputs.fit;
  const model = createMaskRcnn(params, { height: canvas[0], width: canvas[1], clip: resized });
  try {
    importAll(model.weights);
    return runModel(model, params.model, inputs);
  } finally {
    model.dispose();
  }
}

/** @throws UserError when a weight of the model has no tensor, or a tensor no weight */
function importAll(weights: Weights): void {
  const { missing, remade, unused } = importTensors(regenerateStateDict(), weights, { minMatched: 1 });
  const left = [...missing, ...remade.map(({ name }) => name), ...unused];
  if (left.length === 0) return;
  throw new UserError(
    `The import of torchvision's weights must use all of them for all of ours, it left out ${left.join(', ')}`,
  );
}
