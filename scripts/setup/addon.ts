import { mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { runCommand } from './command.ts';
import { compilerName } from './needs.ts';
import { logFile, type Project } from './project.ts';
import { elapsed } from './report.ts';
import { SetupError } from './setup-error.ts';
import { keyOf, type Step } from './step.ts';
import { TENSORFLOW_VERSION } from './tensorflow-wheels.ts';

const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';

/**
 * The C++ files, relative to the project, and the names that mean another in one of them:
 * native/session_options.cc says why.
 */
const SOURCES = [
  { path: `${PACKAGE}/binding/tfjs_backend.cc`, flags: ['-DTF_NewSessionOptions=aerial_NewSessionOptions'] },
  {
    path: `${PACKAGE}/binding/tfjs_binding.cc`,
    flags: ['-Dnapi_register_module_v1=tfjs_register_module_v1'],
  },
  { path: 'native/session_options.cc', flags: [] },
];

const COMPILE_FLAGS = [
  ...['-O2', '-std=c++17', '-fPIC', '-c'],
  ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
  ...['-I', `${PACKAGE}/deps/include`, '-I', 'node_modules/node-api-headers/include'],
];

const LINK_FLAGS = [
  ...['-shared', '-L', `${PACKAGE}/deps/lib`],
  ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
  // Relative to the addon, so that the project's folder can be moved, or copied into an image.
  '-Wl,-rpath,$ORIGIN/../../deps/lib',
];

/**
 * tfjs-node's native part, with session options added, built against the TensorFlow library in `runtime`. Its
 * own install script would fetch a library of 2022 (CUDA 11.2) instead. `deps/lib` and `deps/include` in its
 * package become relative links to `runtime`.
 */
export async function addonStep(project: Project, runtime: string, npmPackages: Step): Promise<Step> {
  const folder = join(project.root, PACKAGE);
  const addon = join(folder, 'lib/napi-v8/tfjs_binding.node');
  const compiler = compilerName(project.environment);
  const read = (path: string) => readFile(join(project.root, path), 'utf8');
  // The package's own sources are pinned by the lock.
  const own = SOURCES.map(({ path }) => path).filter((path) => !path.startsWith(PACKAGE));
  const inputs = await Promise.all(['package-lock.json', ...own].map(read));
  return {
    title: 'TensorFlow addon for Node',
    stamp: join(dirname(addon), '.setup'),
    key: keyOf(compiler, COMPILE_FLAGS, SOURCES, LINK_FLAGS, inputs, relative(project.root, runtime)),
    outputs: [addon, join(folder, 'deps/lib/libtensorflow_cc.so.2')],
    needs: ['compiler'],
    inside: npmPackages,
    make: async (report) => {
      const start = performance.now();
      await linkRuntime(join(folder, 'deps'), join(runtime, 'tensorflow'));
      await mkdir(dirname(addon), { recursive: true });
      const stop = report.watch(() => `compiling the TensorFlow addon: ${elapsed(start)}`);
      await build(project, compiler, `${addon}.part`).finally(stop);
      await rename(`${addon}.part`, addon);
      await checkLoads(addon, logFile(project, 'addon'));
    },
  };
}

/** Compiles the sources, all at the same time, and links them to `output`. */
async function build(project: Project, compiler: string, output: string): Promise<void> {
  const objects = join(project.root, '.tools/tmp/addon');
  const run = (purpose: string, args: readonly string[]) =>
    runCommand([compiler, ...args], { purpose, log: logFile(project, 'addon'), cwd: project.root });
  await rm(objects, { recursive: true, force: true });
  await mkdir(objects, { recursive: true });
  const sources = SOURCES.map((source) => ({
    ...source,
    object: join(objects, `${basename(source.path)}.o`),
  }));
  const compiled = await Promise.allSettled(
    sources.map(({ path, flags, object }) =>
      run(`Compiling ${path}`, [...COMPILE_FLAGS, ...flags, path, '-o', object]),
    ),
  );
  for (const result of compiled) if (result.status === 'rejected') throw result.reason;
  await run('Linking the TensorFlow addon', [
    ...sources.map(({ object }) => object),
    ...LINK_FLAGS,
    '-o',
    output,
  ]);
  await rm(objects, { recursive: true });
}

async function linkRuntime(deps: string, tensorflow: string): Promise<void> {
  await rm(deps, { recursive: true, force: true });
  await mkdir(deps);
  await symlink(relative(deps, tensorflow), join(deps, 'lib'));
  await symlink(relative(deps, join(tensorflow, 'include')), join(deps, 'include'));
}

/**
 * Loads the addon as the program will: a library that does not fit is found here, not in the middle of the
 * work.
 */
async function checkLoads(addon: string, log: string): Promise<void> {
  const script = `
    const { TF_Version, setSessionOptions } = require(process.argv[1]);
    setSessionOptions(new Uint8Array(0), '');
    console.log('version', TF_Version);`;
  const output = await runCommand([process.execPath, '-e', script, addon], {
    purpose: 'Loading the new TensorFlow addon',
    log,
  });
  if (!output.split('\n').includes(`version ${TENSORFLOW_VERSION}`)) {
    throw new SetupError(`the TensorFlow addon says "${output.trim()}", expected ${TENSORFLOW_VERSION}`);
  }
}
