import type { Params } from '../params/schema.ts';
import type { MachineFacts } from './machine-facts.ts';

/** `missing`: the params ask for it and it is not there. `note`: worth knowing, nothing stops on it. */
export interface Finding {
  name: string;
  status: 'ok' | 'note' | 'missing';
  value: string;
  /** How to mend it; only with `note` and `missing`. */
  mend?: string;
}

/** Less free space than this cannot hold the prepared data and the runs. */
const MIN_FREE_BYTES = 2 ** 30;

/** Judges what was found by what the params ask for. A pure function. */
export function judge(facts: MachineFacts, params: Params): Finding[] {
  return [
    judgeNode(facts),
    judgeTensorFlow(facts),
    { name: 'CPU', status: 'ok', value: describeCpu(facts) },
    judgeGpu(facts, params.device),
    judgeCuda(facts, params.device),
    judgeGpuUse(facts, params.device),
    { name: 'memory', status: 'ok', value: describeMemory(facts) },
    ...facts.disks.map(judgeDisk),
    ...facts.sources.map(judgeSource),
    judgePackage('DVC', facts.dvc, 'aerial runs without it, dvc repro does not'),
    judgePackage('wandb', facts.wandb, 'figures then go to plain files only'),
    judgeWandbMode(facts),
  ];
}

function judgeNode({ node: { version, needed } }: MachineFacts): Finding {
  const value = `${version} (needed: ${needed})`;
  if (isAtLeast(version, needed.replace(/^>=\s*/, ''))) return { name: 'Node', status: 'ok', value };
  return { name: 'Node', status: 'missing', value, mend: 'run make setup, then eval "$(make -s env)"' };
}

function judgeTensorFlow({ tensorflow, runtime }: MachineFacts): Finding {
  if ('error' in tensorflow) {
    const mend =
      runtime === null
        ? 'TensorFlow is not set up: run make setup'
        : 'run make setup again; if it stays, delete .tools/tensorflow and node_modules first';
    return { name: 'TensorFlow', status: 'missing', value: `does not load: ${tensorflow.error}`, mend };
  }
  return { name: 'TensorFlow', status: 'ok', value: `${tensorflow.version}, loaded (library ${runtime})` };
}

function describeCpu({ cpu }: MachineFacts): string {
  const features = cpu.features.length > 0 ? cpu.features.join(' ') : 'no AVX2 (TensorFlow will be slow)';
  return `${cpu.model}, ${cpu.cores} ${cpu.cores === 1 ? 'core' : 'cores'}, ${features}`;
}

type Device = Params['device'];

function judgeGpu({ gpus }: MachineFacts, device: Device): Finding {
  const name = 'GPU';
  if (gpus.length > 0) {
    const value = gpus
      .map((gpu) => `${gpu.name}, ${gibibytes(gpu.memoryMiB * 2 ** 20)} of memory, driver ${gpu.driver}`)
      .join('; ');
    return { name, status: 'ok', value };
  }
  const value = 'no NVIDIA GPU (nvidia-smi gives none)';
  if (device !== 'gpu') return { name, status: 'note', value };
  return {
    name,
    status: 'missing',
    value,
    mend: 'params ask for device: gpu; install the NVIDIA driver (in Docker: its Container Toolkit), or set device to auto or cpu',
  };
}

function judgeCuda({ cudaLibraries, runtime }: MachineFacts, device: Device): Finding {
  const name = 'CUDA and cuDNN';
  const found = cudaLibraries.filter(({ path }) => path !== null).map((library) => library.name);
  const missing = cudaLibraries.filter(({ path }) => path === null).map((library) => library.name);
  const mend = 'install them with TF_RUNTIME=gpu make setup';
  if (missing.length === 0) return { name, status: 'ok', value: `found ${found.join(' ')}` };
  const value = [
    `missing ${missing.join(' ')}`,
    ...(found.length > 0 ? [`found ${found.join(' ')}`] : []),
  ].join('; ');
  if (device === 'gpu') return { name, status: 'missing', value, mend };
  return runtime?.endsWith('-gpu')
    ? { name, status: 'note', value, mend }
    : { name, status: 'note', value: `${value} (not needed by TensorFlow's CPU library)` };
}

