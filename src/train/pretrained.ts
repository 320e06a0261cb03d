/**
 * Where transfer begins: the weights of a file in place of random ones.
 */
import { fetchFile } from '../hub/fetch-file.ts';
import { groupNames } from '../model/pretrained/group-names.ts';
import { importPretrained } from '../model/pretrained/import-weights.ts';
import type { ImportReport } from '../model/pretrained/plan.ts';
import type { Weights } from '../model/weights.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { printable } from '../system/printable.ts';

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
 * @throws UserError where the file cannot be had, or does not fit the model; the signal's reason when it is aborted
 */
export async function loadPretrained(
  weights: Weights,
  { train }: Params,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<PretrainedSource | null> {
  const { weights: place, min_matched: minMatched } = train.transfer;
  if (train.model_type === 'custom' || place === null) return null;
  const { path, source, sha256 } = await fetchFile(place, { key: 'train.transfer.weights', log, signal });
  const report = await importPretrained(path, weights, { minMatched, from: source });
  for (const line of describeImport(report, source)) log.info(line);
  return { source, sha256 };
}

/** Characters of a line, and of what stands before an item and before its other lines. */
const WIDTH = 110;
const INDENT = 4;
const FURTHER = 6;

/** Lines for people: what the file gave, what was made anew, what it had nothing for, what had no place; every name. */
export function describeImport(report: ImportReport, source: string): string[] {
  const { matched, remade, missing, unused } = report;
  const ofBackbone = matched.filter((name) => name.startsWith('backbone.')).length;
  return [
    `Weights from ${source}: ${matched.length} matched, ${ofBackbone} of them in the backbone`,
    ...listing(
      `${remade.length} of layers with another shape, they keep their starting values`,
      namesByReason(remade),
    ),
    ...listing(`${missing.length} not in the file, they keep their starting values`, namesOf(missing)),
    ...listing(`${unused.length} in the file without a place in the model`, namesOf(unused.map(printable))),
  ];
}

function namesOf(names: readonly string[]): string[] {
  return groupNames(names, WIDTH - INDENT);
}

function namesByReason(remade: ImportReport['remade']): string[] {
  const groups = Map.groupBy(remade, ({ reason }) => reason);
  return [...groups].map(
    ([reason, weights]) => `${groupNames(weights.map(({ name }) => name)).join(', ')} (${reason})`,
  );
}

/** One line where all fit, else a line or more for each item. */
function listing(what: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const line = `  ${what}: ${items.join(', ')}`;
  return line.length <= WIDTH ? [line] : [`  ${what}:`, ...items.flatMap(wrap)];
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? ' '.repeat(INDENT) + word : `${line} ${word}`;
    if (line === '' || longer.length <= WIDTH) {
      line = longer;
    } else {
      lines.push(line);
      line = ' '.repeat(FURTHER) + word;
    }
  }
  return [...lines, line];
}
