/**
 * `node shard.ts SEED FROM TO`: runs cases FROM to below TO, one after the other, in this process. On stdout, a line of
 * JSON before and after each, so that whoever reads it knows which one ended the process.
 */
import { makeCase } from './make-case.ts';
import { forgetPeak, peakMemory } from './peak-memory.ts';
import { readCase } from './read-case.ts';
import { createSandbox, runCase } from './run-case.ts';
import type { ShardLine } from './run-shards.ts';

const [seed, from, to] = process.argv.slice(2).map(Number) as [number, number, number];
const sandbox = await createSandbox();
// A relative path that leads out of the target ends here, where it is seen.
process.chdir(sandbox.root);
const say = (line: ShardLine) => process.stdout.write(`${JSON.stringify(line)}\n`);
try {
  for (let index = from; index < to; index++) {
    say({ started: index });
    const fuzzCase = await makeCase({ seed, index }, sandbox.outside);
    // What earlier cases and the making of this one have left behind is not what reading it takes.
    globalThis.gc?.();
    await forgetPeak();
    const verdict = await runCase(fuzzCase, sandbox, readCase);
    say({ verdict, peakBytes: await peakMemory() });
  }
} finally {
  await sandbox.remove();
}
