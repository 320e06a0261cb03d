import { stat } from 'node:fs/promises';
import { UserError } from '../../system/errors.ts';
import { checkImages } from './check-images.ts';
import { sumDropped } from './dropped.ts';
import { readSourceFolder, type SourceSplit } from './read-folder.ts';

/**
 * Adds hand-annotated samples to the training split, folder by folder in the order given.
 * Each folder holds `_annotations.coco.json`, the images beside it or in `images/`.
 * @returns the training split with the samples behind its own images
 */
export async function addCustomSamples(
  train: SourceSplit,
  folders: readonly string[],
  minArea: number,
): Promise<SourceSplit> {
  let merged = train;
  for (const folder of folders) {
    await assertFolder(folder);
    const source = { folder, label: folder, origin: folder, temporary: false };
    const samples = await checkImages(await readSourceFolder(source, minArea), folder);
    if (samples.images.length === 0) {
      throw new UserError(
        `${folder} (data.custom) has no usable image: add some, or take it out of data.custom`,
      );
    }
    merged = {
      images: [...merged.images, ...samples.images],
      dropped: sumDropped(merged.dropped, samples.dropped),
    };
  }
  return merged;
}

async function assertFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) {
    throw new UserError(
      `No folder ${folder} (data.custom): it must hold _annotations.coco.json and its images; correct the path, or fetch it with \`dvc pull\` if DVC tracks it`,
    );
  }
}
