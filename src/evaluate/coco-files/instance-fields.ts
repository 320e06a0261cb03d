/**
 * Buildings and detections as the instances of COCO files. Back from there they have COCO's boxes, [x, y, width, height]:
 * `sides` to the last bit, the far edges but for it.
 */
import type { Detection, GroundTruth, ImageBox } from '../images/detections.ts';
import { cocoBox } from './coco-results.ts';
import type { Instance } from './instance-store.ts';

export function instanceOfBuilding(image: number, building: GroundTruth): Instance {
  const { area, crowd, category = 0, mask } = building;
  return { image, category, bbox: cocoBox(building), value: area, crowd, mask };
}

export function instanceOfDetection(image: number, detection: Detection): Instance {
  const { score, category = 0, mask } = detection;
  return { image, category, bbox: cocoBox(detection), value: score, crowd: false, mask };
}

export function buildingOf({ bbox, value: area, crowd, category, mask }: Instance): GroundTruth {
  return { ...boxOf(bbox), area, crowd, category, mask };
}

export function detectionOf({ bbox, value: score, category, mask }: Instance): Detection {
  return { ...boxOf(bbox), score, category, mask };
}

function boxOf([x, y, width, height]: Instance['bbox']): Required<ImageBox> {
  return { box: [y, x, y + height, x + width], sides: [height, width] };
}
