/** A label file of YOLO: one line for each object, `class x y x y ...`, coordinates as shares of width and height. */

/** An object of a label file, or why there is none. */
export interface YoloLine {
  /** From 1. */
  line: number;
  /** As it stands there; NaN where it is no number. */
  class: number;
  /** [x0, y0, x1, y1, ...], 0-1; null where the line holds no polygon. */
  ring: number[] | null;
  /** Where `ring` is null. */
  fault?: { kind: 'annotation_malformed' | 'annotation_shape'; detail: string };
}

/** `class x y width height`, and what programs append: how sure they are. */
const BOX_VALUES = [4, 5];

/** @returns the objects in their order; none for an empty file, which says that there are no buildings */
export function parseYoloLabels(text: string): YoloLine[] {
  const lines: YoloLine[] = [];
  let line = 0;
  for (const content of text.replace(/^\uFEFF/, '').split('\n')) {
    line++;
    const words = content.split(/\s+/).filter((word) => word !== '');
    if (words.length > 0) lines.push(parseLine(words, line));
  }
  return lines;
}

function parseLine(words: readonly string[], line: number): YoloLine {
  const [classId, ...values] = words.map(toNumber);
  const object = { line, class: classId! };
  const refuse = (kind: 'annotation_malformed' | 'annotation_shape', detail: string): YoloLine => {
    return { ...object, ring: null, fault: { kind, detail } };
  };
  if (!Number.isInteger(classId)) return refuse('annotation_malformed', 'does not begin with a class number');
  if (BOX_VALUES.includes(values.length)) return refuse('annotation_shape', 'a box instead of a polygon');
  if (!values.every(Number.isFinite)) return refuse('annotation_malformed', 'holds what is no number');
  if (values.length < 6 || values.length % 2 !== 0) {
    const detail = `${values.length} coordinates: expected x and y of at least three points`;
    return refuse('annotation_malformed', detail);
  }
  return { ...object, ring: values };
}

/** Plain decimal notation: `Number` would take "", "0x1" and "Infinity", too. */
function toNumber(word: string): number {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(word) ? Number(word) : Number.NaN;
}
