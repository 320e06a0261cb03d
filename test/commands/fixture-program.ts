/** A program with commands that end in every way a stage can end, run by the real runner. */
import { Command } from 'commander';
import { watchInterrupts } from '../../src/commands/interrupts.ts';
import { runProgram } from '../../src/commands/run-program.ts';
import { printResult } from '../../src/commands/stage.ts';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { createLog } from '../../src/system/log.ts';

const log = createLog();
const interrupts = watchInterrupts(log);
const program = new Command('fixture').exitOverride();
const ready = () => void process.stdout.write('ready\n');
const forever = () => new Promise<never>(() => setInterval(() => {}, 1000));
const aborted = (signal: AbortSignal) =>
  new Promise((resolve) => {
    const beat = setInterval(() => {}, 1000);
    signal.addEventListener('abort', () => {
      clearInterval(beat);
      resolve(undefined);
    });
  });

program.command('done').action(() => {});
program.command('code').action(() => {
  process.exitCode = 1;
});
program.command('user-error').action(() => {
  throw new UserError('The zip is broken: fetch it again');
});
program.command('usage-error').action(() => {
  throw new UsageError('first fault\nsecond fault');
});
program.command('bug').action(() => {
  throw new TypeError('x is not a function');
});
program.command('stray-bug').action(async () => {
  setTimeout(() => {
    throw new TypeError('thrown by a timer');
  });
  await forever();
});
program.command('lost-promise').action(async () => {
  void Promise.reject(new TypeError('nobody waits for me'));
  await forever();
});
program.command('returns').action(async () => {
  const signal = interrupts.heed();
  ready();
  await aborted(signal);
  process.stdout.write('saved\n');
});
program.command('throws').action(async () => {
  const signal = interrupts.heed();
  ready();
  await aborted(signal);
  signal.throwIfAborted();
});
program.command('deaf').action(async () => {
  interrupts.heed();
  ready();
  await forever();
});
program.command('careless').action(async () => {
  ready();
  await forever();
});
program.command('chatty').action(async () => {
  for (let i = 0; i < 2000; i++) process.stdout.write(`${'line '.repeat(20)}${i}\n`);
  await new Promise((wake) => setTimeout(wake, 50));
  log.info('reached the end');
});
program.command('result').action(() => {
  printResult({ images: 3 }, { json: true }, String);
});
program.command('environment').action(() => {
  process.stdout.write(`${process.env.AERIAL_A}-${process.env.AERIAL_B}\n`);
});

await runProgram(program, log, interrupts.signal);
