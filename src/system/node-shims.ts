/**
 * tfjs-node 4.22 calls two functions of Node's `util` that are deprecated (each call warns) and gone from Node 23 on
 * (tensorflow/tfjs#8609). This module must be evaluated before tfjs; `tensorflow.ts` sees to it.
 */
import util from 'node:util';

Object.assign(util, {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
});
