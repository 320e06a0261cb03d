/**
 * A model's weights as a file.
 */

import { UserError } from '../system/errors.ts';
import { printable } from '../system/printable.ts';
import { type HostTensor, readSafetensors, writeSafetensors } from './safetensors.ts';
import { setValues, type Weights } from './weights.ts';

/** Writes weights by name, aside first. @param metadata strings kept in the file */
export async function saveWeights(
  path: string,
  weights: Pick<Weights, 'variables'>,
  metadata: Record<string, string>,
): Promise<void> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, variable] of weights.variables) {
    tensors.set(name, { shape: variable.shape, values: (await variable.data()) as Float32Array });
  }
  await writeSafetensors(path, { tensors, metadata });
}

/**
 * Sets every weight from a file.
 * @throws UserError naming the first weights that are missing, left over, of another shape or not finite; nothing is
 *   changed then
 */
export async function loadWeights(path: string, weights: Weights): Promise<Record<string, string>> {
  const { tensors, metadata } = await readSafetensors(path);
  const faults = [...misfits(tensors, weights)];
  if (faults.length > 0) {
    throw new UserError(
      `${path} does not fit the model of these params: ${faults.slice(0, 3).join('; ')}` +
        `${faults.length > 3 ? ` and ${faults.length - 3} more` : ''}; use the params that it was trained with`,
    );
  }
  setValues(weights, new Map([...tensors].map(([name, { values }]) => [name, values])));
  return metadata;
}

function* misfits(tensors: ReadonlyMap<string, HostTensor>, weights: Weights): Generator<string> {
  for (const [name, variable] of weights.variables) {
    const tensor = tensors.get(name);
    if (!tensor) yield `${name} is missing`;
    else if (tensor.shape.join() !== variable.shape.join()) {
      yield `${name} is [${tensor.shape.join(', ')}], expected [${variable.shape.join(', ')}]`;
    } else if (!tensor.values.every(Number.isFinite))
      yield `${name} holds values that are not finite numbers`;
  }
  for (const name of tensors.keys())
    if (!weights.variables.has(name)) yield `${printable(name)} is not part of it`;
}
