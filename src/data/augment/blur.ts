import sharp from 'sharp';
import { type Canvas, joinPatches } from './canvas.ts';

/**
 * libvips cuts a Gaussian off where it falls below this share of its middle. Its own 0.2 makes nothing at all of a σ below
 * 0.56 pixels, and too little of all others.
 */
const CUTOFF = 0.01;
/** In whole numbers, its default, libvips is four times as fast, but at some σ it darkens the picture by 3 %. */
const PRECISION = 'float';

/**
 * Blurs each image of the canvas by a Gaussian; the black around them stays out of it.
 * @param sigma pixels, 0.3 or more
 */
export async function blurCanvas(canvas: Canvas, sigma: number): Promise<Canvas> {
  const { pixels, filled, size } = canvas;
  const raw = { width: size, height: size, channels: 3 as const };
  const blurred = await Promise.all(
    filled.map((rect) =>
      sharp(pixels, { raw })
        .extract(rect)
        .blur({ sigma, minAmplitude: CUTOFF, precision: PRECISION })
        .raw()
        .toBuffer(),
    ),
  );
  return { ...canvas, pixels: joinPatches(blurred, filled, size) };
}