/** Whether TensorFlow itself will compute on the GPU; a GPU that lies idle is never passed over in silence. */
function judgeGpuUse({ tensorflow, gpus, runtime }: MachineFacts, device: Device): Finding {
  const name = 'TensorFlow computes on';
  const usesGpu = 'usesGpu' in tensorflow && tensorflow.usesGpu;
  if (usesGpu) return { name, status: 'ok', value: 'GPU' };
  const mend = runtime?.endsWith('-gpu')
    ? 'look at the lines GPU and CUDA above, and at CUDA_VISIBLE_DEVICES; TF_CPP_MIN_LOG_LEVEL=0 aerial doctor tells more'
    : "the library in use is TensorFlow's for CPU only: TF_RUNTIME=gpu make setup";
  if ('error' in tensorflow) {
    return { name, status: device === 'gpu' ? 'missing' : 'note', value: 'nothing: it does not load' };
  }
  if (device === 'gpu')
    return { name, status: 'missing', value: 'CPU, while params ask for device: gpu', mend };
  if (device === 'auto' && gpus.length > 0) {
    return { name, status: 'note', value: 'CPU, although there is a GPU', mend };
  }
  return { name, status: 'ok', value: device === 'cpu' ? 'CPU, as params ask (device: cpu)' : 'CPU' };
}

function describeMemory({ memory }: MachineFacts): string {
  return `${gibibytes(memory.totalBytes)}, ${gibibytes(memory.availableBytes)} of it available`;
}

function judgeDisk({ path, freeBytes }: MachineFacts['disks'][number]): Finding {
  const name = 'free disk';
  const value = `${gibibytes(freeBytes)} at ${path}`;
  if (freeBytes >= MIN_FREE_BYTES) return { name, status: 'ok', value };
  const mend = 'free some space (at least 1 GiB), or set other folders in params (paths)';
  return { name, status: 'missing', value, mend };
}

function judgeSource({ key, path, exists }: MachineFacts['sources'][number]): Finding {
  if (exists) return { name: key, status: 'ok', value: path };
  return {
    name: key,
    status: 'missing',
    value: `${path} is not there`,
    mend: `put the data there, or set ${key} to where it is`,
  };
}

function judgePackage(name: string, version: string | null, without: string): Finding {
  if (version !== null) return { name, status: 'ok', value: version };
  return { name, status: 'note', value: `not installed (${without})`, mend: 'run make setup' };
}

function judgeWandbMode({ wandbMode: mode, wandbKey: key }: MachineFacts): Finding {
  const name = 'W&B mode';
  if (typeof mode === 'object') {
    return {
      name,
      status: 'missing',
      value: mode.error,
      mend: 'set WANDB_MODE to one of these, or unset it',
    };
  }
  if (mode === 'disabled' || mode === 'offline') {
    return { name, status: 'ok', value: `${mode} (WANDB_MODE)` };
  }
  if (key !== null) return { name, status: 'ok', value: `online, key from ${key}` };
  const mend = 'for online: set WANDB_API_KEY, or run wandb login';
  const value =
    mode === 'online' ? 'offline, although WANDB_MODE is online: no key found' : 'offline, no key found';
  return { name, status: 'note', value, mend };
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}

/** Compares `major.minor.patch`; what is left out counts as 0. */
function isAtLeast(version: string, needed: string): boolean {
  const [have, want] = [version, needed].map((text) => text.split('.').map(Number));
  const i = [0, 1, 2].find((place) => (have![place] ?? 0) !== (want![place] ?? 0)) ?? 0;
  return (have![i] ?? 0) >= (want![i] ?? 0);
}
