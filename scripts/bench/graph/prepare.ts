/** Writes what all contestants of the suite `graph` start from: prepare.ts FOLDER full|small. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchShape, batchShape } from '../../../src/data/host-batch.ts';
import { createLoader } from '../../../src/data/loader.ts';
import { openPrepared } from '../../../src/data/open-prepared.ts';
import { prepareData } from '../../../src/data/prepare.ts';
import { trainingPass } from '../../../src/data/training-order.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import type { HostTensor } from '../../../src/model/safetensors.ts';
import { createWeights } from '../../../src/model/weights.ts';
import { statelessUniform } from '../../../src/ops/random.ts';
import { loadParams } from '../../../src/params/load.ts';
import type { Params } from '../../../src/params/schema.ts';
import { createLog } from '../../../src/system/log.ts';
import { createRandom } from '../../../src/system/random.ts';
import { tf } from '../../../src/system/tensorflow.ts';
import { paramsPath, writeTensors } from './files.ts';
import { DRAW } from './own-model.ts';
import { PROTOTYPE_SEED } from './prototype.ts';
import { createPrototypeNetwork } from './prototype-network.ts';

const [folder, size] = process.argv.slice(2) as [string, 'full' | 'small'];
const PARAMS_FILE = join(import.meta.dirname, '../../../params.yaml');

/** The project's own params, on scenes that are drawn here; small: for a look whether all runs, or for long runs. */
const SMALL = ['data.image_size=64', 'train.batch_size=2', 'data.max_instances=16'];
const PROTOTYPE_SHAPE: Record<typeof size, readonly number[]> = {
  full: [4, 256, 256, 3],
  small: [1, 64, 64, 3],
};

async function preparePrototype(): Promise<void> {
  const shape = PROTOTYPE_SHAPE[size];
  const random = createRandom(PROTOTYPE_SEED, 'images');
  const count = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: count }, () => random.normal());
  const weights = createWeights(PROTOTYPE_SEED);
  createPrototypeNetwork(weights);
  await writeTensors(folder, 'prototype', 'inputs', new Map([['images', { shape, values }]]));
  await writeTensors(folder, 'prototype', 'weights', toHost(weights.variables));
}

async function prepareOwnModel(): Promise<void> {
  const batchSize = size === 'small' ? 2 : (await loadParams(PARAMS_FILE, [])).train.batch_size;
  const params = await loadParams(PARAMS_FILE, [
    ...(size === 'small' ? SMALL : []),
    'data.source=synthetic',
    'data.custom=[]',
    `paths.prepared=${join(folder, 'prepared')}`,
    `data.synthetic.train=${batchSize}`,
    'data.synthetic.valid=1',
    'data.synthetic.test=1',
  ]);
  await prepareData(params, createLog());
  const model = createMaskRcnn(params);
  const inputs = new Map([...(await readBatch(params)), ...randomKeys(params, model.anchors.boxes.shape[0])]);
  inputs.set('anchors', hostTensor(model.anchors.boxes));
  await writeTensors(folder, 'own-model', 'inputs', inputs);
  await writeTensors(folder, 'own-model', 'weights', toHost(model.weights.variables));
  await writeFile(paramsPath(folder), JSON.stringify({ ...params, per_level: model.anchors.perLevel }));
}

/** The first batch of the first pass, as the loader gives it. */
async function readBatch(params: Params): Promise<[string, HostTensor][]> {
  const shape = batchShape(params);
  const { splits } = await openPrepared(params.paths.prepared);
  const pass = { ...trainingPass(params, 1), startBatch: 0 };
  const batches = createLoader(0).training(splits.train, shape, pass);
  const { value: batch } = await batches.next();
  const { images, boxes, masks, valid, touching, touchingSize: T } = batch!;
  const { batchSize: N, imageSize: H, maxInstances: M, maskSize: K }: BatchShape = shape;
  return [
    ['images', { shape: [N, H, H, 3], values: images }],
    ['boxes', { shape: [N, M, 4], values: boxes }],
    ['masks', { shape: [N, M, K, K], values: masks }],
    ['valid', { shape: [N, M], values: valid }],
    ['touching', { shape: [N, T, T], values: touching }],
  ];
}

/** What decides the draw of anchors and regions on our side (`maskRcnnLoss`), so that the peer draws the same. */
function randomKeys({ model, data, train, seed }: Params, anchors: number): [string, HostTensor][] {
  const N = train.batch_size;
  const draw = (shape: [number, number], stream: number) =>
    hostTensor(statelessUniform<tf.Rank.R2>(shape, tf.tensor1d([seed + stream, DRAW + stream], 'int32')));
  return [
    ['anchor_keys', draw([N, anchors], 0)],
    ['region_keys', draw([N, model.rpn.post_nms_top_k + data.max_instances], 1)],
  ];
}

function toHost(variables: ReadonlyMap<string, tf.Variable>): Map<string, HostTensor> {
  return new Map([...variables].map(([name, variable]) => [name, hostTensor(variable)]));
}

function hostTensor(tensor: tf.Tensor): HostTensor {
  return { shape: tensor.shape, values: tensor.dataSync() as Float32Array };
}

await preparePrototype();
await prepareOwnModel();
