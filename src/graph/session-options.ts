/**
 * How TensorFlow runs a graph: threads, devices, compilation, rewriting. tfjs makes every session with
 * TensorFlow's defaults; the addon's `setSessionOptions` (native/session_options.cc) changes them for the
 * sessions made from then on.
 *
 * Not here, because tfjs makes them for the whole process when the library loads, and a session's wish is not
 * heard: the threads inside one op (environment variable TF_NUM_INTRAOP_THREADS, before loading) and how GPU
 * memory is taken (TF_FORCE_GPU_ALLOW_GROWTH).
 */
import {
  type ConfigMessage,
  encodeConfigMessage,
  type RewriterMessage,
  type RewriterToggle,
} from './protobuf.ts';

/** What is left out is as TensorFlow has it. */
export interface SessionOptions {
  /** Ops of a run that may work at the same time, at least 1: threads of this session alone. */
  interOpThreads?: number;
  /**
   * `on`: groups of ops are compiled by XLA, on CPUs too. The environment variable TF_XLA_FLAGS, where set,
   * wins.
   */
  xla?: 'on' | 'off';
  /**
   * Devices of each type at most: `{ CPU: 2 }` makes two virtual ones (at least 1), `{ GPU: 0 }` hides all
   * GPUs.
   */
  deviceCount?: { readonly CPU?: number; readonly GPU?: number };
  /** What rewrites the graph before it runs. */
  grappler?: GrapplerOptions;
  /**
   * true: a node runs elsewhere where its device is missing or lacks its kernel; false (default): that is an
   * error.
   */
  allowSoftPlacement?: boolean;
  /**
   * true: TensorFlow says on stderr where each node runs, if the environment variable TF_CPP_MIN_LOG_LEVEL is
   * 0.
   */
  logDevicePlacement?: boolean;
  /** The server that runs the session, `grpc://host:port`; '' (default): this process. */
  target?: string;
}

/** TensorFlow's graph optimizers (Grappler). */
export interface GrapplerOptions {
  /** true: none of them runs. */
  disable?: boolean;
  /** true: an optimizer's failure is an error; false (default): its work is left out. */
  failOnErrors?: boolean;
  /** Most are on by default; `aggressive` is on, with assumptions that a graph may break. */
  optimizers?: { readonly [name in GrapplerOptimizer]?: Toggle };
}

type Toggle = keyof typeof TOGGLES;

/** Names are TensorFlow's, without "optimization" and the like. */
export type GrapplerOptimizer = keyof typeof OPTIMIZER_FIELDS;

const OPTIMIZER_FIELDS = {
  arithmetic: 'arithmeticOptimization',
  /** float16 on GPUs; off by default. */
  autoMixedPrecision: 'autoMixedPrecision',
  /** bfloat16 on CPUs; off by default. */
  autoMixedPrecisionBfloat16: 'autoMixedPrecisionOnednnBfloat16',
  commonSubgraph: 'commonSubgraphElimination',
  constantFolding: 'constantFolding',
  /** Takes assertions and checks out; off by default. */
  debugStripper: 'debugStripper',
  dependency: 'dependencyOptimization',
  function: 'functionOptimization',
  layout: 'layoutOptimizer',
  loop: 'loopOptimization',
  /** Fuses, say, a convolution with what follows it. */
  remapping: 'remapping',
  shape: 'shapeOptimization',
} as const satisfies Record<string, RewriterToggle>;

/** RewriterConfig.Toggle. */
const TOGGLES = { on: 1, off: 2, aggressive: 3 } as const;

/** OptimizerOptions.GlobalJitLevel: ON_2 and OFF. */
const JIT_LEVELS = { on: 2, off: -1 } as const;

/**
 * @returns a serialized ConfigProto; empty where nothing is set @throws RangeError that names the wrong
 * option
 */
export function encodeSessionOptions(options: SessionOptions): Uint8Array {
  const { interOpThreads, deviceCount = {}, xla, grappler, allowSoftPlacement, logDevicePlacement } = options;
  if (interOpThreads !== undefined) assertCount('interOpThreads', interOpThreads, 1);
  if (deviceCount.CPU !== undefined) assertCount('deviceCount.CPU', deviceCount.CPU, 1);
  if (deviceCount.GPU !== undefined) assertCount('deviceCount.GPU', deviceCount.GPU, 0);
  return encodeConfigMessage({
    deviceCount: { ...deviceCount },
    allowSoftPlacement: allowSoftPlacement ?? false,
    logDevicePlacement: logDevicePlacement ?? false,
    // The older inter_op_parallelism_threads is heard only from the first session of a process.
    sessionInterOpThreadPool: interOpThreads === undefined ? [] : [{ numThreads: interOpThreads }],
    ...((xla || grappler) && { graphOptions: toGraphOptions(xla, grappler) }),
  });
}

/**
 * Runs `load` with the options set for every session that it makes; afterwards, also after an error,
 * TensorFlow's defaults hold again.
 * @param binding tfjs's own: `tf.backend().binding`
 * @param load makes its sessions before it returns, as `backend.loadSavedModelMetaGraph` does, and not later,
 *   as `tf.node.loadSavedModel` does
 * @throws RangeError as `encodeSessionOptions`; Error where the addon cannot set options; TypeError for a
 *   promise
 */
export function withSessionOptions<T>(binding: object, options: SessionOptions, load: () => T): T {
  const config = encodeSessionOptions(options);
  const { setSessionOptions } = binding as OurBinding;
  if (!setSessionOptions) {
    throw new Error('The TensorFlow addon cannot set session options: it is an old build; run: make setup');
  }
  setSessionOptions(config, options.target ?? '');
  try {
    const loaded = load();
    if (loaded instanceof Promise) throw new TypeError('withSessionOptions: load must not be asynchronous');
    return loaded;
  } finally {
    setSessionOptions(new Uint8Array(0), '');
  }
}

/** What native/session_options.cc adds to tfjs's binding. */
interface OurBinding {
  setSessionOptions?: (config: Uint8Array, target: string) => void;
}

function toGraphOptions(
  xla: SessionOptions['xla'],
  grappler: GrapplerOptions | undefined,
): NonNullable<ConfigMessage['graphOptions']> {
  return {
    // Without cpuGlobalJit only what runs on a GPU is compiled.
    ...(xla && { optimizerOptions: { globalJitLevel: JIT_LEVELS[xla], cpuGlobalJit: xla === 'on' } }),
    ...(grappler && { rewriteOptions: toRewriter(grappler) }),
  };
}

function toRewriter({
  disable = false,
  failOnErrors = false,
  optimizers = {},
}: GrapplerOptions): RewriterMessage {
  const message: RewriterMessage = { disableMetaOptimizer: disable, failOnOptimizerErrors: failOnErrors };
  for (const name of Object.keys(optimizers) as GrapplerOptimizer[]) {
    const toggle = optimizers[name];
    if (toggle) message[OPTIMIZER_FIELDS[name]] = TOGGLES[toggle];
  }
  return message;
}

function assertCount(option: string, value: number, min: number): void {
  if (Number.isInteger(value) && value >= min && value < 2 ** 31) return;
  throw new RangeError(`Session option ${option} must be a whole number from ${min} on, got ${value}`);
}
