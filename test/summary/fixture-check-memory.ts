/** `check FOLDER refuse|warn`: a training that has 300 MB to itself, run by the real runner. */
import { Command } from 'commander';
import { watchInterrupts } from '../../src/commands/interrupts.ts';
import { runProgram } from '../../src/commands/run-program.ts';
import { loadTensorFlow } from '../../src/system/load-tensorflow.ts';
import { createLog } from '../../src/system/log.ts';
import { tinyParams } from '../support/tiny-model.ts';

const log = createLog();
const program = new Command('fixture').exitOverride();
program
  .command('check')
  .argument('<folder>')
  .argument('<plan>')
  .action(async (folder: string, plan: 'refuse' | 'warn') => {
    await loadTensorFlow({ device: 'cpu', deterministic: false });
    const { checkMemory } = await import('../../src/summary/check-memory.ts');
    const params = tinyParams(folder);
    params.train.memory.plan = plan;
    await checkMemory(params, { device: 'cpu', limits: { machine: 300e6, gpu: null }, log });
    process.stdout.write('went on\n');
  });

await runProgram(program, log, watchInterrupts(log).signal);
