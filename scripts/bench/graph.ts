import { readCpu } from '../../src/system/hardware.ts';
import { contestantsOf, type Means } from './graph/contestants.ts';
import {
  assertSameWork,
  isEager,
  isNamedPyTorch,
  isPyTorch,
  type Race,
  rowsOf,
  standing,
  unnamedRival,
} from './graph/standings.ts';
import type { Network } from './graph/subject.ts';
import { findTorch } from './graph/torch.ts';
import { withPrepared } from './graph/workplace.ts';
import type { Result, Suite, SuiteOptions } from './suite.ts';
import { measureInTurns } from './turns.ts';

/** The first makes TensorFlow choose its kernels, the second grows its memory. */
const WARM_UPS = 2;
/** Threads of TensorFlow and of OpenMP spin for a while before they sleep, on cores that the next contestant wants. */
const PAUSE_MS = 50;

/** What issue 4 demands. */
const LIMITS = { prototype: 0.95, ownModel: 0.6 };

/**
 * One training step, forward, backward and update, of two networks: op by op, compiled, compiled in bfloat16, and in
 * PyTorch. Weights and inputs are the same for all; PyTorch updates by its fused optimizers, its fastest.
 */
export const graphSuite: Suite = {
  name: 'graph',
  about: 'a training step: eager, compiled, and in PyTorch (Python: TORCH_PYTHON, else python3)',
  run: async ({ quick, report }) => {
    const { torch, missing } = await findTorch(process.env.TORCH_PYTHON || 'python3');
    const { features, cores } = await readCpu();
    const means: Means = {
      bfloat16: features.includes('AVX512_BF16'),
      python: { prototype: torch?.python ?? null, 'own-model': torch?.vision ? torch.python : null },
    };
    const notes = [
      ...(missing ? [missing] : []),
      ...(means.bfloat16 ? [] : ['This CPU has no AVX512_BF16: float32 is held against float32']),
      ...(torch ? [`PyTorch ${torch.version}, torchvision ${torch.vision ?? 'missing'}`] : []),
      `Both sides use all ${cores} cores; PyTorch pads strided windows of the prototype half a cell elsewhere, so only its reference loss is to be compared`,
    ];
    for (const note of notes) report(note);
    return withPrepared(quick ? 'small' : 'full', async (folder) => {
      const race = (network: Network) => run(network, { folder, means }, { quick, report });
      const [prototype, ownModel] = [await race('prototype'), await race('own-model')];
      const results = resultsOf(prototype, ownModel, means.bfloat16);
      return {
        results,
        contestants: [...rowsOf(prototype), ...rowsOf(ownModel)],
        notes: [...notes, ...unnamedRival(prototype, results[0]!.name)],
      };
    });
  },
};

async function run(
  network: Network,
  { folder, means }: { folder: string; means: Means },
  { quick, report }: SuiteOptions,
): Promise<Race> {
  const race = await measureInTurns(
    contestantsOf(network, means),
    { folder },
    { rounds: quick ? 3 : 20, warmUps: WARM_UPS, pauseMs: PAUSE_MS, report },
  );
  assertSameWork(race);
  return race;
}

/** The comparisons that count; all others are in the rows of the contestants. */
function resultsOf(prototype: Race, ownModel: Race, bfloat16: boolean): Result[] {
  const fastest = bfloat16 ? 'compiled-bfloat16' : 'compiled-float32';
  return [
    standing(prototype, `prototype/${fastest}`, isNamedPyTorch, LIMITS.prototype),
    standing(ownModel, 'own-model/compiled-float32', isEager, LIMITS.ownModel),
    ...(bfloat16 ? [standing(ownModel, `own-model/${fastest}`, isPyTorch)] : []),
  ];
}
