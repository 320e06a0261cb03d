import { describe, expect, it } from 'vitest';
import { hubAccessFromEnvironment } from '../../src/hub/hub-access.ts';
import { UsageError } from '../../src/system/errors.ts';

describe('hubAccessFromEnvironment', () => {
  it('is the public hub and nobody without variables, or with empty ones', () => {
    const nothing = { hubUrl: undefined, accessToken: undefined };
    expect(hubAccessFromEnvironment({})).toEqual(nothing);
    expect(hubAccessFromEnvironment({ HF_ENDPOINT: '', HF_TOKEN: '' })).toEqual(nothing);
  });

  it('takes the mirror without its last slash, and the token', () => {
    const environment = { HF_ENDPOINT: 'https://mirror.example/hub/', HF_TOKEN: 'hf_abc' };
    expect(hubAccessFromEnvironment(environment)).toEqual({
      hubUrl: 'https://mirror.example/hub',
      accessToken: 'hf_abc',
    });
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
