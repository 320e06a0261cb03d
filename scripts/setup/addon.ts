import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { runCommand } from './command.ts';
import { compilerName } from './needs.ts';
import { logFile, type Project } from './project.ts';
import { elapsed } from './report.ts';
import { SetupError } from './setup-error.ts';
import { keyOf, type Step } from './step.ts';
import { TENSORFLOW_VERSION } from './tensorflow-wheels.ts';

/** C++ sources of the addon, relative to its package. */
const SOURCES = ['binding/tfjs_backend.cc', 'binding/tfjs_binding.cc'];

const FLAGS = [
  ...['-O2', '-std=c++17', '-fPIC', '-shared'],
  ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
  ...['-I', 'deps/include', '-I', '../../node-api-headers/include'],
];

const LIBRARIES = [
  ...['-L', 'deps/lib', '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  // Relative to the addon, so that the project's folder can be moved, or copied into an image.
  '-Wl,-rpath,$ORIGIN/../../deps/lib',
];

/**
 * tfjs-node's native part, built against the TensorFlow library in `runtime`. Its own install script would fetch a
 * library of 2022 (CUDA 11.2) instead. `deps/lib` and `deps/include` in its package become relative links to `runtime`.
 */
export async function addonStep(project: Project, runtime: string, npmPackages: Step): Promise<Step> {
  const folder = join(project.root, 'node_modules/@tensorflow/tfjs-node-gpu');
  const addon = join(folder, 'lib/napi-v8/tfjs_binding.node');
  const compile = [compilerName(project.environment), ...FLAGS, ...SOURCES, ...LIBRARIES] as const;
  const lock = await readFile(join(project.root, 'package-lock.json'), 'utf8');
  return {
    title: 'TensorFlow addon for Node',
    stamp: join(dirname(addon), '.setup'),
    key: keyOf(compile, lock, relative(project.root, runtime)),
    outputs: [addon, join(folder, 'deps/lib/libtensorflow_cc.so.2')],
    needs: ['compiler'],
    inside: npmPackages,
    make: async (report) => {
      const start = performance.now();
      const log = logFile(project, 'addon');
      await linkRuntime(join(folder, 'deps'), join(runtime, 'tensorflow'));
      await mkdir(dirname(addon), { recursive: true });
      const stop = report.watch(() => `compiling the TensorFlow addon: ${elapsed(start)}`);
      await runCommand([...compile, '-o', `${addon}.part`], {
        purpose: 'Compiling the TensorFlow addon',
        log,
        cwd: folder,
      }).finally(stop);
      await rename(`${addon}.part`, addon);
      await checkLoads(addon, log);
    },
  };
}

async function linkRuntime(deps: string, tensorflow: string): Promise<void> {
  await rm(deps, { recursive: true, force: true });
  await mkdir(deps);
  await symlink(relative(deps, tensorflow), join(deps, 'lib'));
  await symlink(relative(deps, join(tensorflow, 'include')), join(deps, 'include'));
}

/** Loads the addon as the program will: a library that does not fit is found here, not in the middle of the work. */
async function checkLoads(addon: string, log: string): Promise<void> {
  const script = 'console.log("version", require(process.argv[1]).TF_Version)';
  const output = await runCommand([process.execPath, '-e', script, addon], {
    purpose: 'Loading the new TensorFlow addon',
    log,
  });
  if (!output.split('\n').includes(`version ${TENSORFLOW_VERSION}`)) {
    throw new SetupError(`the TensorFlow addon says "${output.trim()}", expected ${TENSORFLOW_VERSION}`);
  }
}
