/**
 * Where transfer begins: the weights of a file in place of random ones.
 */
import { join } from 'node:path';
import { fetchFile } from '../hub/fetch-file.ts';
import { importPretrained } from '../model/pretrained/import-weights.ts';
import type { ImportReport } from '../model/pretrained/plan.ts';
import type { Weights } from '../model/weights.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';

/** Which file the weights are of, for the metadata of the trained model. */
export interface PretrainedSource {
  /** A path, or a reference with the full commit. */
  source: string;
  sha256: string;
}

/**
 * Sets the weights of `train.transfer.weights`, fetched from the hub where they lie there, and says what became of
 * every name.
 * @returns null where the params ask for none: `custom`, or weights null
 * @throws UserError where the file cannot be had, or does not fit the model
 */
export async function loadPretrained(
  weights: Weights,
  { train, paths }: Params,
  log: Log,
): Promise<PretrainedSource | null> {
  const { weights: place, min_matched: minMatched } = train.transfer;
  if (train.model_type === 'custom' || place === null) return null;
  const folder = join(paths.raw, 'weights');
  const { path, source, sha256 } = await fetchFile(place, { key: 'train.transfer.weights', folder, log });
  const report = await importPretrained(path, weights, { minMatched, from: source });
  for (const line of describeImport(report, source)) log.info(line);
  return { source, sha256 };
}

/** Names that a line lists before it counts the rest. */
const LISTED = 6;

/** Lines for people: what the file gave, what was made anew, what it had nothing for, what had no place. */
export function describeImport(report: ImportReport, source: string): string[] {
  const { matched, remade, missing, unused } = report;
  const ofBackbone = matched.filter((name) => name.startsWith('backbone.')).length;
  return [
    `Weights from ${source}: ${matched.length} matched, ${ofBackbone} of them in the backbone`,
    ...lineOf(
      'made anew',
      remade.map(({ name, reason }) => `${name} (${reason})`),
    ),
    ...lineOf('not in the file, they begin with random values', missing),
    ...lineOf('in the file without a place in the model', unused),
  ];
}

function lineOf(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - LISTED;
  const list = names.slice(0, LISTED).join(', ');
  return [`  ${names.length} ${what}: ${list}${more > 0 ? ` and ${more} more` : ''}`];
}
