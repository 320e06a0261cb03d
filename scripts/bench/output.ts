import { alignColumns } from '../columns.ts';
import type { Machine } from './machine.ts';
import { type Contestant, type Figure, median, type Outcome, quantile, type Result } from './suite.ts';

const DIGITS = 4;

/** @returns one line of JSON: the medians, and null for what the peer has not */
export function jsonLine(suite: string, machine: Machine, outcome: Outcome): string {
  const results = outcome.results.map(({ ours, peer, ...result }) => ({
    ...result,
    ours: ours.median,
    peer: peer?.median ?? null,
  }));
  const contestants = outcome.contestants?.map(({ name, unit, values, facts }) => ({
    name,
    unit,
    median: median(values),
    lower_quartile: quantile(values, 0.25),
    upper_quartile: quantile(values, 0.75),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
    ...facts,
  }));
  const { curve, notes } = outcome;
  return JSON.stringify({ suite, machine, results, contestants, curve, notes });
}

/**
 * @returns lines: the machine, a row a result, each side as median (min-max), a row a contestant, as median
 *   (lower-upper quartile), then the notes
 */
export function table(suite: string, machine: Machine, outcome: Outcome): string {
  const { cpu, cores, memory_gib, gpus, system, node } = machine;
  const about = [cpu, `${cores} cores`, `${memory_gib} GiB`, ...gpus, system, `Node ${node}`].join(', ');
  const { results, contestants = [], notes = [] } = outcome;
  const lines = [about, ...alignColumns(resultRows(suite, results))];
  if (contestants.length > 0) lines.push('', ...alignColumns(contestantRows(contestants)));
  return [...lines, ...notes.map((note) => `note: ${note}`)].join('\n');
}

function resultRows(suite: string, results: readonly Result[]): string[][] {
  return [
    [suite, 'ours (min-max)', 'peer (min-max)', 'unit', 'ours / peer'],
    ...results.map(({ name, unit, ours, peer, ratio, against, limit }) => [
      against ? `${name} against ${against}` : name,
      show(ours),
      peer ? show(peer) : '-',
      unit,
      `${showOrDash(ratio)}${limit === undefined ? '' : ` (limit ${limit})`}`,
    ]),
  ];
}

function contestantRows(contestants: readonly Contestant[]): string[][] {
  const facts = [...new Set(contestants.flatMap((contestant) => Object.keys(contestant.facts)))];
  return [
    ['contestant', 'median (quartiles)', 'unit', ...facts.map((fact) => fact.replaceAll('_', ' '))],
    ...contestants.map(({ name, unit, values, facts: own }) => [
      name,
      `${round(median(values))} (${round(quantile(values, 0.25))}-${round(quantile(values, 0.75))})`,
      unit,
      ...facts.map((fact) => showOrDash(own[fact] ?? null)),
    ]),
  ];
}

function show({ median: middle, min, max }: Figure): string {
  return `${round(middle)} (${round(min)}-${round(max)})`;
}

function showOrDash(value: number | null): string {
  return value === null ? '-' : round(value);
}

function round(value: number): string {
  return String(Number(value.toPrecision(DIGITS)));
}
