import { mkdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { openPrepared } from './open-prepared.ts';
import { type PreparedImage, SPLITS, type Split } from './prepared.ts';
import { readStored } from './read-stored.ts';
import type { SourceAnnotation, SourceContent, SourceSample } from './sources/source-sample.ts';

/**
 * A prepared data set as a source, for whoever wants to look at it as at any other: its images are unpacked into
 * `workFolder`.
 * @throws UserError where it is none or incomplete; the signal's reason when it is aborted
 */
export async function preparedSamples(
  folder: string,
  workFolder: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<SourceContent> {
  const { splits } = await openPrepared(folder);
  const samples: SourceSample[] = [];
  for (const split of SPLITS) {
    await mkdir(join(workFolder, split), { recursive: true });
    for (const image of splits[split]) {
      signal?.throwIfAborted();
      // Not by its name, which an index from elsewhere could make a path.
      const file = join(workFolder, split, `${image.id}${extname(image.name)}`);
      await writeFile(file, await readStored(image.bytes));
      samples.push(toSample(image, split, file));
    }
  }
  return { samples, findings: [] };
}

function toSample(image: PreparedImage, split: Split, file: string): SourceSample {
  const { name, width, height, origin, buildings, crowds } = image;
  const annotation = (rings: number[][], entry: string, crowd: boolean): SourceAnnotation => ({
    entry,
    crowd,
    box: null,
    area: null,
    outline: { kind: 'polygons', rings, unit: 'pixels' },
  });
  return {
    file,
    name,
    origin,
    split,
    temporary: true,
    size: { width, height },
    annotations: [
      ...buildings.map(({ id, polygons }) => annotation(polygons, `annotation ${id}`, false)),
      ...crowds.map((rings, i) => annotation(rings, `crowd region ${i + 1}`, true)),
    ],
  };
}
