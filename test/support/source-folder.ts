import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readAnnotated } from '../../src/data/sources/read-annotated.ts';
import type { SourceContent } from '../../src/data/sources/source-sample.ts';
import { tinyImage } from './source-zips.ts';

/** Path -> content: bytes and texts as they are, `'image'` = a small image, anything else as JSON. */
export type FolderContent = Readonly<Record<string, unknown>>;

export async function writeFolder(folder: string, content: FolderContent): Promise<void> {
  for (const [name, value] of Object.entries(content)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await bytesOf(value));
  }
}

async function bytesOf(value: unknown): Promise<string | Uint8Array> {
  if (value === 'image') return tinyImage();
  return typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value);
}

/** Writes `content` into `folder` and reads it; messages call it "own". */
export async function readContent(folder: string, content: FolderContent): Promise<SourceContent> {
  const data = join(folder, 'data');
  await mkdir(data);
  await writeFolder(data, content);
  const workFolder = join(folder, 'work');
  return readAnnotated({ folder: data, label: 'own', origin: 'own', temporary: false, workFolder });
}
