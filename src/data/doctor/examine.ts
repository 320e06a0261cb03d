/**
 * The data doctor: from what the sources give to what training can rely on. `examineImages` looks at each image by
 * itself, `examineSplits` at all of them together; what is wrong is repaired where that is safe, left out where not,
 * and listed in either case.
 */
import { availableParallelism } from 'node:os';
import type { Params } from '../../params/schema.ts';
import { UserError } from '../../system/errors.ts';
import type { Log } from '../../system/log.ts';
import { printable } from '../../system/printable.ts';
import { concurrentMap } from '../concurrent-map.ts';
import { createCountProgress } from '../count-progress.ts';
import { type Finding, isFault } from '../findings.ts';
import type { SourceSample } from '../sources/source-sample.ts';
import type { Examination, FaultCase } from './examination.ts';
import { type ExaminedImage, examineImage, targetOf } from './examine-image.ts';
import { type Fault, imageFault } from './fault.ts';
import { worstCases } from './fault-cases.ts';
import { type FullScale, fullScaleOf, isFloat, largestValue } from './full-scale.ts';
import { type ImageHeader, isLost, readHeader, undecodable } from './image-header.ts';
import { isDeep, needsMuchMemory } from './image-memory.ts';

export interface ExamineOptions {
  params: Params['data'];
  /** For images that are written anew. */
  workFolder: string;
  log?: Log;
  signal?: AbortSignal;
}

/**
 * Each image by itself: decodes it to its last byte, mends what is safe, cleans its outlines.
 * The same samples give the same result, whatever the number of cores.
 */
export async function examineImages(
  samples: readonly SourceSample[],
  { params, workFolder, log, signal }: ExamineOptions,
): Promise<Examination> {
  const headers = await concurrentMap(samples, availableParallelism(), ({ file }) => {
    signal?.throwIfAborted();
    return readHeader(file);
  });
  const scales = await findFullScales(samples, headers, signal);
  const progress = log && createCountProgress('Examining', samples.length, log);
  try {
    const alone = oneAtATime();
    const examined = await concurrentMap(samples, availableParallelism(), async (sample, place) => {
      signal?.throwIfAborted();
      const header = headers[place]!;
      const fullScale = !isLost(header) && isDeep(header) ? (scales.get(sample.origin) ?? null) : null;
      const target = targetOf(workFolder, place);
      const work = () => examineImage({ sample, header, fullScale, params, target });
      const result = await (!isLost(header) && needsMuchMemory(header) ? alone(work) : work());
      progress?.add();
      return result;
    });
    return gather(samples, examined);
  } finally {
    progress?.stop();
  }
}

/** @returns a function that starts each work when those before it have ended */
function oneAtATime(): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
}

/**
 * Images of more than 8 bits are measured before any is written: those of one source get one scale.
 * A file that does not decode takes its fault in place of its header.
 */
async function findFullScales(
  samples: readonly SourceSample[],
  headers: (ImageHeader | Fault)[],
  signal: AbortSignal | undefined,
): Promise<Map<string, FullScale>> {
  const sources = new Map<string, { largest: number; holdsFloat: boolean }>();
  const deep = samples.flatMap((sample, place) => {
    const header = headers[place]!;
    return !isLost(header) && isDeep(header)
      ? [{ file: sample.file!, origin: sample.origin, header, place }]
      : [];
  });
  const alone = oneAtATime();
  await concurrentMap(deep, availableParallelism(), async ({ file, origin, header, place }) => {
    signal?.throwIfAborted();
    const work = () => largestValue(file, header);
    try {
      const largest = await (needsMuchMemory(header) ? alone(work) : work());
      if (largest === null) {
        headers[place] = imageFault('image_undecodable', NOTHING_TO_SEE, 'dropped');
        return;
      }
      const source = sources.get(origin) ?? { largest: 0, holdsFloat: false };
      const holdsFloat = source.holdsFloat || isFloat(header);
      sources.set(origin, { largest: Math.max(source.largest, largest), holdsFloat });
    } catch {
      headers[place] = undecodable(header);
    }
  });
  return new Map(
    [...sources].map(([origin, { largest, holdsFloat }]) => [origin, fullScaleOf(largest, holdsFloat)]),
  );
}

const NOTHING_TO_SEE = 'floating point without a finite number above 0: there is nothing to see';

function gather(samples: readonly SourceSample[], examined: readonly ExaminedImage[]): Examination {
  const cases: FaultCase[] = [];
  const findings: Finding[] = [];
  for (const [place, { faults, picture }] of examined.entries()) {
    const sample = samples[place]!;
    for (const fault of faults) {
      const finding = toFinding(sample, fault);
      findings.push(finding);
      if (picture === null) continue;
      // An image that EXIF turns is shown beside what it was.
      const other = fault.kind === 'image_rotated' ? { ...picture, file: sample.file! } : null;
      const { severity, before, after } = fault;
      cases.push({ finding, severity, picture, other, before, after });
    }
  }
  findings.push(...areaOfBoxFindings(samples, examined));
  const images = examined.flatMap(({ image }) => (image === null ? [] : [image]));
  return { images, findings, cases: worstCases(cases), comparisons: [] };
}

function toFinding(
  { split, origin, name }: SourceSample,
  { kind, entry, detail, treatment }: Fault,
): Finding {
  return { kind, split, origin, image: name, entry, detail, treatment };
}

/** One for each source and split: where it happens, it happens to all. */
function areaOfBoxFindings(samples: readonly SourceSample[], examined: readonly ExaminedImage[]): Finding[] {
  const groups = new Map<string, { finding: Finding; areas: number; annotations: number }>();
  for (const [place, { areasOfBoxes }] of examined.entries()) {
    const { split, origin, annotations } = samples[place]!;
    const key = JSON.stringify([origin, split]);
    const group = groups.get(key) ?? {
      finding: {
        kind: 'area_of_box',
        split,
        origin,
        image: null,
        entry: null,
        detail: '',
        treatment: 'none',
      },
      areas: 0,
      annotations: 0,
    };
    groups.set(key, group);
    group.areas += areasOfBoxes;
    group.annotations += annotations.length;
  }
  return [...groups.values()]
    .filter(({ areas }) => areas > 0)
    .map(({ finding, areas, annotations }) => ({
      ...finding,
      detail: `${areas} of ${annotations} annotations`,
    }));
}

/**
 * `data.doctor.strict`: refuses data with faults.
 * @param place where the report is, for the message
 * @throws UserError with the first faults
 */
export function assertSound({ findings }: Examination, place: string): void {
  const faults = findings.filter(isFault);
  if (faults.length === 0) return;
  const shown = faults.slice(0, 3).map(describeFinding);
  const more = faults.length > shown.length ? ` … and ${faults.length - shown.length} more` : '';
  throw new UserError(
    `The data have ${faults.length} faults (data.doctor.strict): ${shown.join('; ')}${more}; look at ${place} and mend them, or set data.doctor.strict to false`,
  );
}

/** One line: where, then what. */
export function describeFinding({ kind, split, origin, image, entry, detail }: Finding): string {
  const where = [split, origin, image, entry].filter((part) => part !== null).map(printable);
  return `${where.join(' ')}: ${kind} (${printable(detail)})`;
}
