/**
 * A SavedModel loaded into TensorFlow: one session, one set of variables.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { tf } from '../system/tensorflow.ts';
import type { DataTypeNumber } from './graph.ts';
import { type SessionOptions, withSessionOptions } from './session-options.ts';
import { dataTypeName } from './state-graph.ts';

/** A tensor and the node that takes it. */
export interface Feed {
  node: string;
  dtype: DataTypeNumber;
  tensor: tf.Tensor;
}

/** A loaded graph. */
export interface Session {
  /**
   * Runs what the fetched nodes need, all in one call.
   * @returns a tensor per fetch; the caller disposes them
   * @throws Error with TensorFlow's message where a node fails
   */
  run(feeds: readonly Feed[], fetches: readonly string[]): tf.Tensor[];
  dispose(): void;
}

/** @param folder of a SavedModel; it may be removed once this has returned */
export function openSession(folder: string, options: SessionOptions): Session {
  const backend = tf.backend() as NodeJSKernelBackend;
  const id = withSessionOptions(backend.binding, options, () =>
    backend.loadSavedModelMetaGraph(folder, 'serve'),
  );
  return {
    run: (feeds, fetches) => {
      const tensors = feeds.map(({ tensor }) => tensor);
      const inputs = feeds.map(({ node, dtype }) => ({ name: node, dtype: '', tfDtype: dataTypeName(dtype) }));
      return backend.runSavedModel(id, tensors, inputs as never, [...fetches]);
    },
    dispose: () => backend.deleteSavedModel(id),
  };
}
