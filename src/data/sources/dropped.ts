/** Why an image or a building of a source is not in the prepared data set; shown to the user as it stands here. */
export type DropReason =
  | 'image: file is missing'
  | 'image: listed twice'
  | 'image: size differs from the annotations'
  | 'image: rotated by EXIF'
  | 'file: image without an entry in the annotations'
  | 'building: of a dropped image'
  | 'building: of an image that is not listed'
  | 'building: crowd region'
  | 'building: RLE instead of polygons'
  | 'building: no outline'
  | 'building: outline with numbers that are not finite'
  | 'building: outline without area'
  | 'building: outside the image'
  | 'building: smaller than data.min_area'
  | 'annotation: not a building';

/** How often each reason came up; reasons that did not are absent. */
export type Dropped = Partial<Record<DropReason, number>>;

/** Adds to the counts in place. */
export function countDropped(dropped: Dropped, reason: DropReason, times = 1): void {
  if (times > 0) dropped[reason] = (dropped[reason] ?? 0) + times;
}

/** @returns the sums of the counts; the inputs are left as they are */
export function sumDropped(...all: readonly Dropped[]): Dropped {
  const sum: Dropped = {};
  for (const dropped of all) {
    for (const [reason, times] of Object.entries(dropped)) countDropped(sum, reason as DropReason, times);
  }
  return sum;
}
