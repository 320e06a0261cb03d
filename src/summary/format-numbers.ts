import type { ByPart } from './parts.ts';

/** Parts as people call them. */
export const PART_LABELS: Readonly<Record<keyof ByPart, string>> = {
  backbone: 'backbone',
  fpn: 'feature pyramid (FPN)',
  rpn: 'region proposals (RPN)',
  box: 'box head with RoIAlign',
  mask: 'mask head with RoIAlign',
  other: 'the rest',
  total: 'total',
};

/** `12.35 GB`, `160 MB`, `3.4 MB`: powers of ten. */
export function formatBytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(2)} GB`;
  return `${(count / 1e6).toFixed(count < 1e7 ? 1 : 0)} MB`;
}
