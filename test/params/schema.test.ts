import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readComments, renderParamsSchema } from '../../scripts/params-schema.ts';

const yaml = readFileSync(new URL('../../params.yaml', import.meta.url), 'utf8');

describe('params.yaml', () => {
  it('has a comment beside every key', () => {
    const comments = [...readComments(yaml)];
    expect(comments.length).toBeGreaterThan(80);
    expect(comments.filter(([, comment]) => comment === '').map(([key]) => key)).toEqual([]);
  });
});

describe('README.md', () => {
  it('shows the message of a wrong value with the line where the key stands', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    const line = Number(/error: params\.yaml:(\d+) train\.learning_rate must be > 0/.exec(readme)?.[1]);
    expect(yaml.split('\n')[line - 1]).toMatch(/^ {2}learning_rate: /);
  });
});

describe('params.schema.json', () => {
  it('is fresh (node scripts/params-schema.ts writes it anew)', () => {
    const stored = readFileSync(new URL('../../params.schema.json', import.meta.url), 'utf8');
    expect(stored).toBe(renderParamsSchema(yaml));
  });

  it('carries types, ranges and the comments', () => {
    const schema = JSON.parse(renderParamsSchema(yaml)) as { properties: Record<string, unknown> };
    expect(schema.properties.train).toMatchObject({
      additionalProperties: false,
      properties: {
        learning_rate: { type: 'number', exclusiveMinimum: 0, description: 'per step, at the peak, > 0' },
      },
    });
  });
});
