/**
 * Set-up, part two (setup.sh is part one): npm packages, Python tools, TensorFlow's library, the addon between it and Node.
 * It runs before any package is there, so only Node's own modules are imported, here and in every file beside it.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { addonStep } from './addon.ts';
import { environmentLines } from './environment.ts';
import { missingCompiler, missingPython, throwIfMissing } from './needs.ts';
import { npmPackagesStep } from './npm-packages.ts';
import { openProject, type Project } from './project.ts';
import { pythonEnvironmentStep } from './python-environment.ts';
import { createReport, elapsed, type Report } from './report.ts';
import { SetupError } from './setup-error.ts';
import { isDone, makeStep, pendingSteps, type Step } from './step.ts';
import { chooseFlavour, runtimeFolder, tensorFlowRuntimeStep } from './tensorflow-runtime.ts';

async function setUp(project: Project, report: Report): Promise<void> {
  const start = performance.now();
  const steps = await listSteps(project);
  const pending = await pendingSteps(steps);
  await checkNeeds(project, pending);
  for (const step of steps) {
    if (!(await isDone(step))) await makeStep(step, report);
  }
  await rm(join(project.root, '.tools/tmp'), { recursive: true, force: true });
  report.line(`${pending.length === 0 ? 'everything is there' : 'complete'} (${elapsed(start)})`);
}

async function listSteps(project: Project): Promise<Step[]> {
  const flavour = chooseFlavour(project.environment);
  const npmPackages = await npmPackagesStep(project);
  return [
    npmPackages,
    await pythonEnvironmentStep(project),
    tensorFlowRuntimeStep(project, flavour),
    await addonStep(project, runtimeFolder(project.root, flavour), npmPackages),
  ];
}

/** Everything that is missing is named at once, before the first download. */
async function checkNeeds(project: Project, pending: readonly Step[]): Promise<void> {
  const needs = new Set(pending.flatMap((step) => step.needs));
  throwIfMissing([
    needs.has('compiler') ? missingCompiler(project.environment) : undefined,
    needs.has('python') ? missingPython(await project.tools.found()) : undefined,
  ]);
}

const root = resolve(import.meta.dirname, '../..');
const report = createReport();
try {
  await setUp(openProject(root, process.env), report);
  if (process.argv.includes('--print-env')) process.stdout.write(environmentLines(root, process.execPath));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  report.line(error.message);
  process.exitCode = 1;
}
