/**
 * Who may import whom. A room is a folder of src/. `values`: rooms (or single files) whose code it may run; `types`:
 * rooms of which it may use types only. Not named = not allowed. The door to TensorFlow, src/system/tensorflow.ts, is
 * listed where a room computes with tensors.
 */
const TENSORFLOW = 'system/tensorflow.ts';
/** Train keeps the params beside its model; inference holds them against its own. */
const SAVED_PARAMS = 'params/saved-params.ts';
/** Train goes on with a checkpoint only where the params that decide its numbers are the same. */
const FINGERPRINT = 'params/fingerprint.ts';
/** Train makes batches smaller where memory runs out, and keeps to what params may hold. */
const LIMITS = 'params/limits.ts';

/** @type {Record<string, { values: string[], types?: string[] }>} */
const ROOMS = {
  system: { values: [] },
  masks: { values: [] },
  // Compiles any function of tensors; could be a package of its own.
  graph: { values: [TENSORFLOW] },
  params: { values: ['system'] },
  // Brings any file of the Hugging Face Hub; knows nothing of what is in it.
  hub: { values: ['system'] },
  ops: { values: [TENSORFLOW] },
  model: { values: ['ops', 'system'], types: ['params', 'graph'] },
  loss: { values: ['ops', TENSORFLOW], types: ['model', 'data', 'params'] },
  data: { values: ['hub', 'masks', 'system'], types: ['params'] },
  // Runs the model over a split, so it reads batches as train does.
  evaluate: { values: ['data', 'masks', 'model', 'ops', 'system'], types: ['params'] },
  visualize: {
    values: ['masks', 'system', 'evaluate/images/building-classes.ts'],
    types: ['data', 'evaluate', 'tracking'],
  },
  tracking: { values: ['system'], types: ['params'] },
  train: {
    values: [
      ...['data', 'hub', 'model', 'loss', 'evaluate', 'visualize', 'system'],
      ...[SAVED_PARAMS, FINGERPRINT, LIMITS],
      ...['graph/program.ts', 'graph/optimizers', 'graph/when.ts'],
    ],
    types: ['params', 'tracking', 'graph'],
  },
  // What was measured, as files for people: also of other tools' predictions, so it knows no model.
  report: { values: ['evaluate', 'masks', 'visualize', 'system'] },
  inference: {
    values: [
      ...['model', 'data', 'evaluate', 'masks', 'report', 'visualize', 'system', SAVED_PARAMS],
      ...['graph/compile.ts', 'graph/save-function.ts'],
    ],
    types: ['params', 'tracking', 'graph'],
  },
  // Starts stages as processes and compares what comes of them; computes nothing with tensors itself.
  reproduce: { values: ['params', 'system', 'model/safetensors.ts'], types: ['evaluate'] },
  // Counts what train and inference would compile.
  summary: {
    values: [
      ...['model', 'loss', 'data/batch.ts', 'data/host-batch.ts', 'data/loader.ts'],
      ...['graph/cache.ts', 'graph/cost.ts', 'graph/scope.ts'],
      ...[
        'train/phases/phases.ts',
        'train/engine/step.ts',
        'train/engine/update.ts',
        'train/engine/validation-step.ts',
      ],
      ...['system/align-columns.ts', 'system/errors.ts', TENSORFLOW],
    ],
    types: ['params', 'graph', 'system'],
  },
};

/** The files that may load TensorFlow; everything else stays fast to start and safe in a worker thread. */
const TENSOR_ROOMS = ['ops', 'model', 'loss', 'train', 'evaluate', 'inference', 'graph', 'summary'];
const TENSOR_FILES = ['data/batch.ts', 'system/load-tensorflow.ts', TENSORFLOW];

const TYPES_ONLY = ['type-only', 'type-import'];
const escapeDots = (text) => text.replaceAll('.', '\\.');
const inSrc = (names) =>
  `^src/(${names.map((name) => (name.endsWith('.ts') ? `${escapeDots(name)}$` : `${name}/`)).join('|')})`;

const roomRules = Object.entries(ROOMS).flatMap(([room, { values, types = [] }]) => [
  {
    name: `${room}-runs-only-what-it-may`,
    comment: `src/${room} may run code of: ${values.join(', ') || 'no other room'}`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: inSrc([room, ...values]), dependencyTypesNot: TYPES_ONLY },
  },
  {
    name: `${room}-knows-only-what-it-may`,
    comment: `src/${room} may use types of: ${[...values, ...types].join(', ') || 'no other room'}`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: '^src/', pathNot: inSrc([room, ...values, ...types]), dependencyTypes: TYPES_ONLY },
  },
]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'every-folder-is-a-known-room',
      comment: 'A new folder of src/ needs a line in the table ROOMS of .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: inSrc([...Object.keys(ROOMS), 'commands']) },
      to: {},
    },
    {
      name: 'cli-is-thin',
      comment: 'src/cli.ts wires commands and system, and nothing else',
      severity: 'error',
      from: { path: '^src/cli\\.ts$' },
      to: { path: '^src/', pathNot: inSrc(['commands', 'system']) },
    },
    {
      name: 'nothing-imports-the-commands',
      comment: 'Commands are the top: only src/cli.ts may import them',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli\\.ts$', '^src/commands/'] },
      to: { path: '^src/(commands/|cli\\.ts$)' },
    },
    {
      name: 'one-door-to-tensorflow',
      comment: 'Import { tf } from src/system/tensorflow.ts, which prepares Node for it',
      severity: 'error',
      from: { path: '^src/', pathNot: inSrc([TENSORFLOW]) },
      to: { path: 'node_modules/@tensorflow/', dependencyTypesNot: TYPES_ONLY },
    },
    {
      name: 'tensorflow-only-where-tensors-are',
      comment: `TensorFlow is loaded only by ${[...TENSOR_ROOMS, ...TENSOR_FILES].join(', ')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: inSrc([...TENSOR_ROOMS, ...TENSOR_FILES]) },
      to: { path: inSrc([TENSORFLOW]), dependencyTypesNot: TYPES_ONLY },
    },
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be read, tested or loaded alone',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'The import leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-is-complete-without-development',
      comment: 'The installed program has neither dev dependencies nor test/ and scripts/',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: ['^test/', '^scripts/'] },
    },
    {
      name: 'no-dev-dependencies-in-src',
      comment: 'List it under "dependencies" of package.json, or import types only',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: TYPES_ONLY, pathNot: 'node_modules/@types/' },
    },
    {
      name: 'no-undeclared-dependencies',
      comment: 'The package is installed by chance, as a dependency of another one',
      severity: 'error',
      from: { path: '^(src|scripts)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    // TypeScript 7 has no JavaScript API, so dependency-cruiser reads the files with swc: docs/decisions/0002-tooling.md.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
