/**
 * Pretrained weights into a model.
 */
import { UserError } from '../../system/errors.ts';
import { type HostTensor, openSafetensors } from '../safetensors.ts';
import { setValues, type Weights } from '../weights.ts';
import { type ImportOptions, type ImportPlan, type ImportReport, planImport } from './plan.ts';

/**
 * Sets the weights of a model from a safetensors file with the names of torchvision's or timm's ResNets, of
 * torchvision's `maskrcnn_resnet50_fpn` or of this program. Only the tensors that have a place are read.
 * @param options `from` is the path where left out
 * @throws UserError in one line when the file is no safetensors file, when its names are unknown or those of another network, when
 *   shapes of the backbone differ, when the backbone is another one or holds less than `minMatched` of ours, when values are
 *   not finite; no weight has changed then
 */
export async function importPretrained(
  path: string,
  weights: Weights,
  { minMatched, from = path }: Partial<ImportOptions> & Pick<ImportOptions, 'minMatched'>,
): Promise<ImportReport> {
  const file = await openSafetensors(path);
  try {
    const plan = planImport(file.shapes, weights, { minMatched, from });
    const tensors = new Map<string, HostTensor>();
    for (const name of sourcesOf(plan)) tensors.set(name, await file.read(name));
    return carryOut(plan, { tensors, weights, from });
  } finally {
    await file.close();
  }
}

/** As `importPretrained`, from tensors in memory. */
export function importTensors(
  tensors: ReadonlyMap<string, HostTensor>,
  weights: Weights,
  { minMatched, from = 'the tensors' }: Partial<ImportOptions> & Pick<ImportOptions, 'minMatched'>,
): ImportReport {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return carryOut(planImport(shapes, weights, { minMatched, from }), { tensors, weights, from });
}

function sourcesOf({ steps }: ImportPlan): Set<string> {
  return new Set(steps.flatMap(({ recipe }) => recipe.sources));
}

/** All values are made and looked at before the first is set. */
function carryOut(
  plan: ImportPlan,
  { tensors, weights, from }: { tensors: ReadonlyMap<string, HostTensor>; weights: Weights; from: string },
): ImportReport {
  for (const name of sourcesOf(plan)) {
    if (allFinite(tensors.get(name)!.values)) continue;
    throw unusable(from, `${name} holds values that are not finite numbers`);
  }
  const values = new Map<string, Float32Array>();
  for (const { name, recipe } of plan.steps) {
    const converted = recipe.convert(...recipe.sources.map((source) => tensors.get(source)!.values));
    // Only a batch norm's variance below 0 makes finite values infinite or none.
    if (!allFinite(converted)) throw unusable(from, `${recipe.sources[1]} holds negative variances`);
    values.set(name, converted);
  }
  setValues(weights, values);
  return plan.report;
}

/** A loop, as `every` takes twice as long. */
function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}

function unusable(from: string, what: string): UserError {
  return new UserError(`Cannot take weights from ${from}: ${what}; give another file`);
}
