import { join } from 'node:path';
import { cacheKey, findCached, storeGraph } from '../graph/cache.ts';
import { graphCache } from '../model/graph-cache.ts';
import { createMaskRcnn } from '../model/mask-rcnn.ts';
import type { Params } from '../params/schema.ts';
import { inParts } from './parts.ts';
import { atBatch, countPhases, type PhaseMemory } from './phase-memory.ts';

/** Beside the graphs, which go by their own use. */
const FOLDER = 'memory';

/**
 * What the phases of training hold: as it was counted at an earlier start with the same code and params, else counted now, which
 * takes seconds, and kept beside the graphs if that is possible.
 * @param onPhase is told what is being counted; not called where nothing is
 */
export async function obtainPhaseMemory(
  params: Params,
  onPhase: (phase: PhaseMemory['phase']) => void = () => {},
): Promise<PhaseMemory[]> {
  const { folder: graphs, ...cache } = graphCache(params, describeMore(params));
  const folder = join(graphs, FOLDER, await cacheKey({ ...cache, folder: graphs }, 'memory of the phases'));
  const found = await findCached<PhaseMemory[]>(folder);
  if (found) return found;
  const counted = countMemory(params, onPhase);
  // An entry is a graph and what it does not tell by itself: here only that. Where it cannot be kept, it is counted again.
  await storeGraph(folder, { savedModel: new Uint8Array(), spec: counted }).catch(() => {});
  return counted;
}

/** Of a batch that is larger, not even the inputs need fit into memory: it is told from smaller ones. */
const LARGEST_COUNTED = 64;

/** Makes the model for it, without trained weights. */
export function countMemory(
  params: Params,
  onPhase: (phase: PhaseMemory['phase']) => void = () => {},
): PhaseMemory[] {
  const model = createMaskRcnn(params);
  const count = (batch_size: number) =>
    countPhases(inParts(model), { ...params, train: { ...params.train, batch_size } }, onPhase);
  const { batch_size: batch } = params.train;
  try {
    if (batch <= LARGEST_COUNTED) return count(batch);
    const [small, large] = [LARGEST_COUNTED / 2, LARGEST_COUNTED];
    return atBatch(batch, { batch: small, phases: count(small) }, { batch: large, phases: count(large) });
  } finally {
    model.dispose();
  }
}

/** What the phases follow from besides what all graphs do. */
function describeMore({ train, data }: Params): unknown {
  const { model_type, transfer } = train;
  const { freeze, fine_tune } = transfer;
  return {
    phases: model_type === 'custom' ? null : { freeze: freeze.epochs > 0, fine_tune },
    batch: [data.max_instances, data.instance_mask_size],
  };
}
