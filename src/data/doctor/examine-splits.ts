import type { Params } from '../../params/schema.ts';
import type { Finding } from '../findings.ts';
import type { Examination, FaultCase, Picture } from './examination.ts';
import { worstCases } from './fault-cases.ts';
import { findRepetitions } from './leaks.ts';
import { compareSplits, shiftFindings } from './shifts.ts';
import type { SourceImage } from './source-image.ts';

/** Of 64 bits. */
const ALL_BITS = 64;

/**
 * The images together: what comes twice, what leaks, what is empty, how the splits compare.
 * @throws the signal's reason when it is aborted
 */
export async function examineSplits(
  { images, findings, cases }: Examination,
  { doctor }: Params['data'],
  signal?: AbortSignal,
): Promise<Examination> {
  const remove = doctor.leaks === 'remove';
  const repetitions = await findRepetitions(images, {
    mostBits: doctor.duplicate_bits,
    remove,
    ...(signal && { signal }),
  });
  const leaks = new Set(
    repetitions.filter(({ finding }) => finding.treatment === 'dropped').map(({ image }) => image),
  );
  const unique = images.filter((image) => !leaks.has(image));
  const empty = unique.filter(isEmpty);
  const isKept = (image: SourceImage) => doctor.empty_images === 'keep' || !isEmpty(image);
  const kept = unique.filter(isKept);
  const emptyCases = empty.map((image): FaultCase => {
    const finding = emptyFinding(image, isKept(image));
    return { finding, severity: 0, picture: pictureOf(image), other: null, before: [], after: [] };
  });
  const repetitionCases = repetitions.map(({ image, twin, bits, finding }): FaultCase => {
    const [picture, other] = [pictureOf(image), pictureOf(twin)];
    return { finding, severity: ALL_BITS - bits, picture, other, before: [], after: [] };
  });
  const comparisons = compareSplits(kept);
  return {
    images: kept,
    findings: [
      ...findings,
      ...[...repetitionCases, ...emptyCases].map(({ finding }) => finding),
      ...shiftFindings(comparisons),
    ],
    cases: worstCases([...cases, ...repetitionCases, ...emptyCases]),
    comparisons,
  };
}

function isEmpty({ buildings, crowds }: SourceImage): boolean {
  return buildings.length === 0 && crowds.length === 0;
}

function emptyFinding({ split, origin, sourceName }: SourceImage, isKept: boolean): Finding {
  const detail = isKept ? 'kept: it teaches what is no building' : 'left out (data.doctor.empty_images)';
  const treatment = isKept ? 'none' : 'dropped';
  return { kind: 'image_empty', split, origin, image: sourceName, entry: null, detail, treatment };
}

function pictureOf({ file, sourceName, split, width, height }: SourceImage): Picture {
  return { file, name: sourceName, split, width, height };
}
