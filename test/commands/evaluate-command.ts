import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { writeGroundTruth, writePredictions } from '../../src/evaluate/coco-files/write-coco-files.ts';
import { randomImages } from '../evaluate/random-images.ts';

export const PROGRAM = resolve(import.meta.dirname, '../../bin/aerial.js');

export const IMAGES = randomImages(5, { images: 10, instances: 8, size: 60 });

/** The flags that name `truth.json` and `found.json`. */
export const FILES = ['--ground-truth', 'truth.json', '--predictions', 'found.json'];

/** `aerial evaluate` in a process of its own, in a folder without params.yaml. */
export function evaluate(folder: string, ...flags: string[]) {
  return execa(process.execPath, [PROGRAM, 'evaluate', ...flags], { reject: false, cwd: folder });
}

/** Writes images as truth.json and found.json. @returns the folder */
export async function writeFiles(folder: string, images = IMAGES): Promise<string> {
  await writeGroundTruth(join(folder, 'truth.json'), images);
  await writePredictions(join(folder, 'found.json'), images);
  return folder;
}
