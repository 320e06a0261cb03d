import { readFile } from 'node:fs/promises';
import type { HeadlineFigures } from '../evaluate/intervals/headline-figures.ts';
import type { Metrics } from '../evaluate/metrics.ts';
import { UserError } from '../system/errors.ts';

/**
 * @param path a `metrics.json` of train or inference
 * @throws UserError where it cannot be read
 */
export async function readHeadline(path: string): Promise<HeadlineFigures> {
  try {
    return headlineOf(JSON.parse(await readFile(path, 'utf8')) as Metrics);
  } catch (error) {
    throw new UserError(
      `Cannot read the figures in ${path} (${(error as Error).message}): run the same command again`,
      {
        cause: error,
      },
    );
  }
}

function headlineOf(metrics: Metrics): HeadlineFigures {
  const { mask, boundary, box, iou, dice, precision, recall, f1, panoptic_quality, merged, split } = metrics;
  return {
    mask_ap: mask.ap,
    mask_ap50: mask.ap50,
    boundary_ap: boundary.ap,
    box_ap: box.ap,
    iou,
    dice,
    precision,
    recall,
    f1,
    panoptic_quality,
    merged_rate: merged.rate,
    split_rate: split.rate,
  };
}
