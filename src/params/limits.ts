/** Limits of params that the program itself must keep to when it changes them. */

/** Batches in one update, `train.accumulation_steps`. */
export const MOST_ACCUMULATED = 4096;
