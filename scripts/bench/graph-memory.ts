import { join } from 'node:path';
import { execa } from 'execa';
import { slopeOf } from './graph/slope.ts';
import { withPrepared } from './graph/workplace.ts';
import { compare, type Suite } from './suite.ts';

/** A line of `graph/memory.ts`. */
export type MemorySample = {
  step: number;
  resident_mebibytes: number;
  tensors: number;
};

const STEPS = { full: 1000, quick: 200 };
const EVERY = 50;
/** Until then TensorFlow and Node still take what they will need. */
const SETTLED_AFTER = 100;
/** What issue 4 demands is no growth; below this it drowns in what the allocator takes and gives back. */
const LIMIT_MEBIBYTES = 4;

/** Whether compiled steps leave anything behind, in the process or among the tensors that tfjs knows. */
export const graphMemorySuite: Suite = {
  name: 'graph-memory',
  about: 'memory over 1,000 compiled steps of the own model',
  run: async ({ quick, report }) => {
    const steps = quick ? STEPS.quick : STEPS.full;
    const samples: MemorySample[] = [];
    await withPrepared('small', async (folder) => {
      const program = join(import.meta.dirname, 'graph/memory.ts');
      const worker = execa(process.execPath, ['--expose-gc', program, folder, `${steps}`, `${EVERY}`], {
        stderr: 'inherit',
      });
      for await (const line of worker) {
        const sample = JSON.parse(line) as MemorySample;
        samples.push(sample);
        report(`step ${sample.step}: ${sample.resident_mebibytes.toFixed(1)} MiB, ${sample.tensors} tensors`);
      }
    });
    const settled = samples.filter(({ step }) => step >= SETTLED_AFTER);
    const [first, last] = [settled[0]!, settled.at(-1)!];
    const perStep = slopeOf(settled.map(({ step, resident_mebibytes: y }) => [step, y]));
    const growth = last.resident_mebibytes - first.resident_mebibytes;
    const counts = settled.map(({ tensors }) => tensors);
    const after = `after step ${SETTLED_AFTER}`;
    const figure = (name: string, unit: string, value: number) => compare({ name, unit }, [value], null);
    return {
      results: [
        { ...figure(`own-model/growth of resident memory ${after}`, 'MiB', growth), limit: LIMIT_MEBIBYTES },
        figure(`own-model/growth of resident memory per step ${after}`, 'KiB', perStep * 1024),
        {
          ...figure(
            `own-model/tensors gained ${after}`,
            'tensors',
            Math.max(...counts) - Math.min(...counts),
          ),
          limit: 0,
        },
      ],
      curve: samples,
    };
  },
};
