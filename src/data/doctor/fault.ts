import type { FindingKind, Treatment } from '../findings.ts';

/** A finding about one image, before it is said whose it is; with what it takes to show it. */
export interface Fault {
  kind: FindingKind;
  /** See `Finding`. */
  entry: string | null;
  detail: string;
  treatment: Treatment;
  /** See `FaultCase`. */
  severity: number;
  before: number[][];
  after: number[][];
}

/** A fault of the image as a whole. */
export function imageFault(kind: FindingKind, detail: string, treatment: Treatment): Fault {
  return { kind, entry: null, detail, treatment, severity: 0, before: [], after: [] };
}
