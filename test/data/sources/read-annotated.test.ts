import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAnnotated } from '../../../src/data/sources/read-annotated.ts';
import { readContent, writeFolder } from '../../support/source-folder.ts';
import { tinyCoco } from '../../support/source-zips.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const tempFolder = useTempFolders();
const LABELME = { shapes: [], imagePath: 'a.png', imageHeight: 24, imageWidth: 32 };

describe('readAnnotated', () => {
  it('refuses two dialects in a folder, naming both', async () => {
    const coco = { '_annotations.coco.json': tinyCoco(), 'a.png': 'image' };
    await expect(readContent(await tempFolder(), { ...coco, 'a.json': LABELME })).rejects.toThrow(
      'own holds annotations of two kinds, COCO (_annotations.coco.json) and Labelme (a.json): give each a folder of its own',
    );
    const yolo = { 'data.yaml': 'names: [building]', 'a.txt': '' };
    await expect(readContent(await tempFolder(), { ...coco, ...yolo })).rejects.toThrow(
      'COCO (_annotations.coco.json) and YOLO (a.txt)',
    );
  });

  it('says what it expected where there are no annotations', async () => {
    await expect(readContent(await tempFolder(), { 'a.png': 'image', 'README.txt': 'x' })).rejects.toThrow(
      'own holds no annotations (found 1 images and 1 other files): expected COCO (_annotations.coco.json), Labelme (a JSON file for each image) or YOLO segmentation (data.yaml and labels/)',
    );
  });

  it('names the file that is no JSON', async () => {
    await expect(readContent(await tempFolder(), { 'a.json': '{', 'a.png': 'image' })).rejects.toThrow(
      'a.json of own is not JSON (',
    );
  });

  it('follows links, as DVC makes them', async () => {
    const folder = await tempFolder();
    const cache = await tempFolder();
    await writeFolder(cache, { abc: 'image', def: tinyCoco() });
    await mkdir(join(folder, 'images'));
    await symlink(join(cache, 'abc'), join(folder, 'images/a.png'));
    await symlink(join(cache, 'def'), join(folder, '_annotations.coco.json'));
    const source = {
      folder,
      label: 'own',
      origin: 'own',
      temporary: false,
      workFolder: join(folder, 'work'),
    };
    const { samples } = await readAnnotated(source);
    expect(samples).toMatchObject([{ name: 'images/a.png', file: join(folder, 'images/a.png') }]);
  });
});

const CUSTOM = join(import.meta.dirname, '../../../../shared/data/custom');

describe.each([
  ['coco', 8, 99, 'images/banepa_z20_773380_440482.jpg'],
  ['labelme', 6, 122, 'banepa_z20_773384_440490.jpg'],
  ['yolo', 6, 77, 'images/banepa_z20_773388_440486.jpg'],
])('the hand-annotated tiles in %s', (dialect, tiles, buildings, first) => {
  const folder = join(CUSTOM, dialect);
  it.skipIf(!existsSync(folder))('are all read, with all buildings inside their tile', async ({ skip }) => {
    if (!existsSync(folder)) skip(`no ${folder}`);
    const source = { folder, label: folder, origin: folder, temporary: false, workFolder: '/nowhere' };
    const { samples, findings } = await readAnnotated(source);
    expect(findings).toEqual([]);
    expect(samples).toHaveLength(tiles);
    expect(samples[0]!.name).toBe(first);
    const outlines = samples.flatMap(({ annotations }) => annotations.map(({ outline }) => outline));
    expect(outlines).toHaveLength(buildings);
    for (const outline of outlines) {
      const [rings, side] =
        outline.kind === 'polygons' ? [outline.rings, outline.unit === 'shares' ? 1 : 256] : [[], 0];
      expect(rings.length).toBeGreaterThan(0);
      expect(rings.flat().every((value) => (value as number) >= 0 && (value as number) <= side)).toBe(true);
    }
  });
});
