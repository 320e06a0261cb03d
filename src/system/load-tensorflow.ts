import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { UserError } from './errors.ts';
import type { tf } from './tensorflow.ts';

/** What TensorFlow reads from the environment when its library loads, and never again. */
export interface TensorFlowSettings {
  /** true: kernels that give the same bits on every run on a CPU. */
  deterministic: boolean;
  /** `cpu` hides the GPUs from TensorFlow; `gpu` demands one. */
  device: 'auto' | 'cpu' | 'gpu';
}

/**
 * Sets the environment and loads TensorFlow. Variables that the user has set win, except those that `settings` decides.
 * Call it before importing any module that imports `tensorflow.ts`.
 * @throws UserError where a GPU is demanded and TensorFlow sees none, or determinism is asked for on a GPU, which cannot
 *   give it (the gradient of `CropAndResize` adds up in no fixed order: NVIDIA/framework-reproducibility #18); the loader's own error where the addon or the
 *   library is missing (`aerial doctor` explains it)
 */
export async function loadTensorFlow(settings: TensorFlowSettings): Promise<typeof tf> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (settings.deterministic) process.env.TF_DETERMINISTIC_OPS = '1';
  if (settings.device === 'cpu') process.env.CUDA_VISIBLE_DEVICES = '-1';
  const tensorflow = (await import('./tensorflow.ts')).tf;
  const usesGpu = (tensorflow.backend() as NodeJSKernelBackend).isUsingGpuDevice;
  if (settings.deterministic && usesGpu) {
    throw new UserError(
      'train.deterministic is true, which a GPU cannot give; set device=cpu, or train.deterministic=false',
    );
  }
  if (settings.device === 'gpu' && !usesGpu) {
    throw new UserError(
      'device is gpu, but TensorFlow sees no GPU; run `aerial doctor` to see what is missing, or set device=auto',
    );
  }
  return tensorflow;
}
