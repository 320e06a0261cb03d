import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { programsOnPath } from './programs.ts';
import type { Project } from './project.ts';
import type { Report } from './report.ts';
import { SetupError } from './setup-error.ts';
import { keyOf, type Step } from './step.ts';
import {
  type Flavour,
  RUNTIMES,
  type RuntimeContent,
  TENSORFLOW_VERSION,
  type Wheel,
} from './tensorflow-wheels.ts';
import { installWheel } from './wheel.ts';

/** Where a driver's library lies: Debian and Ubuntu, Fedora, inside containers with the NVIDIA toolkit, WSL. */
const DRIVER_TRACES = [
  '/proc/driver/nvidia/version',
  '/usr/lib/x86_64-linux-gnu/libcuda.so.1',
  '/usr/lib64/libcuda.so.1',
  '/usr/lib/wsl/lib/libcuda.so.1',
];

/**
 * Which TensorFlow library to take: what `TF_RUNTIME` says, else `gpu` where an NVIDIA driver is found.
 * @param exists asked for files outside the project
 */
export function chooseFlavour(
  environment: NodeJS.ProcessEnv,
  exists: (path: string) => boolean = existsSync,
): Flavour {
  const wish = environment.TF_RUNTIME || 'auto';
  if (wish === 'cpu' || wish === 'gpu') return wish;
  if (wish !== 'auto') throw new SetupError(`TF_RUNTIME must be cpu, gpu or not set, got "${wish}"`);
  const driver =
    DRIVER_TRACES.some(exists) || programsOnPath('nvidia-smi', environment.PATH ?? '').length > 0;
  return driver ? 'gpu' : 'cpu';
}

/** Folder of one flavour's library: `tensorflow/` and, beside it, where the library looks for them, CUDA's `nvidia/`. */
export function runtimeFolder(root: string, flavour: Flavour): string {
  return join(root, '.tools/tensorflow', `${TENSORFLOW_VERSION}-${flavour}`);
}

/**
 * TensorFlow's C++ library (and CUDA's libraries) out of Python wheels. They are unpacked into a folder beside, which is
 * renamed when all are there; a set-up that was cut off goes on with the first wheel that is not yet unpacked.
 */
export function tensorFlowRuntimeStep(
  project: Project,
  flavour: Flavour,
  content: RuntimeContent = RUNTIMES[flavour],
): Step {
  const folder = runtimeFolder(project.root, flavour);
  const key = keyOf(content);
  return {
    title: `TensorFlow ${TENSORFLOW_VERSION} (${flavour.toUpperCase()})`,
    stamp: join(folder, '.setup'),
    key,
    outputs: [join(folder, 'tensorflow')],
    needs: ['python'],
    make: async (report) => {
      const aside = `${folder}.${key.slice(0, 12)}.part`;
      await removeOtherParts(aside);
      await unpackAll(project, content.wheels, aside, report);
      await addLinks(aside, content.links);
      await rm(folder, { recursive: true, force: true });
      await rename(aside, folder);
    },
  };
}

async function unpackAll(
  project: Project,
  wheels: readonly Wheel[],
  aside: string,
  report: Report,
): Promise<void> {
  const marks = join(aside, '.unpacked');
  await mkdir(marks, { recursive: true });
  for (const wheel of wheels) {
    const mark = join(marks, wheel.sha256);
    if (existsSync(mark)) continue;
    await installWheel(project, wheel, aside, report);
    await writeFile(mark, '');
  }
  await rm(marks, { recursive: true });
}

async function addLinks(folder: string, links: RuntimeContent['links']): Promise<void> {
  for (const [path, target] of links) {
    await rm(join(folder, path), { force: true });
    await symlink(target, join(folder, path));
  }
}

/** Left-overs of a set-up that was cut off and whose pins have changed since. */
async function removeOtherParts(aside: string): Promise<void> {
  await mkdir(dirname(aside), { recursive: true });
  const flavour = basename(aside).split('.').slice(0, -2).join('.');
  for (const name of await readdir(dirname(aside))) {
    if (name.startsWith(`${flavour}.`) && name.endsWith('.part') && name !== basename(aside)) {
      await rm(join(dirname(aside), name), { recursive: true, force: true });
    }
  }
}
