import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import type { Log } from '../../system/log.ts';
import { createRandom } from '../../system/random.ts';
import { concurrentMap } from '../concurrent-map.ts';
import { createCountProgress } from '../count-progress.ts';
import { SPLITS, type Split } from '../prepared.ts';
import { drawScene } from '../synthetic/scene.ts';
import type { SourceContent, SourceSample } from './source-sample.ts';

/**
 * Draws the embedded scenes of all splits into `workFolder` as PNG files.
 * A scene follows from the seed, its split and its number in it, so that no two splits can hold the same scene.
 * Their outlines go through the same cleaning as everybody else's.
 * @throws the signal's reason when it is aborted
 */
export async function drawSynthetic(
  params: Params,
  workFolder: string,
  { log, signal }: { log: Log; signal?: AbortSignal | undefined },
): Promise<SourceContent> {
  const { synthetic } = params.data;
  const scenes = SPLITS.flatMap((split) =>
    Array.from({ length: synthetic[split] }, (_, index) => ({ split, index })),
  );
  log.info(`Drawing ${scenes.length} scenes of ${synthetic.size} x ${synthetic.size} pixels`);
  for (const split of SPLITS) await mkdir(join(workFolder, split), { recursive: true });
  const progress = createCountProgress('Drawing', scenes.length, log);
  try {
    const samples = await concurrentMap(scenes, availableParallelism(), async (scene) => {
      signal?.throwIfAborted();
      const sample = await drawSample(params, scene, workFolder);
      progress.add();
      return sample;
    });
    return { samples, findings: [] };
  } finally {
    progress.stop();
  }
}

/** Digits of a scene's number in its file name, so that names sort as numbers. */
const NUMBER_DIGITS = 5;

async function drawSample(
  { seed, data }: Params,
  { split, index }: { split: Split; index: number },
  workFolder: string,
): Promise<SourceSample> {
  const { size } = data.synthetic;
  const scene = await drawScene({ size, random: createRandom(seed, 'scene', split, index) });
  const name = `scene-${String(index).padStart(NUMBER_DIGITS, '0')}.png`;
  const file = join(workFolder, split, name);
  await writeFile(file, scene.png);
  return {
    file,
    name,
    size: { width: size, height: size },
    origin: 'synthetic',
    split,
    temporary: true,
    annotations: scene.buildings.map(({ polygons }, i) => ({
      entry: `buildings[${i}]`,
      outline: { kind: 'polygons', rings: polygons, unit: 'pixels' },
      crowd: false,
      box: null,
      area: null,
    })),
  };
}
