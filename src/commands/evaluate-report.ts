import { basename, join } from 'node:path';
import type { CocoFiles, CocoPaths } from '../evaluate/coco-files/open-coco-files.ts';
import { writeGroundTruth, writePredictions } from '../evaluate/coco-files/write-coco-files.ts';
import type { Evaluation, EvaluationOptions } from '../evaluate/evaluate-images.ts';
import { createResults } from '../report/create-results.ts';
import { replaceFolder } from '../system/replace-folder.ts';
import { openPictures } from './evaluate-pictures.ts';
import { assertOwnReport, assertReportFolder } from './evaluate-report-folder.ts';
import type { StageContext } from './stage.ts';

/** What the report is made of, and where it goes. */
export interface ReportFlags extends CocoPaths {
  /** Its folder. */
  report: string;
  /** Where the image files lie; without it, the report has no pictures. */
  images?: string;
}

/** Goes through the images; what is given hears of each. */
export type Evaluated = (onOutcome?: EvaluationOptions['onOutcome']) => Promise<Evaluation>;

/** As `inference.gallery` of the params. */
const GALLERY = 200;

/**
 * @returns what evaluates into a report: a page with the worst images, tables, the figures, and the files themselves, so
 *   that `aerial compare` takes the folder for a run
 * @throws UsageError and UserError as `assertReportFolder`, before anything is read
 */
export async function prepareReport(
  flags: ReportFlags,
  { log, signal }: StageContext,
): Promise<(files: CocoFiles, evaluated: Evaluated) => Promise<Evaluation>> {
  const { report, groundTruth, predictions, images } = flags;
  await assertReportFolder(report, flags);
  return async (files, evaluated) => {
    const pictures = images === undefined ? null : openPictures(images, files.names, log);
    let evaluation: Evaluation | undefined;
    const fill = async (folder: string) => {
      const results = createResults(folder, {
        title: basename(predictions),
        subtitle: `${basename(predictions)} against ${basename(groundTruth)}`,
        history: null,
        gallery: GALLERY,
        ...(pictures && { picture: pictures.read }),
      });
      evaluation = await evaluated(results.add);
      await results.finish(evaluation);
      await writeGroundTruth(join(folder, 'ground_truth.json'), files.images, files.categories);
      await writePredictions(join(folder, 'predictions.json'), files.images);
      signal.throwIfAborted();
    };
    await replaceFolder(report, fill, { signal, assertReplaceable: () => assertOwnReport(report) });
    pictures?.warnOfMisfits();
    log.info(`The report is ${join(report, 'report.html')}`);
    return evaluation!;
  };
}
