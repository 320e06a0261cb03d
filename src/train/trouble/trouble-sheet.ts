import type { HostBatch } from '../../data/host-batch.ts';
import { contactSheetPng, drawSample, type SheetTile } from '../../visualize/contact-sheet.ts';
import type { BadStep } from './bad-step.ts';
import type { UnsoundImage } from './unsound-images.ts';

/** More would be too small to look at. */
const MOST_IMAGES = 64;
/** Where a pixel has no colour: none that an aerial image has. */
const MAGENTA = [1, 0, 1] as const;

/**
 * The images of a batch with their buildings, unsound ones first and with what is wrong with them. Pixels that are no finite
 * numbers are magenta; buildings whose box is not finite are left out.
 * @returns a PNG
 */
export async function troubleSheet(
  { step, epoch, terms, batch }: Pick<BadStep, 'step' | 'epoch' | 'terms' | 'batch'>,
  unsound: readonly UnsoundImage[],
): Promise<Buffer> {
  const faults = new Map(unsound.map(({ place, faults }) => [place, faults.join(' · ')]));
  const others = batch.sources.map((_, place) => place).filter((place) => !faults.has(place));
  const places = [...faults.keys(), ...others].slice(0, MOST_IMAGES);
  const drawn = drawable(batch);
  const tiles: SheetTile[] = [];
  for (const place of places) tiles.push(await drawSample(drawn, place, faults.get(place)));
  const what = terms.map(({ name, value }) => `${name} ${value}`).join(', ');
  const cut = places.length < batch.count ? ` · ${places.length} of ${batch.count} images` : '';
  return contactSheetPng(tiles, `step ${step}, epoch ${epoch}${cut}: ${what}`);
}

function drawable(batch: HostBatch): HostBatch {
  const boxIsFinite = (slot: number) => batch.boxes.subarray(4 * slot, 4 * slot + 4).every(Number.isFinite);
  return {
    ...batch,
    images: batch.images.map((value, i) => (Number.isFinite(value) ? clamp(value) : MAGENTA[i % 3]!)),
    valid: batch.valid.map((value, slot) => (boxIsFinite(slot) ? value : 0)),
  };
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
