/**
 * The only door to TensorFlow.js: importing this module loads the native library, once, in the thread that owns it
 * (a second thread that loads the addon fails: tensorflow/tfjs#8388).
 * What must be set before the library loads is set by `load-tensorflow.ts`.
 */
import './node-shims.ts';

export * as tf from '@tensorflow/tfjs-node-gpu';
