import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import type { Reporter, Vitest } from 'vitest/node';

/** `npm run test:slow` sets it: then the slow tests run, and nothing else. */
const slow = process.env.AERIAL_TEST === 'slow';
const SLOW_TESTS = 'test/**/*.slow.test.ts';

interface Leak {
  type: string;
  filename: string;
  stack: string;
}

/**
 * What keeps a process from ending until somebody closes it. Vitest lists whatever has not ended yet at the moment when it
 * looks, as promises that nobody settles, and requests that are collected later: they leave nothing behind.
 */
const HELD_OPEN = new Set([
  'Timeout',
  'PROCESSWRAP',
  'TCPSERVERWRAP',
  'PIPESERVERWRAP',
  'WORKER',
  'FSEVENTWRAP',
]);

function forgetPassingThings(): Reporter {
  let leaks: Set<Leak> | undefined;
  return {
    onInit(vitest) {
      leaks = vitest.state.leakSet;
    },
    onTestRunEnd() {
      for (const leak of leaks ?? []) if (!HELD_OPEN.has(leak.type)) leaks?.delete(leak);
    },
  };
}

/**
 * What Vitest leaves out: it says why a test was skipped, and fails a run that left something open behind. Its last lines
 * name what failed outside the tests, so that the end of a log tells.
 */
function houseRules(): Reporter {
  let vitest: Vitest | undefined;
  return {
    onInit(context) {
      vitest = context;
    },
    onTestRunEnd(modules, unhandledErrors) {
      for (const module of modules) {
        for (const test of module.children.allTests('skipped')) {
          const result = test.result();
          const reason = result.state === 'skipped' ? result.note : undefined;
          console.log(
            `skipped: ${module.relativeModuleId} > ${test.fullName}: ${reason ?? 'no reason given'}`,
          );
        }
      }
      for (const { name, message, stack } of unhandledErrors) {
        console.log(`failed outside a test: ${name}: ${message}${ownFrames(stack)}`);
      }
      for (const { type, filename, stack } of vitest?.state.leakSet ?? []) {
        console.log(`left open by ${filename}: ${type}${ownFrames(stack)}`);
        process.exitCode = 1;
      }
    },
  };
}

/** Where it began: the frames of this project. */
function ownFrames(stack = ''): string {
  const frames = stack.split('\n').filter((line) => /^ +at /.test(line));
  return frames
    .filter((line) => !/node_modules|node:|<anonymous>/.test(line))
    .map((line) => `\n${line}`)
    .join('');
}

export default defineConfig({
  test: {
    include: [slow ? SLOW_TESTS : 'test/**/*.test.ts'],
    exclude: slow ? configDefaults.exclude : [...configDefaults.exclude, SLOW_TESTS],
    // One process for each file: TensorFlow's addon fails when a second thread of a process loads it.
    pool: 'forks',
    isolate: true,
    // Not more than two: TensorFlow uses every core by itself.
    maxWorkers: slow ? 1 : Math.min(2, availableParallelism()),
    testTimeout: slow ? 60 * 60_000 : 30_000,
    hookTimeout: slow ? 30 * 60_000 : 30_000,
    teardownTimeout: 10_000,
    // A timer, socket or child process left behind by a test is an error (see `houseRules`).
    detectAsyncLeaks: true,
    // A test that runs no assertion fails: it could never have been red.
    expect: { requireAssertions: true },
    passWithNoTests: false,
    allowOnly: false,
    env: { NO_COLOR: '1', WANDB_MODE: 'disabled', TF_CPP_MIN_LOG_LEVEL: '2', TF_DETERMINISTIC_OPS: '1' },
    reporters: [
      forgetPassingThings(),
      'default',
      ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : []),
      houseRules(),
    ],
  },
});
