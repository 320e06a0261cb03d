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

  it('takes any number of contestants, each beginning in its turn, after as many warm-ups as asked', async () => {
    const order: string[] = [];
    // Each says when it was its turn; the clock is one for all processes of a machine.
    const timing = `
      let ready = false;
      require('node:readline').createInterface({ input: process.stdin }).on('line', () => {
        const output = String(process.hrtime.bigint());
        console.log(ready ? JSON.stringify({ seconds: 1, output }) : 'loaded ' + (ready = true));
      });`;
    const commands = { a: worker(timing), b: worker(timing), c: worker(timing) };
    for (const rounds of [1, 2, 3]) {
      const measured = await measureInTurns(commands, 0, { rounds, warmUps: 2, report: () => {} });
      expect(Object.keys(measured)).toEqual(['a', 'b', 'c']);
      expect(measured.b).toMatchObject({ loaded: 'loaded true', seconds: Array(rounds).fill(1) });
      expect(BigInt(measured.a.firstOutput as string)).toBeLessThan(BigInt(measured.a.output as string));
      const last = Object.entries(measured).map(([name, { output }]) => [BigInt(output as string), name]);
      order.push(
        last
          .toSorted(([a], [b]) => (a! < b! ? -1 : 1))
          .map(([, name]) => name)
          .join(''),
      );
    }
    // Rounds 3, 4 and 5, both warm-ups counted.
    expect(order).toEqual(['cab', 'abc', 'bca']);
  });

  it.each([
    ['process.exitCode = 3', 'exit code 3'],
    ['', 'ended without an answer'],
  ])('fails when a side ends before its answer: %j', async (code, message) => {
    const commands = { ours: worker(counting), peer: worker(code) };
    await expect(measureInTurns(commands, 1, { rounds: 1, report: () => {} })).rejects.toThrow(message);
  });
});
