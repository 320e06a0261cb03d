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
