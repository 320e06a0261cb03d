/**
 * A SavedModel loaded into TensorFlow: one session, one set of variables.
 */
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { tf } from '../system/tensorflow.ts';
import type { DataTypeNumber } from './graph.ts';
import { type GrapplerOptions, type SessionOptions, withSessionOptions } from './session-options.ts';
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
   * @throws Error with TensorFlow's message where a node fails; Error after `dispose`
   */
  run(feeds: readonly Feed[], fetches: readonly string[]): tf.Tensor[];
  /** Once is enough; more does nothing. */
  dispose(): void;
}

/**
 * These replace arithmetic by other arithmetic, or by fused kernels, that round differently. Without them a graph gives the
 * same bits as the function op by op (where TF_DETERMINISTIC_OPS is set), and loses no speed: a training step of the default
 * model on two cores took 176 ms without and 184 ms with them.
 */
const AS_RECORDED: GrapplerOptions = {
  optimizers: { arithmetic: 'off', constantFolding: 'off', remapping: 'off' },
};

/**
 * @param folder of a SavedModel; it may be removed once this has returned
 * @param options as they are, but for `grappler`: where it is left out, nothing may change how numbers are rounded
 */
export function openSession(folder: string, options: SessionOptions): Session {
  const backend = tf.backend() as NodeJSKernelBackend;
  const id = withSessionOptions(backend.binding, { grappler: AS_RECORDED, ...options }, () =>
    backend.loadSavedModelMetaGraph(folder, 'serve'),
  );
  let open = true;
  return {
    run: (feeds, fetches) => {
      if (!open) throw new Error('The compiled program was disposed; compile it again');
      const tensors = feeds.map(({ tensor }) => tensor);
      const inputs = feeds.map(({ node, dtype }) => ({
        name: node,
        dtype: '',
        tfDtype: dataTypeName(dtype),
      }));
      return backend.runSavedModel(id, tensors, inputs as never, [...fetches]);
    },
    dispose: () => {
      if (open) backend.deleteSavedModel(id);
      open = false;
    },
  };
}
