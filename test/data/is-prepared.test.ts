import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isPrepared } from '../../src/data/is-prepared.ts';
import { type FolderContent, writeFolder } from '../support/source-folder.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

async function check(content: FolderContent): Promise<boolean> {
  const folder = await tempFolder();
  await writeFolder(folder, content);
  return isPrepared(folder);
}

const OURS = { version: 1, files: {}, splits: {} };
const SHARDS = { 'train.json': {}, 'images/train-000.tar': 'x' };

describe('isPrepared', () => {
  it.each<[string, FolderContent]>([
    ['a manifest like ours, of any version', { 'manifest.json': OURS }],
    ['a damaged manifest beside index and shard', { 'manifest.json': '{"version": 2, "fi', ...SHARDS }],
  ])('is true for %s', async (_name, content) => {
    expect(await check(content)).toBe(true);
  });

  it.each<[string, FolderContent]>([
    ['nothing', {}],
    ['no manifest', SHARDS],
    ["another program's manifest", { 'manifest.json': { name: 'my data', version: 2 } }],
    ['a manifest that is a list', { 'manifest.json': ['version', 'files', 'splits'] }],
    ['a manifest that is no JSON', { 'manifest.json': 'null and void' }],
    [
      "another program's manifest beside COCO",
      { 'manifest.json': { name: 'x' }, 'train.json': {}, 'images/a.png': 'image' },
    ],
  ])('is false for %s', async (_name, content) => {
    expect(await check(content)).toBe(false);
  });

  it('is false for a folder that is not there', async () => {
    expect(await isPrepared(join(await tempFolder(), 'none'))).toBe(false);
  });
});
