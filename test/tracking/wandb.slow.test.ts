import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentFor } from './fake-wandb.ts';
import { createBench, expectWholeRun, INIT_MESSAGE, logWholeRun, noClient } from './wandb-bench.ts';

let bench: Awaited<ReturnType<typeof createBench>>;

beforeEach(async (context) => {
  context.skip(noClient !== '', noClient);
  bench = await createBench();
});

afterEach(() => bench?.close());

describe('createWandbTracker without its server', () => {
  it('loses nothing but tables when the server goes away in mid-run: the command that it names uploads the rest', async () => {
    const server = await bench.server();
    const port = Number(new URL(server.url).port);
    const tracker = bench.tracker(environmentFor(server, bench.folder));
    await bench.until(() => bench.lines.length > 0);
    await server.close();
    logWholeRun(tracker);
    await tracker.finish(0);
    expect(bench.waits).toEqual(['Waiting for Weights & Biases to take the rest, at most 45 s']);
    expect(bench.lines.slice(1)).toEqual([
      expect.stringContaining('the server is slow, no tables for 30 minutes'),
      expect.stringContaining('not done after 45 s'),
    ]);
    const again = await bench.server(port);
    await bench.runSyncCommand(bench.lines[2]!, again);
    expectWholeRun(again, bench.params, { tables: false });
  });

  it('is left to itself when the run was stopped and it is not done in time: it loses nothing', async () => {
    const server = await bench.server();
    const tracker = bench.tracker(environmentFor(server, bench.folder), { stoppedWaitMs: 1000 });
    await bench.until(() => bench.lines.length > 0);
    server.stall();
    for (let step = 1; step <= 30; step++) tracker.log(step, { loss: step });
    const stopped = new AbortController();
    const startMs = Date.now();
    setTimeout(() => stopped.abort(), 500);
    await tracker.finish(130, stopped.signal);
    const seconds = (Date.now() - startMs) / 1000;
    expect([seconds >= 1.4, seconds < 5]).toEqual([true, true]);
    expect(bench.lines.slice(1)).toEqual([
      expect.stringMatching(
        /not done after 1 s, and has another minute by itself; the figures are in metrics.jsonl; .*: .*wandb sync --include-online /,
      ),
    ]);
    // It writes what it holds 15 s after it has got it, and ends 60 s after it was told to.
    await new Promise((wake) => setTimeout(wake, 62_000));
    const again = await bench.server();
    await bench.runSyncCommand(bench.lines[1]!, again);
    expect([...again.rows.values()].map(({ loss }) => loss)).toEqual(
      Array.from({ length: 30 }, (_, i) => i + 1),
    );
    expect(bench.lines).toHaveLength(2);
  });

  it('records offline when the server was never there', async () => {
    const tracker = bench.tracker(environmentFor({ url: 'http://127.0.0.1:9' }, bench.folder));
    logWholeRun(tracker);
    await tracker.finish(0);
    expect(bench.lines.at(-2)).toMatch(/cannot go online \(.*refused.*\): recording offline/);
    const server = await bench.server();
    await bench.runSyncCommand(bench.lines.at(-1)!, server);
    expectWholeRun(server, bench.params);
  });

  it('leaves nobody behind who waits for ever, also when its parent dies after the end of the run', async () => {
    const client = bench.heldClient();
    const row = { op: 'log', step: 1, row: { loss: 1 } };
    const { exitCode } = await client.run([INIT_MESSAGE, row, { op: 'finish', exit_code: 0 }]);
    expect(exitCode).toBe(1);
    expect(client.logged()).toEqual([['init']]);
  });
});
