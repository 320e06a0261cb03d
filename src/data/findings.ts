/**
 * What the data doctor can find. Each kind of fault has its name here, what it means, and how grave it is.
 */
import type { Split } from './prepared.ts';

/** What was done about a fault: left as it is, mended, or the image or building left out. */
export type Treatment = 'none' | 'repaired' | 'dropped';

/** One fault at one place. */
export interface Finding {
  kind: FindingKind;
  split: Split | null;
  /** `origin` of the sample. */
  origin: string;
  /** Name of the image as its annotations call it; null where it is about a file or a split. */
  image: string | null;
  /** Place in the annotations, as `annotations[12]`; null where it is about the image as a whole. */
  entry: string | null;
  /** What was found, with the value: part of a sentence on one line. */
  detail: string;
  treatment: Treatment;
}

interface Kind {
  /** For tables: "image: turned by EXIF". */
  title: string;
  /** What it does to training or results, and what to do: one sentence. */
  meaning: string;
  /** false: worth knowing, and right as often as not; see `isFault`. */
  fault: boolean;
}

export const FINDING_KINDS = {
  image_missing: {
    title: 'image: file is missing',
    meaning: 'Its buildings are lost; add the file or remove its entry.',
    fault: true,
  },
  image_undecodable: {
    title: 'image: does not decode',
    meaning: 'The file is damaged or no image; put a sound copy in its place.',
    fault: true,
  },
  image_listed_twice: {
    title: 'image: listed twice',
    meaning: 'Only the first entry counts; merge the two.',
    fault: true,
  },
  image_unlisted: {
    title: 'file: image without an entry',
    meaning: 'Nobody said what is on it, so it is no image without buildings; annotate it or ignore this.',
    fault: false,
  },
  image_rotated: {
    title: 'image: turned by EXIF',
    meaning: 'Programs disagree which way is up; it is stored upright, as its outlines fit.',
    fault: true,
  },
  image_size: {
    title: 'image: size differs from the annotations',
    meaning: 'Outlines would lie beside their buildings; export both again together.',
    fault: true,
  },
  image_depth: {
    title: 'image: more than 8 bits a channel',
    meaning: 'Stored with 8; check that it is neither dark nor pale.',
    fault: true,
  },
  image_channels: {
    title: 'image: not red, green and blue',
    meaning: 'Stored as RGB: an alpha or infrared channel is taken away, grey and CMYK are converted.',
    fault: true,
  },
  image_pages: {
    title: 'image: several pages',
    meaning: 'Programs disagree which one they show; the first is stored.',
    fault: true,
  },
  image_too_large: {
    title: 'image: too many pixels',
    meaning: 'Cut it into tiles.',
    fault: true,
  },
  image_empty: {
    title: 'image: without buildings',
    meaning:
      'Right where there are none; where they were forgotten, it teaches that buildings are background.',
    fault: false,
  },
  image_duplicate: {
    title: 'image: again in the same split',
    meaning: 'It counts twice; take it out if it is no other place.',
    fault: false,
  },
  image_leak: {
    title: 'image: in two splits',
    meaning: 'The model is measured on what it has seen; results look better than they are.',
    fault: true,
  },
  annotation_orphan: {
    title: 'annotation: of an image that is not listed',
    meaning: 'It is lost; check the image ids.',
    fault: true,
  },
  annotation_category: {
    title: 'annotation: category id that does not exist',
    meaning: 'It is lost unless the file has but one category; check the category ids.',
    fault: true,
  },
  annotation_other: {
    title: 'annotation: not a building',
    meaning: 'Of another category; left out.',
    fault: false,
  },
  annotation_shape: {
    title: 'annotation: no outline',
    meaning: 'A box, point or line is no footprint; draw a polygon.',
    fault: true,
  },
  annotation_malformed: {
    title: 'annotation: not readable',
    meaning: 'Numbers, run lengths or flags that make no sense; left out where its outline is one of them.',
    fault: true,
  },
  building_outside: {
    title: 'building: outside the image',
    meaning: 'Nothing of it is on the image; left out.',
    fault: true,
  },
  building_clipped: {
    title: 'building: partly outside the image',
    meaning: 'Cut at the border.',
    fault: true,
  },
  building_crossing: {
    title: 'building: outline crosses itself',
    meaning: 'Its parts are outlined anew; look whether it is the building.',
    fault: true,
  },
  building_parts: {
    title: 'building: parts overlap',
    meaning: 'They become one, so that no area counts twice.',
    fault: true,
  },
  building_degenerate: {
    title: 'building: outline without area',
    meaning: 'A point or a line; left out.',
    fault: true,
  },
  building_small: {
    title: 'building: smaller than data.min_area',
    meaning: 'Left out, and so background; lower data.min_area to keep it.',
    fault: false,
  },
  building_duplicate: {
    title: 'building: outlined twice',
    meaning: 'The second is left out.',
    fault: true,
  },
  building_box: {
    title: 'building: box does not fit its outline',
    meaning: 'The box follows from the outline; the given one is not used.',
    fault: true,
  },
  building_area: {
    title: 'building: area does not fit its outline',
    meaning: 'The area follows from the outline; the given one is not used.',
    fault: true,
  },
  area_of_box: {
    title: 'annotation: area is that of the box',
    meaning: 'A habit of Roboflow and others; the area follows from the outline here, so nothing is wrong.',
    fault: false,
  },
  building_crowd: {
    title: 'building: crowd region',
    meaning:
      'What is found there counts neither as hit nor as false alarm; training takes it for background.',
    fault: false,
  },
  split_shift: {
    title: 'split: unlike train',
    meaning: 'The splits differ in what they show; figures on one say little about the other.',
    fault: false,
  },
} as const satisfies Record<string, Kind>;

export type FindingKind = keyof typeof FINDING_KINDS;

/** Whether `data.doctor.strict` refuses it: it is wrong for certain, and was mended or left out. */
export function isFault({ kind, treatment }: Finding): boolean {
  return FINDING_KINDS[kind].fault && treatment !== 'none';
}
