import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hubCacheFolder } from '../hub/hub-access.ts';
import type { Params } from '../params/schema.ts';
import { type Cpu, type Disk, type Memory, readCpu, readDisks, readMemory } from '../system/hardware.ts';
import { type CudaLibrary, findCudaLibraries, type Gpu, queryGpus } from '../system/nvidia.ts';
import { readPythonPackages } from '../system/python-tools.ts';
import { findRuntime, probeTensorFlow, type TensorFlowProbe } from '../system/tensorflow-probe.ts';
import { findWandbKey, readWandbMode, type WandbMode } from '../system/wandb-access.ts';

/** What `aerial doctor` found on the machine, unjudged. */
export interface MachineFacts {
  node: { version: string; needed: string };
  tensorflow: TensorFlowProbe;
  /** Name of the folder of TensorFlow's library, e.g. `2.21.0-gpu`; null = not set up. */
  runtime: string | null;
  cpu: Cpu;
  gpus: Gpu[];
  cudaLibraries: CudaLibrary[];
  memory: Memory;
  disks: Disk[];
  /** Folders and files that the params name as sources of data. */
  sources: { key: string; path: string; exists: boolean }[];
  dvc: string | null;
  wandb: string | null;
  /** `error`: WANDB_MODE holds something else. */
  wandbMode: WandbMode | { error: string };
  /** Where the key was found, never the key. */
  wandbKey: string | null;
}

export async function readMachineFacts(
  params: Params,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<MachineFacts> {
  const runtime = await findRuntime();
  const { prepared, runs } = params.paths;
  const [cpu, gpus, cudaLibraries, disks, packages, wandbKey] = await Promise.all([
    readCpu(),
    queryGpus(),
    findCudaLibraries(runtime, environment),
    readDisks([hubCacheFolder(environment), prepared, runs]),
    readPythonPackages(['dvc', 'wandb']),
    findWandbKey(environment),
  ]);
  return {
    node: { version: process.versions.node, needed: readNeededNode() },
    // Last: it holds the thread, so that the waiting commands above would run into their time limits.
    tensorflow: await probeTensorFlow({
      deterministic: params.train.deterministic,
      // Loading refuses `gpu` where there is none; here it is to be found out what there is.
      device: params.device === 'cpu' ? 'cpu' : 'auto',
    }),
    runtime: runtime === null ? null : basename(runtime),
    cpu,
    gpus,
    cudaLibraries,
    memory: readMemory(),
    disks,
    sources: sourcePaths(params).map(([key, path]) => ({ key, path, exists: existsSync(path) })),
    dvc: packages.get('dvc') ?? null,
    wandb: packages.get('wandb') ?? null,
    wandbMode: tryReadWandbMode(environment),
    wandbKey,
  };
}

function sourcePaths({ data }: Params): [key: string, path: string][] {
  const local: [string, string][] =
    data.source === 'local' && data.path !== null ? [['data.path', join(data.path, 'data/train.zip')]] : [];
  return [...local, ...data.custom.map((path, i): [string, string] => [`data.custom[${i}]`, path])];
}

/** @returns e.g. `>=22.18`, from package.json */
function readNeededNode(): string {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return engines.node;
}

function tryReadWandbMode(environment: NodeJS.ProcessEnv): MachineFacts['wandbMode'] {
  try {
    return readWandbMode(environment);
  } catch (error) {
    return { error: (error as Error).message };
  }
}
