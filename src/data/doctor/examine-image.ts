import { basename, join } from 'node:path';
import type { Params } from '../../params/schema.ts';
import { UserError } from '../../system/errors.ts';
import type { SourceSample } from '../sources/source-sample.ts';
import type { Picture } from './examination.ts';
import { examineAnnotations } from './examine-annotations.ts';
import type { Fault } from './fault.ts';
import type { FullScale } from './full-scale.ts';
import { imageFacts } from './image-facts.ts';
import { formOf, type ImageForm } from './image-form.ts';
import { type ImageHeader, isLost, undecodable } from './image-header.ts';
import { rewriteImage } from './rewrite-image.ts';
import type { ImageFacts, SourceImage } from './source-image.ts';

export interface ExaminedImage {
  /** null: it was left out. */
  image: SourceImage | null;
  faults: Fault[];
  /** Where its faults can be seen; null where it does not decode. */
  picture: Picture | null;
  /** Annotations whose area is that of their box. */
  areasOfBoxes: number;
}

export interface ImageTask {
  sample: SourceSample;
  /** Of its file; or why it is lost. */
  header: ImageHeader | Fault;
  /** null for 8 bits. */
  fullScale: FullScale | null;
  params: Params['data'];
  /** Where it goes if it must be written anew, with the ending `.png`. */
  target: string;
}

/** One image: what its file is, what it should be, and what its annotations outline. */
export async function examineImage(task: ImageTask): Promise<ExaminedImage> {
  const { sample, header, fullScale, params } = task;
  if (isLost(header)) return leftOut(sample, header, null);
  const form = formOf(header, sample.size, fullScale);
  if (isLost(form)) return leftOut(sample, form, await pictureIfDecodable(sample, header));
  const stored = await storeSound(task, header, form);
  if (isLost(stored)) return leftOut(sample, stored, null);
  const { file, facts } = stored;
  const name = file === sample.file ? basename(sample.name) : pngName(sample.name);
  const { width, height } = form;
  const annotations = examineAnnotations(sample.annotations, { width, height }, params);
  const { buildings, crowds } = annotations;
  const { origin, split, name: sourceName } = sample;
  const temporary = sample.temporary || file !== sample.file;
  return {
    image: { file, name, sourceName, width, height, origin, split, temporary, buildings, crowds, facts },
    faults: [...form.faults, ...annotations.faults],
    picture: { file, name: sample.name, split, width, height },
    areasOfBoxes: annotations.areasOfBoxes,
  };
}

function leftOut({ annotations }: SourceSample, fault: Fault, picture: Picture | null): ExaminedImage {
  const count = annotations.length;
  const lost =
    count === 0 ? '' : ` (${count === 1 ? 'its annotation is' : `its ${count} annotations are`} lost)`;
  return { image: null, faults: [{ ...fault, detail: fault.detail + lost }], picture, areasOfBoxes: 0 };
}

/** For an image whose outlines do not fit: the file as it is. */
async function pictureIfDecodable(sample: SourceSample, header: ImageHeader): Promise<Picture | null> {
  const file = sample.file!;
  const isDecodable = await imageFacts(file, file).then(
    () => true,
    () => false,
  );
  const { name, split } = sample;
  return isDecodable ? { file, name, split, ...header.autoOrient } : null;
}

interface Stored {
  file: string;
  facts: ImageFacts;
}

/** The file as it came where it is sound, or a new one. */
async function storeSound(task: ImageTask, header: ImageHeader, form: ImageForm): Promise<Stored | Fault> {
  const { sample, fullScale, target } = task;
  const original = sample.file!;
  const file = form.faults.length === 0 ? original : target;
  try {
    if (file === target) {
      await rewriteImage({ file: original, header }, target, { turn: form.turn, fullScale });
    }
    return { file, facts: await imageFacts(file, original) };
  } catch (error) {
    // A full disk is no damaged image.
    if ((error as NodeJS.ErrnoException).code !== undefined || error instanceof UserError) throw error;
    return undecodable(header);
  }
}

function pngName(name: string): string {
  return `${basename(name).replace(/\.[^.]*$/, '')}.png`;
}

/** Where an image that is written anew goes: by its number, since names may come twice. */
export function targetOf(workFolder: string, place: number): string {
  return join(workFolder, 'repaired', `${place}.png`);
}
