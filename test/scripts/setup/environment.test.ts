import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { environmentLines } from '../../../scripts/setup/environment.ts';

function pathAfterEval(lines: string): string {
  const script = 'PATH=/before; eval "$1"; printf %s "$PATH"';
  return execFileSync('/bin/sh', ['-c', script, 'sh', lines], { encoding: 'utf8' });
}

describe('environmentLines', () => {
  it('puts aerial, the fetched Node and the Python tools before the rest, whatever is in the name of the folder', () => {
    const root = `/home/a b/it's $HOME "x"`;
    expect(pathAfterEval(environmentLines(root, `${root}/.tools/node/bin/node`))).toBe(
      `${root}/bin:${root}/.tools/node/bin:${root}/.tools/python/bin:/before`,
    );
  });

  it("leaves out the Node that is the machine's own", () => {
    expect(pathAfterEval(environmentLines('/p', '/usr/bin/node'))).toBe(
      '/p/bin:/p/.tools/python/bin:/before',
    );
  });
});
