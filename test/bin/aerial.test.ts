import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/aerial.js', import.meta.url));

/** Runs the launcher in a Node that says it is of another version. */
function runAs(version: string, ...args: string[]) {
  const disguise = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
  return execa(process.execPath, ['--import', `data:text/javascript,${disguise}`, launcher, ...args], {
    reject: false,
  });
}

describe('bin/aerial.js', () => {
  it('runs the program of the checkout', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    const { exitCode, stdout } = await execa(launcher, ['--version']);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(version);
  });

  it.each(['20.20.2', '22.17.1', '16.0.0'])('says in one line that Node %s is too old', async (version) => {
    const { exitCode, stdout, stderr } = await runAs(version, '--version');
    expect(exitCode).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^aerial needs Node >= 22\\.18, found ${version}: run make setup.*$`));
  });

  it.each(['22.18.0', '25.0.0'])('takes Node %s', async (version) => {
    expect((await runAs(version, '--version')).exitCode).toBe(0);
  });

  it('asks for the Node that package.json asks for', async () => {
    const { engines } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(engines.node).toBe('>=22.18');
  });
});
