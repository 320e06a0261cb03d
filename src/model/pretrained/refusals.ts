/**
 * Why a file is not taken: each a line that says what it holds, what was expected and how to mend it.
 */
import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';
import { RESNETS } from '../resnet.ts';
import { FORMAT_EXAMPLES, type Lookalike } from './formats.ts';

/** How many names a message lists. */
const LISTED = 3;

/** Names of no known format. */
export function unknownNames(names: readonly string[], from: string): UserError {
  const held =
    names.length === 0 ? 'it holds no tensors of floating point numbers' : `it holds ${listNames(names)}`;
  return new UserError(
    `Cannot take weights from ${from}: ${held}; expected names like ${FORMAT_EXAMPLES.join(', or ')}`,
  );
}

/** A name that only another network has. */
export function otherNetwork(
  name: string,
  { network, difference, instead }: Lookalike,
  from: string,
): UserError {
  return new UserError(
    `Cannot take weights from ${from}: it holds ${printable(name)}, so it is of ${network}, another network ` +
      `(${difference}); give a file of ${instead}`,
  );
}

/** What is known of a file when its names are sorted out. */
interface Findings {
  /** Tensors of another shape in the backbone, as sentences. */
  misfits: readonly string[];
  /** Names of the file's backbone that have no place in the model. */
  strangers: readonly string[];
  /** Names of the model's backbone, and those of them of which the file has nothing. */
  backbone: readonly string[];
  orphans: readonly string[];
  /** All names of the file. */
  theirs: readonly string[];
}

/** @throws UserError for other shapes, for parts of another backbone, for too little of ours */
export function assertUsable(
  findings: Findings,
  { minMatched, from }: { minMatched: number; from: string },
): void {
  const { misfits, strangers, theirs, backbone } = findings;
  const fault = faultOfShapes(misfits) ?? faultOfStrangers(strangers) ?? faultOfShare(findings, minMatched);
  if (fault === null) return;
  throw new UserError(`Cannot take weights from ${from}: ${fault}; ${adviceFor(theirs, backbone)}`);
}

function faultOfShapes(misfits: readonly string[]): string | null {
  return misfits.length === 0 ? null : `shapes differ: ${list(misfits, '; ')}`;
}

/** A part of the file's backbone that ours lacks: the others would not do what they were trained for. */
function faultOfStrangers(names: readonly string[]): string | null {
  return names.length === 0 ? null : `the model's backbone has no place for ${listNames(names)}`;
}

function faultOfShare({ backbone, orphans }: Findings, minMatched: number): string | null {
  const matched = backbone.length - orphans.length;
  if (matched >= minMatched * backbone.length) return null;
  return (
    `it has ${matched} of the backbone's ${backbone.length} weights, fewer than the share ${minMatched} ` +
    `asked for (train.transfer.min_matched): nothing for ${listNames(orphans)}`
  );
}

function adviceFor(theirs: readonly string[], ours: readonly string[]): string {
  const [there, here] = [networkOf(theirs), networkOf(ours)];
  return there !== null && there !== here
    ? `the file is of ${there}: set model.transfer.backbone to it, and train.model_type to transfer`
    : 'the params (train.model_type, model) must describe the network of the file';
}

/** The ResNet whose numbers of blocks the names have, theirs or ours. */
function networkOf(names: readonly string[]): string | null {
  const blocks = new Map<string, Set<string>>();
  let bottleneck = false;
  for (const name of names) {
    const [, stage, block, conv] = /(?:layer|stage)(\d)\.(?:block)?(\d+)\.conv(\d)\.\w+$/.exec(name) ?? [];
    if (stage === undefined || block === undefined) continue;
    blocks.set(stage, (blocks.get(stage) ?? new Set()).add(block));
    bottleneck ||= conv === '3';
  }
  const counts = [...blocks.keys()].toSorted((a, b) => Number(a) - Number(b)).map((i) => blocks.get(i)!.size);
  const network = Object.entries(RESNETS).find(
    ([, resnet]) => resnet.bottleneck === bottleneck && resnet.blocks.join() === counts.join(),
  );
  return network?.[0] ?? null;
}

function listNames(names: readonly string[]): string {
  return list(names.map(printable), ', ');
}

function list(items: readonly string[], separator: string): string {
  const more = items.length - LISTED;
  return items.slice(0, LISTED).join(separator) + (more > 0 ? ` and ${more} more` : '');
}
