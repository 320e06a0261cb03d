import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hubAccessFromEnvironment } from '../../src/hub/hub-access.ts';
import { UsageError } from '../../src/system/errors.ts';

const HOME = '/home/somebody';

describe('hubAccessFromEnvironment', () => {
  it('is the public hub, nobody and the common cache without variables, or with empty ones', () => {
    const plain = {
      hubUrl: undefined,
      accessToken: undefined,
      offline: false,
      cacheFolder: `${HOME}/.cache/huggingface/hub`,
      symlinks: true,
    };
    expect(hubAccessFromEnvironment({ HOME })).toEqual(plain);
    const names = ['HF_ENDPOINT', 'HF_TOKEN', 'HF_HUB_OFFLINE', 'HF_HUB_DISABLE_SYMLINKS'];
    const places = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];
    const empty = Object.fromEntries([...names, ...places].map((name) => [name, '']));
    expect(hubAccessFromEnvironment({ HOME, ...empty })).toEqual(plain);
  });

  it('takes the mirror without its last slash, and the token', () => {
    const environment = { HF_ENDPOINT: 'https://mirror.example/hub/', HF_TOKEN: 'hf_abc' };
    expect(hubAccessFromEnvironment(environment)).toMatchObject({
      hubUrl: 'https://mirror.example/hub',
      accessToken: 'hf_abc',
    });
  });

  it.each([
    ['1', true],
    ['true', true],
    ['Yes', true],
    ['ON', true],
    ['0', false],
    ['off', false],
  ])('reads the switch %j as %s', (value, isOn) => {
    expect(hubAccessFromEnvironment({ HF_HUB_OFFLINE: value }).offline).toBe(isOn);
    expect(hubAccessFromEnvironment({ HF_HUB_DISABLE_SYMLINKS: value }).symlinks).toBe(!isOn);
  });

  // test/hub/python-cache.test.ts asks Python's library about the same places.
  it.each([
    [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
    [{ XDG_CACHE_HOME: '/xdg', HF_HOME: '/hf' }, '/hf/hub'],
    [{ HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' }, '/old'],
    [{ HUGGINGFACE_HUB_CACHE: '/old', HF_HUB_CACHE: '/new' }, '/new'],
    [{ HF_HOME: '~/hf' }, `${HOME}/hf/hub`],
    [{ HF_HUB_CACHE: `$DISK/\${NAME}/~/$NONE`, DISK: '/disk', NAME: 'hub' }, '/disk/hub/~/$NONE'],
    [{ HF_HOME: 'data/huggingface' }, join(process.cwd(), 'data/huggingface/hub')],
  ])('finds the cache of %j', (variables, folder) => {
    expect(hubAccessFromEnvironment({ HOME, ...variables }).cacheFolder).toBe(folder);
  });

  it.each(['mirror.example', 'ftp://mirror.example', 'localhost:8080'])(
    'refuses the address %s',
    (endpoint) => {
      const read = () => hubAccessFromEnvironment({ HF_ENDPOINT: endpoint });
      expect(read).toThrow(UsageError);
      expect(read).toThrow(
        `HF_ENDPOINT must be a URL that begins with https:// or http://, got "${endpoint}"`,
      );
    },
  );

  it('refuses a token of another kind without showing it', () => {
    const read = () => hubAccessFromEnvironment({ HF_TOKEN: 'password' });
    expect(read).toThrow(/^HF_TOKEN must start with "hf_", got another text of 8 characters/);
    expect(read).not.toThrow('password');
  });
});
