import { outlineOf } from '../../src/data/doctor/building-outline.ts';
import type { SourceImage } from '../../src/data/doctor/source-image.ts';

/** A sound image that has no file, for what looks at facts only; each with a hash and bytes of its own. */
export function imageOf(name: string, more: Partial<SourceImage> = {}, hash?: string | null): SourceImage {
  return {
    ...{ file: `${name}.png`, name: `${name}.png`, sourceName: `${name}.png`, origin: 'local' },
    ...{ width: 64, height: 48, split: 'train', temporary: false, crowds: [] },
    buildings: [outlineOf([[0, 0, 10, 0, 10, 10, 0, 10]])],
    facts: { sha256: name, perceptualHash: hash === undefined ? null : hash, brightness: 0.5 },
    ...more,
  };
}
