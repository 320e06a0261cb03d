import type { EvaluatedImage } from '../evaluate/images/detections.ts';
import type { ImageOutcome } from '../evaluate/outcome/outcome.ts';
import type { Table } from '../tracking/tracker.ts';
import { countClasses } from './evaluation-exhibits.ts';

/** What a tracker shows of an evaluation beside its figures. */
export interface Exhibits<Image extends EvaluatedImage> {
  /** How many buildings and detections are of each class. */
  outcomes: Table;
  /** The first images. */
  examples: { image: Image; outcome: ImageOutcome }[];
}

/** Takes one image after the other. */
export interface ExhibitGatherer<Image extends EvaluatedImage> {
  add(image: Image, outcome: ImageOutcome): void;
  exhibits(): Exhibits<Image>;
}

/** @param limit images that are kept as examples, >= 0 */
export function gatherExhibits<Image extends EvaluatedImage>(limit: number): ExhibitGatherer<Image> {
  const classes = countClasses();
  const examples: Exhibits<Image>['examples'] = [];
  return {
    add: (image, outcome) => {
      classes.add(outcome);
      if (examples.length < limit) examples.push({ image, outcome });
    },
    exhibits: () => ({ outcomes: classes.table(), examples }),
  };
}
