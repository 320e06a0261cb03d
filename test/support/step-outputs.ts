import { tf } from '../../src/system/tensorflow.ts';
import { packStepFigures, type StepOutputs } from '../../src/train/engine/step-figures.ts';

/** Outputs of a step of which all losses are `loss`, with one part, `backbone`. */
export function stepOutputs(loss: number, gradientNorm: number, applied = true): StepOutputs {
  return tf.tidy(() => {
    const [same, norm] = [tf.scalar(loss), tf.scalar(gradientNorm)];
    const losses = { objectness: same, rpnBox: same, class: same, box: same, focal: same, dice: same };
    return packStepFigures(
      { ...losses, total: same },
      {
        gradients: { all: norm, byGroup: new Map([['backbone', norm]]) },
        ratios: new Map([['backbone', tf.scalar(0.001)]]),
        applied: tf.scalar(applied ? 1 : 0),
      },
    );
  });
}
