/** Makes one sample in a thread of its own. */
import { parentPort, workerData } from 'node:worker_threads';
import { makeSample } from '../../../src/data/augment/sample.ts';
import { closeStored } from '../../../src/data/read-stored.ts';

parentPort!.postMessage(await makeSample(workerData));
await closeStored();
