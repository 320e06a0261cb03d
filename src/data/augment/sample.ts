/**
 * From a prepared image to what the network sees of it: decoded, fitted into the square, and changed at random.
 * Free of TensorFlow, and of state: runs in any thread, with the same result.
 *
 * The order is that of the world: first what is on the ground and where the camera is (mosaic, zoom and crop, copy-paste,
 * symmetry), then the light (colour), then the camera's faults (blur, noise) and at last the file's (JPEG). So noise is
 * never resampled, JPEG's blocks lie as they do in a file, and the edges of pasted buildings are blurred with the rest.
 * Blur is done before symmetry and colour, which then take one pass together with noise: a Gaussian changes places with
 * both of them (but for rounding, and for what colour cuts off at 0 and 255).
 *
 * H = side of the square
 */
import type { Params } from '../../params/schema.ts';
import { createRandom, type Random } from '../../system/random.ts';
import type { PreparedImage } from '../prepared.ts';
import { blurCanvas } from './blur.ts';
import { type Canvas, paintCanvas, type Shown } from './canvas.ts';
import { randomColorChange } from './color.ts';
import { pasteBuildings } from './copy-paste.ts';
import { develop } from './develop.ts';
import { mosaicFrames } from './mosaic.ts';
import { createNoise } from './noise.ts';
import { recompress } from './recompress.ts';
import { IDENTITY, moveRing, randomSymmetry } from './symmetry.ts';
import { letterboxView, randomView, type View } from './view.ts';
import { visibleCrowds, visibleOutlines, wholeOutlines } from './view-outlines.ts';

/** Structured-cloneable. */
export interface SampleRequest {
  image: PreparedImage;
  /** As many other images as `donorsWanted` says, chosen at random; more are left alone. */
  donors: readonly PreparedImage[];
  /** H, pixels */
  size: number;
  /** null = fitted into the square, nothing else. */
  augment: Params['augment'] | null;
  /** Everything random follows from it: the run's seed, the epoch and the number of the sample. */
  seed: readonly (number | string)[];
}

/** An image in the network's square with its buildings. */
export interface Sample {
  /** [H, H, 3] RGB */
  pixels: Uint8Array;
  /** Each building's outer rings, flat [x0, y0, x1, y1, ...] in pixels of the square. */
  outlines: number[][][];
}

/** How many other images `makeSample` may draw on. */
export function donorsWanted(augment: Params['augment'] | null): number {
  if (augment === null) return 0;
  return (augment.mosaic > 0 ? 3 : 0) + (augment.copy_paste > 0 ? 1 : 0);
}

type Augment = Params['augment'];
type Steps = SampleRequest & { augment: Augment; streamOf: (step: string) => Random };

/**
 * Decodes and augments one image. The same request gives the same bits, whatever the thread and the order of calls. Each
 * step draws from a stream of its own, so that switching one on or off changes what no other one draws.
 * @throws UserError where an image cannot be read
 * @throws RangeError where there are fewer donors than `donorsWanted`
 */
export async function makeSample(request: SampleRequest): Promise<Sample> {
  const { image, donors, size, augment, seed } = request;
  if (augment === null) {
    const { pixels, outlines } = await paintCanvas([show(image, letterboxView(image, size), 0)], size);
    return { pixels, outlines };
  }
  if (donors.length < donorsWanted(augment)) {
    throw new RangeError(
      `makeSample: expected ${donorsWanted(augment)} donors or more, got ${donors.length}`,
    );
  }
  const steps = { ...request, augment, streamOf: (step: string) => createRandom(...seed, step) };
  return photograph(await setScene(steps), steps);
}

/** What is on the ground, and where the camera is. */
async function setScene(steps: Steps): Promise<Canvas> {
  const { donors, size, augment, streamOf } = steps;
  const canvas = await paintCanvas(chooseViews(steps), size);
  const random = streamOf('copy-paste');
  if (!happens(augment.copy_paste, random)) return canvas;
  // The last one: those before are parts of the mosaic, whose buildings would be there twice.
  const donor = donors[donorsWanted(augment) - 1]!;
  const view = zoomedView(donor, steps, 'zoom of the donor');
  const outlines = wholeOutlines(donor.buildings, view);
  const crowds = visibleCrowds(donor.crowds, view);
  const donorCanvas = await paintCanvas([{ image: donor, view, outlines, crowds }], size);
  const pasted = pasteBuildings(canvas, donorCanvas, { most: augment.copy_paste_buildings, random });
  return { ...canvas, outlines: [...canvas.outlines, ...pasted] };
}

function chooseViews(steps: Steps): Shown[] {
  const { image, donors, size, augment, streamOf } = steps;
  const random = streamOf('mosaic');
  if (!happens(augment.mosaic, random)) {
    return [show(image, zoomedView(image, steps, 'zoom'), augment.min_visible)];
  }
  return mosaicFrames(size, random).map((frame, i) => {
    const part = i === 0 ? image : donors[i - 1]!;
    const view = randomView(part, { frame, size, zoom: augment.scale }, streamOf(`zoom of part ${i}`));
    return show(part, view, augment.min_visible);
  });
}

/** Where there is nothing to zoom, what evaluation sees. */
function zoomedView(image: PreparedImage, { size, augment, streamOf }: Steps, stream: string): View {
  if (augment.scale[0] === 1 && augment.scale[1] === 1) return letterboxView(image, size);
  const frame = { left: 0, top: 0, width: size, height: size };
  return randomView(image, { frame, size, zoom: augment.scale }, streamOf(stream));
}

function show(image: PreparedImage, view: View, minVisible: number): Shown {
  const outlines = visibleOutlines(image.buildings, view, minVisible);
  return { image, view, outlines, crowds: visibleCrowds(image.crowds, view) };
}

/** How the camera turns, the light, and what camera and file do to the picture. */
async function photograph(scene: Canvas, { size, augment, streamOf }: Steps): Promise<Sample> {
  const blur = streamOf('blur');
  const canvas = happens(augment.blur, blur)
    ? await blurCanvas(scene, blur.uniform(...augment.blur_sigma))
    : scene;
  const symmetry = augment.symmetries ? randomSymmetry(streamOf('symmetry')) : IDENTITY;
  const color = randomColorChange(augment, streamOf('color'));
  const pixels = develop(canvas, { symmetry, color, noise: randomNoise(augment, streamOf('noise')) });
  const jpeg = streamOf('jpeg');
  const [worst, best] = augment.jpeg_quality;
  return {
    pixels: happens(augment.jpeg, jpeg)
      ? await recompress(pixels, size, worst + jpeg.int(best - worst + 1))
      : pixels,
    outlines: canvas.outlines.map((rings) => rings.map((ring) => moveRing(ring, symmetry, size))),
  };
}

function randomNoise({ noise, noise_sigma: [low, high] }: Augment, random: Random) {
  return happens(noise, random) ? createNoise(255 * random.uniform(low, high), random) : null;
}

function happens(chance: number, random: Random): boolean {
  return random.next() < chance;
}
