/**
 * The weights on which golden outputs were computed. They are in no file: each tensor follows from its name and its shape.
 * `make.py` has the same rule in Python.
 */
import type { HostTensor } from '../../src/model/safetensors.ts';
import { stateDictShapes } from './state-dict.ts';

/** All float tensors of the model's state dict, in PyTorch's layouts. */
export function regenerateStateDict(): Map<string, HostTensor> {
  return new Map([...stateDictShapes()].map(([name, shape]) => [name, regenerateTensor(name, shape)]));
}

/** Uniform values around `base` with the deviation `std`: computed in float64, kept in float32. */
export function regenerateTensor(name: string, shape: readonly number[]): HostTensor {
  const { base, std } = distributionOf(name, shape);
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  // The uniform distribution over -1 to 1 has the deviation 1/√3.
  const halfWidth = Math.sqrt(3) * std;
  let state = fnv1a(name);
  for (let i = 0; i < values.length; i++) {
    state = xorshift32(state);
    values[i] = base + (2 * (state / WORD) - 1) * halfWidth;
  }
  return { shape, values };
}

const WORD = 2 ** 32;

/** FNV-1a with 32 bits of the text in UTF-8 — http://www.isthe.com/chongo/tech/comp/fnv/ */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** The state after `state`, both in [0, 2³²). Marsaglia 2003, p. 4 — https://doi.org/10.18637/jss.v008.i14 */
export function xorshift32(state: number): number {
  let s = state;
  s ^= s << 13;
  s ^= s >>> 17;
  s ^= s << 5;
  return s >>> 0;
}

/** Of a tensor that no fragment of `GAINS` names: keeps the variance through ReLU layers. */
const RELU_GAIN = Math.SQRT2;
/** The first fragment that a name holds counts. */
const GAINS: readonly [fragment: string, gain: number][] = [
  ['backbone.fpn', 0.35],
  ['cls_logits', 2],
  ['cls_score', 2],
  ['bbox_pred', 0.3],
  ['mask_fcn_logits', 2],
];

/** Mean and deviation of a tensor's values. */
export function distributionOf(name: string, shape: readonly number[]): { base: number; std: number } {
  if (name.endsWith('running_var')) return { base: 1, std: 0.05 };
  if (name.endsWith('running_mean')) return { base: 0, std: 0.05 };
  if (shape.length === 1 && name.endsWith('weight')) {
    return { base: name.includes('.bn3.') ? 0.5 : 1, std: 0.05 };
  }
  if (name.endsWith('bias')) return { base: 0, std: 0.02 };
  const inputs = name.includes('conv5_mask') ? shape.slice(0, 1) : shape.slice(1);
  const fanIn = inputs.reduce((product, length) => product * length, 1);
  const gain = GAINS.find(([fragment]) => name.includes(fragment))?.[1] ?? RELU_GAIN;
  return { base: 0, std: gain / Math.sqrt(fanIn) };
}
