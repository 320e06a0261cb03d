import type { EvaluatedImage } from '../images/detections.ts';
import { buildingOf, detectionOf, instanceOfBuilding, instanceOfDetection } from './instance-fields.ts';
import { createInstanceStore } from './instance-store.ts';

/** Images with their buildings and detections in few bytes, for a second look at a whole set. */
export interface ImageStore<Image extends EvaluatedImage> {
  add(image: Image): void;
  /**
   * In the order in which they came, each decoded when its turn comes; as often as one likes. As they would be read from
   * COCO files: masks, areas and scores to the last bit, boxes but for it.
   */
  readonly images: Iterable<Image>;
}

export function createImageStore<Image extends EvaluatedImage>(): ImageStore<Image> {
  const frames: Image[] = [];
  const buildings = createInstanceStore();
  const detections = createInstanceStore();
  return {
    add: (image) => {
      for (const building of image.truth) buildings.add(instanceOfBuilding(frames.length, building));
      for (const detection of image.detections) {
        detections.add(instanceOfDetection(frames.length, detection));
      }
      frames.push({ ...image, truth: [], detections: [] });
    },
    images: {
      *[Symbol.iterator]() {
        const buildingsOf = buildings.byImage(frames.length);
        const detectionsOf = detections.byImage(frames.length);
        for (const [i, frame] of frames.entries()) {
          const size = [frame.height, frame.width] as const;
          const truth = buildingsOf(i, size).map(buildingOf);
          yield { ...frame, truth, detections: detectionsOf(i, size).map(detectionOf) };
        }
      },
    },
  };
}
