import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { logFile, type Project } from './project.ts';
import type { Command } from './python-tools.ts';
import { elapsed } from './report.ts';
import { keyOf, type Step } from './step.ts';

/** A Python environment of the project's own with DVC and wandb, every package pinned by its sha256 in requirements.lock. */
export async function pythonEnvironmentStep(project: Project): Promise<Step> {
  const folder = join(project.root, '.tools/python');
  const requirements = join(project.root, 'requirements.lock');
  return {
    title: 'Python tools (DVC, wandb)',
    stamp: join(folder, '.setup'),
    // The scripts in it name its path, so it must be made again when the project's folder is moved or copied.
    key: keyOf(await readFile(requirements, 'utf8'), folder),
    outputs: ['python', 'dvc', 'wandb'].map((name) => join(folder, 'bin', name)),
    needs: ['python'],
    make: async (report) => {
      const start = performance.now();
      const stop = report.watch(() => `Python tools: ${elapsed(start)}`);
      try {
        const pip = await createEnvironment(project, folder);
        await runCommand(
          [
            ...pip,
            ...['install', '--require-hashes', '--no-deps', '-r', requirements],
            ...['--no-input', '--disable-pip-version-check', '--progress-bar=off'],
          ],
          { purpose: 'Installing the Python tools', log: logFile(project, 'python') },
        );
      } finally {
        stop();
      }
    },
  };
}

/**
 * Where Python cannot put a pip into the new environment (Debian without python3-venv), the machine's pip is to fill it.
 * @returns the pip that installs into the environment
 */
async function createEnvironment(project: Project, folder: string): Promise<Command> {
  const { path, ensurepip } = await project.tools.python();
  await rm(folder, { recursive: true, force: true });
  await runCommand([path, '-m', 'venv', ...(ensurepip ? [] : ['--without-pip']), folder], {
    purpose: 'Creating the Python environment',
    log: logFile(project, 'python'),
  });
  const own = join(folder, 'bin/python');
  return ensurepip ? [own, '-m', 'pip'] : [path, '-m', 'pip', '--python', own];
}
