import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

function rangeTest(...args: string[]) {
  const program = [join(ROOT, 'bin/aerial.js'), 'range-test', '--params', join(ROOT, 'params.yaml'), ...args];
  return execa(process.execPath, program, { reject: false, cwd: '/' });
}

describe('aerial range-test', () => {
  it.each([
    [['--from', '0'], /Expected a number above 0/],
    [['--to', 'much'], /Expected a number above 0/],
    [['--steps', '9'], /Expected a whole number from 10 to 9999/],
    [['--from', '0.1', '--to', '0.01'], /--from must be below --to \(0\.01\), got 0\.1/],
  ])('refuses %j with exit code 2', async (args, message) => {
    const { exitCode, stderr, stdout } = await rangeTest(...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
  it('says in one line what to do where there is no prepared data', async () => {
    const { exitCode, stderr } = await rangeTest('--set', 'paths.prepared=/nonexistent/prepared');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/error: .*\/nonexistent\/prepared.*aerial data-prep/);
  });
});
