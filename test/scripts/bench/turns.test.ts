import { describe, expect, it } from 'vitest';
import { measureInTurns } from '../../../scripts/bench/turns.ts';

/** A worker whose rounds "take" 1, 2, 3 ... times its input, and give back what it was asked. */
const counting = `
  let input, round = 0;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (input === undefined) { input = JSON.parse(line); console.log('ready'); return; }
    round++;
    console.log(JSON.stringify({ seconds: round * input, output: round }));
  });`;
const worker = (code: string) => [process.execPath, '-e', code] as const;

describe('measureInTurns', () => {
  it('leaves the warm-up out, reports every round, and knows the peak memory', async () => {
    const lines: string[] = [];
    const commands = { ours: worker(counting), peer: worker(counting) };
    const { ours, peer } = await measureInTurns(commands, 10, {
      rounds: 2,
      report: (line) => lines.push(line),
    });
    expect(ours).toMatchObject({ seconds: [20, 30], output: 3 });
    expect(peer).toMatchObject({ seconds: [20, 30], output: 3 });
    if (process.platform === 'linux') expect(ours.peakMebibytes).toBeGreaterThan(10);
    expect(lines.map((line) => line.split(':')[0])).toEqual(['warm-up', 'round 1 of 2', 'round 2 of 2']);
  });

  it.each([
    ['process.exitCode = 3', 'exit code 3'],
    ['', 'ended without an answer'],
  ])('fails when a side ends before its answer: %j', async (code, message) => {
    const commands = { ours: worker(counting), peer: worker(code) };
    await expect(measureInTurns(commands, 1, { rounds: 1, report: () => {} })).rejects.toThrow(message);
  });
});
