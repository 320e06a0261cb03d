/**
 * What the progress of training says in one line, and how far the run is.
 */

/** What is shown while training runs. */
export interface ProgressState {
  epoch: number;
  /** Name of the phase; null where there is only one. */
  phase: string | null;
  loss: number;
  imagesPerSecond: number;
  /** How long the update waited for its data, and how long it computed. */
  seconds?: { data: number; step: number };
  /** That this process holds. */
  memoryBytes?: number;
}

/** How far a run is, 0-1, and the time to its end; null before there is anything to project. */
export interface Estimate {
  share: number;
  leftMs: number | null;
}

/** One of the line's parts; the lower its `rank`, the more it is needed where there is little room. */
interface Part {
  text: string;
  rank: number;
}

/** From this share of the time on, waiting for data is told: more threads would make training faster. */
const WAITING_MATTERS = 0.1;
/** Weight of the newest update in what is told of the last ones. */
const NEWEST_WEIGHT = 0.1;
const SEPARATOR = ' · ';

/** Remembers what the updates before were like, so that numbers do not jump from one to the next. */
export function createProgressText(totalSteps: number, epochs: number) {
  const rate = createSmoothing();
  const data = createSmoothing();
  const compute = createSmoothing();
  return (step: number, state: ProgressState, { leftMs }: Estimate, columns = Infinity): string => {
    const { phase, epoch, loss, imagesPerSecond, seconds, memoryBytes } = state;
    const [waited, computed] = [data(seconds?.data ?? 0), compute(seconds?.step ?? 0)];
    const waiting = waited + computed > 0 ? waited / (waited + computed) : 0;
    const parts: (Part | false)[] = [
      phase !== null && { text: phase, rank: 5 },
      { text: `epoch ${epoch}/${epochs}`, rank: 2 },
      { text: `step ${step}/${totalSteps}`, rank: 1 },
      { text: `loss ${loss.toFixed(3)}`, rank: 0 },
      { text: `${rate(imagesPerSecond).toFixed(1)} images/s`, rank: 4 },
      waiting > WAITING_MATTERS && { text: `${(100 * waiting).toFixed(0)} % waiting for data`, rank: 3 },
      memoryBytes !== undefined && { text: `${(memoryBytes / 2 ** 30).toFixed(1)} GiB`, rank: 6 },
      { text: leftMs === null ? 'time left unknown' : `${formatDuration(leftMs)} left`, rank: 1 },
    ];
    return shorten(
      parts.filter((part) => part !== false),
      columns,
    );
  };
}

/** As many of the parts as have room, those that are needed most before the others, in their order. */
function shorten(parts: readonly Part[], columns: number): string {
  let room = columns + SEPARATOR.length;
  const kept = new Set<Part>();
  for (const part of parts.toSorted((a, b) => a.rank - b.rank)) {
    const width = part.text.length + SEPARATOR.length;
    if (width > room) continue;
    kept.add(part);
    room -= width;
  }
  const texts = parts.filter((part) => kept.has(part)).map(({ text }) => text);
  return texts.join(SEPARATOR);
}

/** A moving mean, which begins at the first value. */
function createSmoothing(): (value: number) => number {
  let mean: number | undefined;
  return (value) => {
    mean = mean === undefined ? value : mean + NEWEST_WEIGHT * (value - mean);
    return mean;
  };
}

interface EstimateOptions {
  /** Of the whole run. */
  totalSteps: number;
  /** What is left of the time that the whole run may take, ms; Infinity where it may take any. */
  limitLeftMs: () => number;
  nowMs?: () => number;
}

/**
 * From the pace of this process, validations included, projected on the steps to come; a resumed run begins where it is. The
 * first update, in which TensorFlow gets ready, does not count.
 */
export function createEstimate({
  totalSteps,
  limitLeftMs,
  nowMs = () => performance.now(),
}: EstimateOptions): (step: number) => Estimate {
  let start: { step: number; ms: number } | null = null;
  return (step) => {
    start ??= { step, ms: nowMs() };
    const elapsedMs = nowMs() - start.ms;
    const msPerStep = step > start.step ? elapsedMs / (step - start.step) : Infinity;
    const stepsMs = step < totalSteps ? (totalSteps - step) * msPerStep : 0;
    const leftMs = Math.max(0, Math.min(stepsMs, limitLeftMs()));
    const before = Math.min(1, start.step / totalSteps);
    if (!Number.isFinite(leftMs)) return { share: before, leftMs: null };
    const sinceThen = elapsedMs + leftMs > 0 ? elapsedMs / (elapsedMs + leftMs) : 1;
    return { share: before + (1 - before) * sinceThen, leftMs };
  };
}

/** `45 s`, `12 min`, `3 h 20 min` */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
