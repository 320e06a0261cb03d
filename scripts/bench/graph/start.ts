/** One start of training with the own model: start.ts FOLDER RUNS. A line of JSON with how long it took. */
import { batchShape } from '../../../src/data/host-batch.ts';
import { loadTensorFlow } from '../../../src/system/load-tensorflow.ts';
import type { StartTimes } from '../graph-start.ts';

const [folder, runs] = process.argv.slice(2) as [string, string];
await loadTensorFlow({ deterministic: false, device: 'cpu' });
const { createMaskRcnn } = await import('../../../src/model/mask-rcnn.ts');
const { createEngine } = await import('../../../src/train/engine/engine.ts');
const { createUpdate } = await import('../../../src/train/engine/update.ts');
const { disposeTree } = await import('./create-subject.ts');
const { readParams } = await import('./files.ts');
const { createOwnInputs } = await import('./own-model.ts');

const stored = await readParams(folder);
const params = { ...stored, paths: { ...stored.paths, runs } };
const inputs = (await createOwnInputs(folder, params))(1);
const model = createMaskRcnn(params);
const update = createUpdate(model.weights.variables, params.train);
const start = performance.now();
const { train, origin } = await createEngine(model, update, batchShape(params), params);
const ready = performance.now();
disposeTree(train(inputs));
const times: StartTimes = {
  cached: origin!.cached,
  nodes: origin!.nodes,
  record_ms: origin!.recordMs,
  load_ms: origin!.loadMs,
  first_step_ms: performance.now() - ready,
  total_ms: performance.now() - start,
};
console.log(JSON.stringify(times));
