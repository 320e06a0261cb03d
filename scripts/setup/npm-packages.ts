import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { logFile, type Project } from './project.ts';
import { elapsed } from './report.ts';
import { keyOf, type Step } from './step.ts';

/** `npm ci`: node_modules as package-lock.json says. Install scripts stay off (.npmrc). */
export async function npmPackagesStep(project: Project): Promise<Step> {
  const { root, environment } = project;
  const inputs = await Promise.all(
    ['package.json', 'package-lock.json', '.npmrc'].map((name) => readFile(join(root, name), 'utf8')),
  );
  const omitted = [environment.NODE_ENV === 'production', environment.npm_config_omit ?? ''];
  return {
    title: 'npm packages',
    stamp: join(root, 'node_modules/.setup'),
    key: keyOf(inputs, process.versions.modules, omitted),
    outputs: [join(root, 'node_modules/.package-lock.json')],
    needs: [],
    make: async (report) => {
      const start = performance.now();
      const stop = report.watch(() => `npm packages: ${elapsed(start)}`);
      await runCommand(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
        purpose: 'Installing the npm packages',
        log: logFile(project, 'npm'),
        cwd: root,
      }).finally(stop);
    },
  };
}
