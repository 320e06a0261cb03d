import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/system/errors.ts';
import { hubReferenceFault, isHubReference, parseHubReference } from '../../src/system/hub-reference.ts';

const COMMIT = '9d6cd89e55db7fbc129449387b3da7debcf7b6c4';

describe('parseHubReference', () => {
  it.each([
    ['hf://timm/resnet50.a1_in1k', 'timm/resnet50.a1_in1k', 'main', 'model.safetensors'],
    ['hf://models/timm/resnet50.a1_in1k', 'timm/resnet50.a1_in1k', 'main', 'model.safetensors'],
    ['hf://a/b/pytorch_model.bin', 'a/b', 'main', 'pytorch_model.bin'],
    ['hf://a/b/deep/er/w-1.safetensors', 'a/b', 'main', 'deep/er/w-1.safetensors'],
    ['hf://a/b/.hidden/..name', 'a/b', 'main', '.hidden/..name'],
    ['hf://a/b@v1.0', 'a/b', 'v1.0', 'model.safetensors'],
    [`hf://a/b@${COMMIT}/c.safetensors`, 'a/b', COMMIT, 'c.safetensors'],
    ['hf://a/b@refs/pr/12/c.safetensors', 'a/b', 'refs/pr/12', 'c.safetensors'],
    ['hf://a/b@feature%2Fx/c.safetensors', 'a/b', 'feature/x', 'c.safetensors'],
  ])('reads %s', (text, repo, revision, file) => {
    expect(parseHubReference(text)).toEqual({ repo, revision, file });
    expect(hubReferenceFault(text)).toBeNull();
  });

  it.each([
    'hf://',
    'hf://timm',
    'hf://timm/',
    'hf://a/b/',
    'hf://a/b@',
    'hf://a/b@/c.safetensors',
    'hf://a/b@v1@v2',
    'hf://a/b@..',
    'hf://a/b/c.safetensors@v1',
    'hf://a/b//c',
    'hf://a/b/../c',
    'hf://a/b/c/..',
    'hf://a/b/./c',
    'hf://../b',
    'hf://a/..',
    'hf://a/b/c?download=true',
    'hf://a/b/c d',
    'hf://a/b\n',
    'hf://models/a',
  ])('refuses %j in one line', (text) => {
    const parse = () => parseHubReference(text);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(
      `A reference to the hub must be a path or look like hf://owner/repo[@revision][/file], got ${JSON.stringify(text)}`,
    );
    expect(parse).not.toThrow('\n');
    expect(hubReferenceFault(text)).not.toBeNull();
  });

  it('refuses what is no model', () => {
    expect(() => parseHubReference('hf://datasets/a/b')).toThrow(
      'A reference to the hub must name a model (hf://owner/repo), not one of the hub\'s datasets, got "hf://datasets/a/b"',
    );
  });
});

describe('hubReferenceFault', () => {
  it.each([
    'weights.safetensors',
    '/data/w.safetensors',
    '../w',
    '~/w',
    'a@b/c',
    'hf/w',
    'C:\\w.safetensors',
  ])('takes %s for a path', (text) => {
    expect(isHubReference(text)).toBe(false);
    expect(hubReferenceFault(text)).toBeNull();
  });

  it.each(['https://huggingface.co/a/b', 'HF://a/b', 'hf:/a/b', 's3://a/b'])('does not take %s', (text) => {
    expect(hubReferenceFault(text)).toBe('must be a path or look like hf://owner/repo[@revision][/file]');
  });
});
