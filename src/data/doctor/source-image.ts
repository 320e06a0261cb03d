import type { Split } from '../prepared.ts';
import type { Outline } from './building-outline.ts';

/** A sound image with its sound buildings: upright, 8 bits, RGB, and what its outlines say lies on it. */
export interface SourceImage {
  /** Where it lies now: as it came, or as it was written anew. */
  file: string;
  /** Base name to store it under, if nothing else has it. */
  name: string;
  /** `name` of the sample: what findings call it. */
  sourceName: string;
  /** In pixels, upright. */
  width: number;
  height: number;
  /** See `SourceSample`. */
  origin: string;
  /** null where nothing says which; data-prep gives every sample one. */
  split: Split | null;
  /** The file is ours: it may be moved instead of copied. */
  temporary: boolean;
  buildings: Outline[];
  /** Regions with buildings that were not told apart: each the outer rings of one region, as in `Building.polygons`. */
  crowds: number[][][];
  facts: ImageFacts;
}

/** What is known of the pixels. */
export interface ImageFacts {
  /** Of the file as it came, lower-case hex. */
  sha256: string;
  /** 64 bits as 16 lower-case hex digits; null where the image is too plain for one (`perceptual-hash.ts`). */
  perceptualHash: string | null;
  /** Mean luma, 0-1. */
  brightness: number;
}
