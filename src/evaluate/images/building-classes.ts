/** The classes of buildings and of images by which figures are told apart, and where each ends. */

/** COCO's: by the square root of the area, pixels. */
export const SIZE_CLASSES = ['small', 'medium', 'large'] as const;
export type SizeClass = (typeof SIZE_CLASSES)[number];
/** Up to here a building is of the class; `large` are all above. */
export const SIZE_LIMITS = { small: 32, medium: 96 } as const satisfies Partial<Record<SizeClass, number>>;

/** By the pixels to the next building. */
export const GAP_CLASSES = ['touching', 'near', 'apart'] as const;
export type GapClass = (typeof GAP_CLASSES)[number];
/** Up to here, for an annotator's hand; `apart` are those with more, or without another in the image. */
export const GAP_LIMITS = { touching: 2, near: 8 } as const satisfies Partial<Record<GapClass, number>>;

/** By the share of an image's pixels that are building; `empty`: none is. */
export const DENSITY_CLASSES = ['empty', 'sparse', 'medium', 'dense'] as const;
export type DensityClass = (typeof DENSITY_CLASSES)[number];
/** Below these; `dense` is an image from the last one on. */
export const DENSITY_LIMITS = { sparse: 0.1, medium: 0.25 } as const satisfies Partial<
  Record<DensityClass, number>
>;

/**
 * A building on the limit between two classes, which COCO counts in both, is in the smaller one.
 * @param area square pixels
 */
export function sizeClassOf(area: number): SizeClass {
  if (area <= SIZE_LIMITS.small ** 2) return 'small';
  return area <= SIZE_LIMITS.medium ** 2 ? 'medium' : 'large';
}

/** @param gap by `buildingGaps` */
export function gapClassOf(gap: number | null): GapClass {
  if (gap === null || gap > GAP_LIMITS.near) return 'apart';
  return gap > GAP_LIMITS.touching ? 'near' : 'touching';
}

/** @param share of the image's pixels that are building, 0-1 */
export function densityClassOf(share: number): DensityClass {
  if (share === 0) return 'empty';
  if (share < DENSITY_LIMITS.sparse) return 'sparse';
  return share < DENSITY_LIMITS.medium ? 'medium' : 'dense';
}
