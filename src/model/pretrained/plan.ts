/**
 * Which tensor of a file goes where, decided by names and shapes alone, before any value is read.
 */
import { printable } from '../../system/printable.ts';
import type { Weights } from '../weights.ts';
import { type Format, type FormatName, recogniseFormat } from './formats.ts';
import type { Recipe } from './recipe.ts';
import { assertUsable, otherNetwork, unknownNames } from './refusals.ts';

/** What became of the weights of a model and of the tensors of a file. */
export interface ImportReport {
  format: FormatName;
  /** Our weights that have the file's values. */
  matched: string[];
  /**
   * Our weights outside the backbone that keep their own values, since the file's layer has another shape, as for other
   * classes or other widths. A layer with its norm is made anew as a whole.
   */
  remade: { name: string; reason: string }[];
  /** Our weights of which the file has nothing; they keep their own values. */
  missing: string[];
  /** Tensors of the file that have no place in the model; those that never have one, as a classifier, do not count. */
  unused: string[];
  /** Matched share of the backbone's weights, by number of names, 0–1. */
  backboneShare: number;
}

/** What an import asks of a file. */
export interface ImportOptions {
  /** 0–1: the least share of the backbone's weights. */
  minMatched: number;
  /** What messages call the file. */
  from: string;
}

/** What is to be done, and what will have become of all names. */
export interface ImportPlan {
  steps: { name: string; recipe: Recipe }[];
  report: ImportReport;
}

/** Shapes of a file's tensors of floating point numbers, by name. */
type Shapes = ReadonlyMap<string, readonly number[]>;

/** Where one weight of ours gets its values. */
interface Placement {
  name: string;
  /** null where the file has nothing for it. */
  recipe: Recipe | null;
  /** Why the layer must be made anew, or null. Not in the backbone. */
  remade: string | null;
  /** Which source of the backbone has another shape, or null. */
  misfit: string | null;
}

/** Layers whose outputs are counted in classes or anchors. */
const PREDICTOR = /^(rpn\.(logits|boxDeltas)|box\.(classLogits|boxDeltas)|mask\.logits)\./;

/**
 * @throws UserError when the names are unknown or those of another network, when shapes of the backbone differ, when the
 *   file's backbone is another one or holds too little
 */
export function planImport(shapes: Shapes, weights: Weights, options: ImportOptions): ImportPlan {
  const found = recogniseFormat([...shapes.keys()]);
  if (!found) throw unknownNames([...shapes.keys()], options.from);
  assertNoLookalike(shapes, found, options.from);
  const placements = remakeWholeLayers(placeAll(shapes, weights, found));
  const report = reportOf(placements, shapes, found);
  const backbone = placements.filter(isBackbone);
  assertUsable(
    {
      misfits: placements.flatMap(({ misfit }) => misfit ?? []),
      strangers: report.unused.filter((name) => found.format.backbone.test(name.slice(found.prefix.length))),
      backbone: backbone.map(({ name }) => name),
      orphans: backbone.filter((placement) => !hasValues(placement)).map(({ name }) => name),
      theirs: [...shapes.keys()],
    },
    options,
  );
  const steps = placements.flatMap(({ name, recipe, remade }) =>
    recipe && !remade ? [{ name, recipe }] : [],
  );
  return { steps, report };
}

function isBackbone({ name }: Pick<Placement, 'name'>): boolean {
  return name.startsWith('backbone.');
}

function hasValues({ recipe, remade }: Placement): boolean {
  return recipe !== null && remade === null;
}

type Found = { format: Format; prefix: string };

function assertNoLookalike(shapes: Shapes, { format: { lookalike }, prefix }: Found, from: string): void {
  if (!lookalike) return;
  const name = [...shapes.keys()].find((key) => lookalike.mark.test(key.slice(prefix.length)));
  if (name !== undefined) throw otherNetwork(name, lookalike, from);
}

function placeAll(shapes: Shapes, weights: Weights, { format, prefix }: Found): Placement[] {
  const regionChannels = weights.variables.get('rpn.conv.kernel')?.shape[2] ?? 1;
  return [...weights.variables].map(([name, variable]) => {
    const recipe = format
      .recipes({ name, shape: variable.shape }, { regionChannels })
      .flatMap((candidate) => (candidate ? [withPrefix(candidate, prefix)] : []))
      .find(({ sources }) => sources.every((source) => shapes.has(source)));
    return { name, ...matchShapes(name, recipe ?? null, shapes) };
  });
}

function withPrefix(recipe: Recipe, prefix: string): Recipe {
  return { ...recipe, sources: recipe.sources.map((source) => prefix + source) };
}

function matchShapes(name: string, recipe: Recipe | null, shapes: Shapes): Omit<Placement, 'name'> {
  const different = recipe?.sources.find((source) => shapes.get(source)!.join() !== recipe.shape.join());
  if (!recipe || different === undefined) return { recipe, remade: null, misfit: null };
  const got = shapes.get(different)!;
  if (!isBackbone({ name })) return { recipe, remade: whyRemade(name, got, recipe), misfit: null };
  const misfit = `${printable(different)} is [${got.join(', ')}], expected [${recipe.shape.join(', ')}]`;
  return { recipe, remade: null, misfit };
}

function whyRemade(name: string, got: readonly number[], { shape: expected, outputAxis }: Recipe): string {
  const here = expected[outputAxis]!;
  const there = got[outputAxis] ?? 0;
  if (PREDICTOR.test(name) && got.join() === expected.with(outputAxis, there).join()) {
    return `${there} outputs in the file, ${here} in the model`;
  }
  return `[${got.join(', ')}] in the file, expected [${expected.join(', ')}]`;
}

/** A trained bias or norm means nothing behind a kernel that is not. */
function remakeWholeLayers(placements: readonly Placement[]): Placement[] {
  const reasons = new Map<string, string>();
  for (const { name, remade } of placements) {
    const layer = layerOf(name);
    if (remade !== null && !reasons.has(layer)) reasons.set(layer, remade);
  }
  return placements.map((placement) => ({
    ...placement,
    remade: placement.recipe && (reasons.get(layerOf(placement.name)) ?? null),
  }));
}

/** A convolution and the norm behind it are one: `mask.conv1` of `mask.norm1.scale`. */
function layerOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.')).replace(/norm(?=\d*$)/, 'conv');
}

function reportOf(placements: readonly Placement[], shapes: Shapes, { format, prefix }: Found): ImportReport {
  const used = new Set(placements.flatMap(({ recipe }) => recipe?.sources ?? []));
  const backbone = placements.filter(isBackbone);
  return {
    format: format.name,
    matched: placements.filter(hasValues).map(({ name }) => name),
    remade: placements.flatMap(({ name, remade }) => (remade ? [{ name, reason: remade }] : [])),
    missing: placements.filter(({ recipe }) => !recipe).map(({ name }) => name),
    unused: [...shapes.keys()].filter(
      (name) => !used.has(name) && !format.ignored.test(name.slice(prefix.length)),
    ),
    backboneShare: backbone.length === 0 ? 1 : backbone.filter(hasValues).length / backbone.length,
  };
}
