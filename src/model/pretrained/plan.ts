/**
 * Which tensor of a file goes where, decided by names and shapes alone, before any value is read.
 */
import type { Weights } from '../weights.ts';
import { type Format, type FormatName, recogniseFormat } from './formats.ts';
import type { Recipe } from './recipe.ts';
import { assertUsable, unknownNames } from './refusals.ts';

/** What became of the weights of a model and of the tensors of a file. */
export interface ImportReport {
  format: FormatName;
  /** Our weights that have the file's values. */
  matched: string[];
  /** Our weights that keep their own values, since the file's layer has another number of outputs, as for other classes. */
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
  /** Why the layer must be made anew, or null. */
  remade: string | null;
  /** Which source has another shape, or null. */
  misfit: string | null;
}

/** Layers whose number of outputs follows from the classes or the anchors. */
const PREDICTOR = /^(rpn\.(logits|boxDeltas)|box\.(classLogits|boxDeltas)|mask\.logits)\./;

/**
 * @throws UserError when the names are unknown, shapes differ, or the file's backbone is another one or holds too little
 */
export function planImport(shapes: Shapes, weights: Weights, options: ImportOptions): ImportPlan {
  const found = recogniseFormat([...shapes.keys()]);
  if (!found) throw unknownNames([...shapes.keys()], options.from);
  const placements = placeAll(shapes, weights, found);
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

function isBackbone({ name }: Placement): boolean {
  return name.startsWith('backbone.');
}

function hasValues({ recipe, remade }: Placement): boolean {
  return recipe !== null && remade === null;
}

type Found = { format: Format; prefix: string };

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
  const { shape: expected, outputAxis } = recipe;
  const got = shapes.get(different)!;
  const here = expected[outputAxis]!;
  const there = got[outputAxis] ?? 0;
  if (PREDICTOR.test(name) && got.join() === expected.with(outputAxis, there).join()) {
    return { recipe, remade: `${there} outputs in the file, ${here} in the model`, misfit: null };
  }
  return {
    recipe,
    remade: null,
    misfit: `${different} is [${got.join(', ')}], expected [${expected.join(', ')}]`,
  };
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
