import { readdirSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { logFile, type Project } from './project.ts';
import type { Report } from './report.ts';
import { SetupError } from './setup-error.ts';
import type { Wheel } from './tensorflow-wheels.ts';

/** CPython whose wheels are taken, whatever Python the machine has. */
const WHEELS_PYTHON = '3.12';

/**
 * Fetches one wheel with pip (from the index that the user's pip is set to), which checks its sha256, and unpacks the
 * wanted files into `target`. The wheel itself is not kept, neither here nor in pip's cache: it would double the space.
 */
export async function installWheel(
  project: Project,
  wheel: Wheel,
  target: string,
  report: Report,
): Promise<void> {
  const tmp = join(project.root, '.tools/tmp/wheel');
  await rm(tmp, { recursive: true, force: true });
  await mkdir(tmp, { recursive: true });
  try {
    const path = await download(project, wheel, tmp, report);
    const { path: python } = await project.tools.python();
    const stop = report.watch(() => `${wheel.requirement}: unpacking`);
    await runCommand([python, join(import.meta.dirname, 'unpack_wheel.py'), path, target, ...wheel.files], {
      purpose: `Unpacking ${wheel.requirement}`,
      log: logFile(project, 'tensorflow'),
    }).finally(stop);
  } finally {
    await rm(tmp, { recursive: true, force: true });
  }
}

/** @returns path of the wheel in `tmp` */
async function download(project: Project, wheel: Wheel, tmp: string, report: Report): Promise<string> {
  const log = logFile(project, 'tensorflow');
  const requirements = join(tmp, 'requirements.txt');
  await writeFile(requirements, `${wheel.requirement} --hash=sha256:${wheel.sha256}\n`);
  const folder = join(tmp, 'wheel');
  // pip shows no progress without a terminal, but its temporary file grows.
  const stop = report.watch(() => progressLine(wheel, folderSize(tmp)));
  await runCommand(
    [
      ...(await project.tools.pip()),
      ...['download', '--no-deps', '--only-binary=:all:', '--require-hashes', '-r', requirements],
      ...['--python-version', WHEELS_PYTHON, '--implementation', 'cp', '--platform', wheel.platform],
      ...['--dest', folder, '--no-cache-dir', '--no-input', '--disable-pip-version-check'],
      '--progress-bar=off',
    ],
    { purpose: `Fetching ${wheel.requirement}`, log, env: { ...project.environment, TMPDIR: tmp } },
  ).finally(stop);
  const [name] = await readdir(folder);
  if (name === undefined) throw new SetupError(`pip fetched no file for ${wheel.requirement} (see ${log})`);
  report.line(`${wheel.requirement}: fetched, sha256 as pinned`);
  return join(folder, name);
}

/** @param received bytes so far; pip's copy at the end may count twice, so it is cut at the whole size */
export function progressLine(wheel: Wheel, received: number): string {
  const megabytes = Math.min(Math.round(received / 1e6), wheel.megabytes);
  return `${wheel.requirement}: ${megabytes} / ${wheel.megabytes} MB`;
}

/** @returns bytes in all files below `folder`; what vanishes meanwhile counts nothing */
function folderSize(folder: string): number {
  const sizes = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) =>
    entry.isFile() ? (statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0) : 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
