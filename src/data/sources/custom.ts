import { stat } from 'node:fs/promises';
import { UserError } from '../../system/errors.ts';
import { checkImages } from './check-images.ts';
import { sumDropped } from './dropped.ts';
import { readSourceFolder, type SourceSplit } from './read-folder.ts';

/**
 * Reads hand-annotated samples, folder by folder in the order given.
 * Each folder holds `_annotations.coco.json`, the images beside it or in `images/`.
 * @returns all samples together; none for no folders
 */
export async function readCustomSamples(folders: readonly string[], minArea: number): Promise<SourceSplit> {
  let all: SourceSplit = { images: [], dropped: {} };
  for (const folder of folders) {
    await assertFolder(folder);
    const source = { folder, label: folder, origin: folder, temporary: false };
    const samples = await checkImages(await readSourceFolder(source, minArea), folder);
    if (samples.images.length === 0) {
      throw new UserError(
        `${folder} (data.custom) has no usable image: add some, or take it out of data.custom`,
      );
    }
    all = joinSplits(all, samples);
  }
  return all;
}

/** The images of both, the first's before the second's. */
export function joinSplits(first: SourceSplit, second: SourceSplit): SourceSplit {
  return {
    images: [...first.images, ...second.images],
    dropped: sumDropped(first.dropped, second.dropped),
  };
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
