import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { curvesSvg } from '../../src/visualize/curves.ts';

const row = (epoch: number, loss: number | null) => ({
  epoch,
  'train/loss': loss,
  'valid/loss': 2,
  'valid/mask_ap': 0.2,
  'valid/mask_ap50': 0.4,
  'valid/boundary_ap': 0.1,
  'valid/iou': 0.6,
  'valid/dice': 0.7,
  'valid/precision': 0.8,
  'valid/recall': 0.7,
  'valid/f1': 0.75,
  'valid/score_threshold': 0.45,
  'valid/merged_rate': 0.2,
  'valid/split_rate': 0.1,
  'train/learning_rate': 0.002,
  'train/gradient_norm': 3,
});

/** The lines in this colour: how many pieces each has. */
function pieces(svg: string, color: string): number[] {
  const lines = [
    ...svg.matchAll(new RegExp(`<path [^>]*d="([^"]*)" stroke="${color}" stroke-width="2"`, 'g')),
  ];
  return lines.map(([, path]) => path!.split('M').length - 1);
}

describe('curvesSvg', () => {
  it('names the panels, their units and their lines', async () => {
    const svg = await curvesSvg([row(1, 3), row(2, 2)]);
    const names = ['Loss', 'Accuracy on the validation split', 'Learning rate', 'Gradient norm', 'epoch'];
    const errors = ['At the best score threshold', 'Merged and split buildings'];
    for (const text of errors) expect(svg).toContain(`>${text}</text>`);
    const lines = [
      'training',
      'validation',
      'mask mAP',
      'mask mAP50',
      'IoU',
      'Dice',
      '0–1, higher is better',
    ];
    for (const text of [...names, ...lines]) expect(svg).toContain(`>${text}</text>`);
  });

  it('draws one line for each figure', async () => {
    const svg = await curvesSvg([row(1, 3), row(2, 2), row(3, 1)]);
    // Training loss, mAP, precision, merged, learning rate and gradient norm; validation loss, mAP50, recall and split;
    // IoU and F1; Dice and threshold; boundary mAP.
    expect(pieces(svg, '#0072b2')).toEqual([1, 1, 1, 1, 1, 1]);
    expect(pieces(svg, '#d55e00')).toEqual([1, 1, 1, 1]);
    expect(pieces(svg, '#009e73')).toEqual([1, 1]);
    expect(pieces(svg, '#cc79a7')).toEqual([1, 1]);
    expect(pieces(svg, '#56b4e9')).toEqual([1]);
  });

  it('shows what an update changes, part by part, and how long it takes, where that is known', async () => {
    const old = await curvesSvg([row(1, 3)]);
    for (const text of ['Update ratio', 'Time of an update']) expect(old).not.toContain(text);
    const known = (epoch: number, ratio: number | null) => ({
      ...row(epoch, 3),
      'train/update_ratio/backbone': ratio,
      'train/update_ratio/mask': 0.01,
      'time/data': 0,
      'time/step': 0.5,
    });
    const svg = await curvesSvg([
      known(1, 0.001),
      known(2, 0.002),
      known(3, 0),
      known(4, 0.1),
      known(5, 0.1),
    ]);
    const names = ['Update ratio', 'backbone', 'mask', 'Time of an update', 'computing', 'waiting for data'];
    for (const text of names) expect(svg).toContain(`>${text}</text>`);
    // A logarithmic axis has no place for the zero of the third epoch.
    expect(pieces(svg, '#0072b2')).toEqual([1, 1, 1, 1, 1, 1, 2, 1]);
    expect(pieces(svg, '#d55e00').slice(4)).toEqual([1, 1]);
    const nothing = [known(1, null), known(2, 0)].map((known) => ({
      ...known,
      'train/update_ratio/mask': null,
    }));
    const never = await curvesSvg(nothing);
    for (const text of ['Update ratio', 'NaN', 'Infinity']) expect(never).not.toContain(text);
  });

  it('marks where a phase begins, in every panel, and nothing where there is one phase', async () => {
    const borders = (svg: string) => svg.match(/stroke-dasharray="4,4"/g)?.length ?? 0;
    const rows = [1, 1, 2].map((phase, i) => ({ ...row(i + 1, 3), phase }));
    expect(borders(await curvesSvg(rows))).toBe(6);
    expect(borders(await curvesSvg(rows.slice(0, 2)))).toBe(0);
    expect(borders(await curvesSvg([row(1, 3), row(2, 2)]))).toBe(0);
  });

  it('leaves a gap for a figure that is null, missing or not finite', async () => {
    for (const gap of [null, Number.NaN, Infinity]) {
      const history = [row(1, 3), row(2, 2.5), row(3, gap), row(4, 2), row(5, 1)];
      expect(pieces(await curvesSvg(history), '#0072b2')[0]).toBe(2);
    }
    const { 'train/loss': _, ...missing } = row(3, 0);
    expect(
      pieces(await curvesSvg([row(1, 3), row(2, 2.5), missing, row(4, 2), row(5, 1)]), '#0072b2')[0],
    ).toBe(2);
  });

  it('is a picture also for a single epoch and for none', async () => {
    for (const history of [[], [row(1, 3)]]) {
      const { width, height } = await sharp(Buffer.from(await curvesSvg(history))).metadata();
      expect(width).toBeGreaterThan(600);
      expect(height).toBeGreaterThan(400);
    }
  });

  it('has an axis one epoch wide for a single epoch', async () => {
    const svg = await curvesSvg([row(70, 3)]);
    for (const label of ['70', '71']) expect(svg).toContain(`>${label}</text>`);
  });
});
