import type { tf } from '../system/tensorflow.ts';
import type { MapLayer } from './layers.ts';

/** A network that turns images into four maps. */
export interface Backbone {
  /** Channels of C2–C5. */
  channels: readonly number[];
  /** [N, H, W, 3] → C2–C5: maps at strides 4, 8, 16, 32. */
  apply(images: tf.Tensor4D): tf.Tensor4D[];
}

/** The stem, then stage after stage, each of which gives a map. */
export function chainStages(stem: MapLayer, stages: readonly MapLayer[]): Backbone['apply'] {
  return (images) => {
    const maps: tf.Tensor4D[] = [];
    let x = stem(images);
    for (const stage of stages) {
      x = stage(x);
      maps.push(x);
    }
    return maps;
  };
}
