import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findWandbKey, readWandbMode } from '../../src/system/wandb-access.ts';
import { useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();

describe('readWandbMode', () => {
  it.each([
    [{}, 'auto'],
    [{ WANDB_MODE: '' }, 'auto'],
    [{ WANDB_MODE: 'offline' }, 'offline'],
    [{ WANDB_MODE: 'online', WANDB_DISABLED: 'true' }, 'disabled'],
  ])('of %j is %s', (environment, mode) => {
    expect(readWandbMode(environment)).toBe(mode);
  });

  it('refuses another mode', () => {
    expect(() => readWandbMode({ WANDB_MODE: 'dryrun' })).toThrow(
      'WANDB_MODE must be online, offline or disabled, got "dryrun"',
    );
  });
});

describe('findWandbKey', () => {
  it('says where the key is and never what it is', async () => {
    const home = await tempFolder();
    expect(await findWandbKey({ HOME: home })).toBeNull();
    expect(await findWandbKey({ HOME: home, WANDB_API_KEY: 'secret' })).toBe('WANDB_API_KEY');
    await writeFile(join(home, '.netrc'), 'machine api.wandb.ai\n  login user\n  password secret\n');
    expect(await findWandbKey({ HOME: home })).toBe(join(home, '.netrc'));
    expect(await findWandbKey({ HOME: home, WANDB_BASE_URL: 'https://wandb.example' })).toBeNull();
  });
});
