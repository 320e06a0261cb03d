import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadTensorFlow, type TensorFlowSettings } from './load-tensorflow.ts';

/** What loading TensorFlow shows. */
export type TensorFlowProbe = { version: string; usesGpu: boolean } | { error: string };

/** Loads TensorFlow as the stages do. @returns why it does not load, in one line, instead of throwing */
export async function probeTensorFlow(settings: TensorFlowSettings): Promise<TensorFlowProbe> {
  try {
    const tf = await loadTensorFlow(settings);
    const { binding, isUsingGpuDevice } = tf.backend() as unknown as {
      binding: { TF_Version: string };
      isUsingGpuDevice: boolean;
    };
    return { version: binding.TF_Version, usesGpu: isUsingGpuDevice };
  } catch (error) {
    return { error: (error as Error).message.split('\n')[0]!.trim() };
  }
}

/** @returns folder of TensorFlow's library: it holds `tensorflow/` and, for CUDA, `nvidia/`; null = not set up */
export async function findRuntime(): Promise<string | null> {
  const link = new URL('../../node_modules/@tensorflow/tfjs-node-gpu/deps/lib', import.meta.url);
  try {
    return dirname(await realpath(fileURLToPath(link)));
  } catch {
    return null;
  }
}
