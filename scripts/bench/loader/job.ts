/** The work of the suite `loader`, the same for all contestants; Python reads it as JSON. */
import type { BatchShape } from '../../../src/data/host-batch.ts';
import type { PreparedImage } from '../../../src/data/prepared.ts';
import type { Params } from '../../../src/params/schema.ts';

/** What a contestant is given. */
export interface Job {
  images: PreparedImage[];
  shape: BatchShape;
  augment: Params['augment'];
  workers: number;
}

/** What it made of all images of a pass, so that one which does less is found out. */
export interface PassFacts {
  images: number;
  /** Of each image, the mean. */
  buildings: number;
  /** 0–1, the mean of all pixels. */
  brightness: number;
  /** Standard deviation of differences between neighbouring pixels in 0–1: blur lowers it, noise raises it. */
  roughness: number;
  /** 0–1, mean coverage of the buildings' masks. */
  coverage: number;
  /** Pixels, the mean of the roots of the boxes' areas. */
  box_side: number;
}

/** What a round gives: on a busy machine the time that the cores worked says more than the time that went by. */
export interface RoundFacts {
  buildings: number;
  /** Of all threads and processes. */
  cpu_seconds: number;
}

/** 512 x 512 from 500 x 500, batches of 8; a map of touching buildings is no part of it, as nobody else has one. */
export const SHAPE: BatchShape = {
  ...{ batchSize: 8, imageSize: 512, maxInstances: 64, maskSize: 56 },
  touchingDistance: null,
};

/** Everything but the mosaic, at strengths that are usual. */
export const AUGMENT: Params['augment'] = {
  symmetries: true,
  scale: [0.6, 1.6],
  min_visible: 0.25,
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hue: 0.05,
  blur: 0.2,
  blur_sigma: [0.5, 1.2],
  noise: 0.3,
  noise_sigma: [0.005, 0.03],
  jpeg: 0.3,
  jpeg_quality: [40, 90],
  copy_paste: 0.3,
  copy_paste_buildings: 4,
  mosaic: 0,
};
