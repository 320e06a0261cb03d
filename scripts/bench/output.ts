import type { Machine } from './machine.ts';
import type { Figure, Result } from './suite.ts';

const DIGITS = 4;

/** @returns one line of JSON: the medians, and null for what the peer has not */
export function jsonLine(suite: string, machine: Machine, results: readonly Result[]): string {
  const rows = results.map(({ name, unit, ours, peer, ratio }) => ({
    name,
    ours: ours.median,
    peer: peer?.median ?? null,
    unit,
    ratio,
  }));
  return JSON.stringify({ suite, machine, results: rows });
}

/** @returns lines: the machine, then a row a result, each side as median (min-max) */
export function table(suite: string, machine: Machine, results: readonly Result[]): string {
  const { cpu, cores, memory_gib, gpus, system, node } = machine;
  const about = [cpu, `${cores} cores`, `${memory_gib} GiB`, ...gpus, system, `Node ${node}`].join(', ');
  const rows = [
    [suite, 'ours (min-max)', 'peer (min-max)', 'unit', 'ours / peer'],
    ...results.map(({ name, unit, ours, peer, ratio }) => [
      name,
      show(ours),
      peer ? show(peer) : '-',
      unit,
      ratio === null ? '-' : round(ratio),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  '));
  return [about, ...lines.map((line) => line.trimEnd())].join('\n');
}

function show({ median, min, max }: Figure): string {
  return `${round(median)} (${round(min)}-${round(max)})`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}
