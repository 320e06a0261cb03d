import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoFiles, openCocoFiles } from '../../../src/evaluate/coco-files/open-coco-files.ts';

/** What two files hold: values, or the text itself. */
export interface CocoContent {
  truth: unknown;
  predictions: unknown;
}

/** Writes the files into a folder. @returns their paths */
export function writeCoco(folder: string, { truth, predictions }: CocoContent) {
  const paths = { groundTruth: join(folder, 'truth.json'), predictions: join(folder, 'found.json') };
  const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  writeFileSync(paths.groundTruth, textOf(truth));
  writeFileSync(paths.predictions, textOf(predictions));
  return paths;
}

export function openCoco(folder: string, content: CocoContent): Promise<CocoFiles> {
  return openCocoFiles(writeCoco(folder, content));
}

/** 8 pixels high, 10 wide, the first with a building and a detection of it. */
export function smallSet() {
  const ring = [2, 1, 6, 1, 6, 4, 2, 4];
  return {
    truth: {
      images: [
        { id: 3, file_name: 'three.png', height: 8, width: 10 },
        { id: 1, file_name: 'one.png', height: 8, width: 10 },
      ],
      annotations: [
        {
          id: 7,
          image_id: 3,
          category_id: 5,
          iscrowd: 0,
          area: 12,
          bbox: [2, 1, 4, 3],
          segmentation: [ring],
        },
      ] as Record<string, unknown>[],
      categories: [{ id: 5, name: 'building' }] as Record<string, unknown>[],
    },
    predictions: [{ image_id: 3, category_id: 5, score: 0.75, segmentation: [ring] }] as Record<
      string,
      unknown
    >[],
  };
}
