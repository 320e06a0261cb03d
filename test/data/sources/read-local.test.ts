import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLocal } from '../../../src/data/sources/read-local.ts';
import { UserError } from '../../../src/system/errors.ts';
import { collectLog } from '../../support/collect-log.ts';
import { writeFolder } from '../../support/source-folder.ts';
import {
  tinyCoco,
  tinyEntry,
  tinyImage,
  tinySplit,
  writeTinySource,
  writeZip,
} from '../../support/source-zips.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function read(folder: string) {
  const log = collectLog();
  const work = await tempFolder();
  const content = await readLocal(folder, work, { log });
  return { ...content, work, lines: log.lines };
}

describe('readLocal', () => {
  it("unpacks the hub's zips", async () => {
    const folder = await writeTinySource(await tempFolder());
    const { samples, findings, work, lines } = await read(folder);
    expect(findings).toEqual([]);
    expect(samples.map(({ name, split, origin, temporary }) => [name, split, origin, temporary])).toEqual([
      ['a.png', 'train', 'local', true],
      ['a.png', 'valid', 'local', true],
      ['a.png', 'test', 'local', true],
    ]);
    expect((await filesIn(work)).filter((name) => name.endsWith('.png'))).toEqual([
      ...['test/a.png', 'train/a.png', 'valid/a.png'],
    ]);
    expect(lines.join('\n')).toContain(`Unpacking ${join(folder, 'data/train.zip')}`);
  });

  it('reads any dialect in zips, and the split is that of the zip', async () => {
    const folder = await writeTinySource(await tempFolder());
    await writeZip(join(folder, 'data/valid.zip'), [
      { name: 'train/images/a.png', content: await tinyImage() },
      { name: 'train/labels/a.txt', content: '0 0 0 1 0 1 1' },
      { name: 'data.yaml', content: 'names: [building]\ntrain: ../train/images\nval: ../valid/images' },
    ]);
    const shapes = { shapes: [], imagePath: 'a.png', imageWidth: 32, imageHeight: 24 };
    await writeZip(join(folder, 'data/test.zip'), [
      { name: 'a.png', content: await tinyImage() },
      { name: 'b.png', content: await tinyImage() },
      { name: 'a.json', content: JSON.stringify(shapes) },
    ]);
    const { samples, findings } = await read(folder);
    expect(samples.map(({ name, split }) => `${name} ${split}`)).toEqual([
      'a.png train',
      'a.png test',
      'train/images/a.png valid',
    ]);
    expect(findings).toMatchObject([{ kind: 'image_unlisted', image: 'b.png', split: 'test' }]);
  });

  it('stops when it is asked to', async () => {
    const folder = await writeTinySource(await tempFolder());
    const control = new AbortController();
    const log = { info: () => control.abort(new Error('stopped')), warn: () => {} };
    const context = { log, signal: control.signal };
    await expect(readLocal(folder, await tempFolder(), context)).rejects.toThrow('stopped');
  });

  it('asks for all three zips', async () => {
    const folder = await writeTinySource(await tempFolder());
    await rm(join(folder, 'data/valid.zip'));
    const failure = read(folder);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(
      `No data/valid.zip in ${folder}: where there is one of data/train.zip`,
    );
  });

  it('reads a folder with or without splits where it lies', async () => {
    const folder = await tempFolder();
    await writeFolder(folder, { 'x/_annotations.coco.json': tinyCoco(), 'x/a.png': 'image' });
    expect((await read(folder)).samples).toMatchObject([
      { name: 'x/a.png', split: null, temporary: false, file: join(folder, 'x/a.png') },
    ]);
    await writeFolder(folder, { 'valid/_annotations.coco.json': tinyCoco(), 'valid/a.png': 'image' });
    expect((await read(folder)).samples.map(({ split }) => split)).toEqual(['valid', null]);
  });

  it('names the zip whose annotations are wrong', async () => {
    const folder = await writeTinySource(await tempFolder());
    const path = join(folder, 'data/test.zip');
    await writeZip(path, await tinySplit(1, tinyCoco({ images: [tinyEntry(1, '')] })));
    await expect(read(folder)).rejects.toThrow(
      `_annotations.coco.json of ${path} is not COCO: images[0].file_name`,
    );
    await writeZip(path, [{ name: 'a.png', content: 'x' }]);
    await expect(read(folder)).rejects.toThrow(`${path} holds no annotations`);
  });

  it('says that data.path is no folder', async () => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'file'), '');
    for (const name of ['file', 'none']) {
      await expect(read(join(folder, name))).rejects.toThrow(
        `No folder ${join(folder, name)} (data.path): correct the path, or fetch it with \`dvc pull\` if DVC tracks it`,
      );
    }
  });
});
