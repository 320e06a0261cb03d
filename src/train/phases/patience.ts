/**
 * Early stopping: a phase ends when validations bring nothing any more (Prechelt 1998, "Early Stopping — But When?").
 *
 * What counts is a better model, as `isBetter` says: a higher mask mAP, and a lower loss where the mAP is the same. So a run
 * whose mAP is still 0 goes on as long as its loss falls.
 */

/**
 * Validations in a row that brought no better model.
 * @param before how many there were; 0 at the beginning of each phase
 * @param better whether this one brought the best model of the run so far
 */
export function validationsWithoutGain(before: number, better: boolean): number {
  return better ? 0 : before + 1;
}

/** Whether the phase is over. @param patience `train.patience`; null = it never is */
export function isOutOfPatience(withoutGain: number, patience: number | null): boolean {
  return patience !== null && withoutGain >= patience;
}
