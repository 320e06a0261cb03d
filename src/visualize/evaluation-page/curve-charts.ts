/** The curves of an evaluation and of the training before it. */
import type { Curves, Metrics } from '../../evaluate/metrics.ts';
import { type Html, html } from '../html.ts';
import { percent } from '../page/format.ts';
import { epochOf, type HistoryRow, MOST_DOTTED_ROWS, phaseBorders } from '../training-history.ts';
import { type LineChart, lineChart } from './line-chart.ts';

const SHARE: [number, number] = [0, 1];

/** A line through one point is not to be seen, and through a few these are what was measured. */
const FEW_POINTS = 10;

export async function evaluationCharts(
  { precision_recall, thresholds, calibration }: Curves,
  { score_threshold, calibration_error }: Metrics,
): Promise<Html> {
  const scores: [number, number] = domainOf([...thresholds.map(({ score }) => score), score_threshold]);
  const figureLine = (name: string, key: 'f1' | 'precision' | 'recall') => ({
    name,
    dots: thresholds.length <= FEW_POINTS,
    points: thresholds.map((point) => ({ x: point.score, y: point[key] })),
  });
  return inGrid([
    {
      title: 'Precision over recall.',
      meaning:
        'The more buildings are found, the more wrong detections come with them; further up and right is better.',
      x: { title: 'recall', domain: SHARE },
      y: { title: 'precision', domain: SHARE },
      series: precision_recall.map(({ iou, points }) => ({
        name: `IoU ≥ ${percent(iou, 0)}`,
        points: points.map(({ recall, precision }) => ({ x: recall, y: precision })),
      })),
    },
    {
      title: 'F1 over the score threshold.',
      meaning:
        'What other thresholds would give; the line is at the one from which on detections count here.',
      x: { title: 'score from which on detections count', domain: scores, format: '~g' },
      y: { title: '', domain: SHARE },
      series: [figureLine('F1', 'f1'), figureLine('precision', 'precision'), figureLine('recall', 'recall')],
      marker: { x: score_threshold, text: `counted from ${score_threshold.toFixed(2)} on` },
    },
    {
      title: 'Calibration.',
      meaning: `Is a detection with a score of 0.8 right in 80 % of cases? Below the dashed line scores promise too much. Mean error: ${percent(calibration_error)}.`,
      x: { title: 'score', domain: SHARE, format: '~g' },
      y: { title: 'right detections', domain: SHARE },
      series: [
        {
          name: 'detections',
          dots: true,
          points: calibration.map(({ score, precision }) => ({ x: score, y: precision })),
        },
      ],
      diagonal: true,
    },
  ]);
}

const LOSSES = [
  ['train/loss', 'training'],
  ['valid/loss', 'validation'],
] as const;

const ACCURACIES = [
  ['valid/mask_ap', 'mask mAP'],
  ['valid/mask_ap50', 'mask mAP50'],
  ['valid/iou', 'IoU'],
  ['valid/dice', 'Dice'],
] as const;

export async function trainingCharts(history: readonly HistoryRow[]): Promise<Html> {
  const epochs = history.map(epochOf);
  const lines = (keys: readonly (readonly [key: string, name: string])[]) =>
    keys.map(([key, name]) => ({
      name,
      dots: history.length <= MOST_DOTTED_ROWS,
      points: history.map((row, i) => ({ x: epochs[i]!, y: row[key] ?? null })),
    }));
  const common = {
    x: { title: 'epoch', domain: domainOf(epochs), format: 'd', whole: true },
    borders: phaseBorders(history),
  };
  return inGrid([
    {
      ...common,
      title: 'Loss.',
      meaning: 'What training lowers. Validation rising while training falls is learning by heart.',
      y: { title: '', format: '~g' },
      series: lines(LOSSES),
    },
    {
      ...common,
      title: 'Accuracy on the validation split.',
      meaning: 'Measured after each epoch; the model with the best mask mAP is kept.',
      y: { title: '', domain: SHARE },
      series: lines(ACCURACIES),
    },
  ]);
}

/** Around all values, and never empty; 0-1 where they lie within. */
function domainOf(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  if (low >= 0 && high <= 1) return SHARE;
  return [low, Math.max(low + 1, high)];
}

async function inGrid(charts: readonly LineChart[]): Promise<Html> {
  const figures: Html[] = [];
  for (const chart of charts) figures.push(await lineChart(chart));
  return html`<div class="charts">
${figures}</div>`;
}
