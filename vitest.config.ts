import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';
import type { Reporter, Vitest } from 'vitest/node';

/** `npm run test:slow` sets it: then the slow tests run, and nothing else. */
const slow = process.env.AERIAL_TEST === 'slow';
const SLOW_TESTS = 'test/**/*.slow.test.ts';

/** A promise that nobody settles holds nothing open: it is no leak, though Vitest lists it as one. */
function forgetPromises(): Reporter {
  let leaks: Set<{ type: string }> | undefined;
  return {
    onInit(vitest) {
      leaks = vitest.state.leakSet;
    },
    onTestRunEnd() {
      for (const leak of leaks ?? []) if (leak.type === 'PROMISE') leaks?.delete(leak);
    },
  };
}

/** What Vitest leaves out: it says why a test was skipped, and fails a run that left something open behind. */
function houseRules(): Reporter {
  let vitest: Vitest | undefined;
  return {
    onInit(context) {
      vitest = context;
    },
    onTestRunEnd(modules) {
      for (const module of modules) {
        for (const test of module.children.allTests('skipped')) {
          const result = test.result();
          const reason = result.state === 'skipped' ? result.note : undefined;
          console.log(
            `skipped: ${module.relativeModuleId} > ${test.fullName}: ${reason ?? 'no reason given'}`,
          );
        }
      }
      if (vitest && vitest.state.leakSet.size > 0) process.exitCode = 1;
    },
  };
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
      forgetPromises(),
      'default',
      ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : []),
      houseRules(),
    ],
  },
});
