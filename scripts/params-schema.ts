/**
 * Writes `params.schema.json`, by which editors complete and check `params.yaml`:
 * types and ranges from the zod schema, descriptions from the comments in `params.yaml`.
 *
 *   node scripts/params-schema.ts
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isCollection, isMap, isScalar, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { paramsSchema } from '../src/params/schema.ts';

const PARAMS = new URL('../params.yaml', import.meta.url);
const SCHEMA = new URL('../params.schema.json', import.meta.url);

/** The comment beside each key of a params file, by dotted key; '' where there is none. */
export function readComments(yaml: string): Map<string, string> {
  const comments = new Map<string, string>();
  const visit = (node: unknown, path: readonly string[]) => {
    if (!isMap<Node, Node>(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const keys = [...path, String(key.value)];
      // A comment after "section:" belongs, for the parser, to what comes below it.
      const comment = isCollection(value) && !value.flow ? value.commentBefore : value?.comment;
      comments.set(keys.join('.'), comment?.trim() ?? '');
      visit(value, keys);
    }
  };
  visit(parseDocument(yaml).contents, []);
  return comments;
}

/** The text of `params.schema.json`. */
export function renderParamsSchema(yaml: string): string {
  const schema = z.toJSONSchema(paramsSchema, { io: 'input' }) as JsonSchema;
  for (const [key, comment] of readComments(yaml)) {
    const property = key
      .split('.')
      .reduce<JsonSchema | undefined>((at, name) => at?.properties?.[name], schema);
    if (property && comment) property.description = comment;
  }
  return `${JSON.stringify(schema, null, 2)}\n`;
}

interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  description?: string;
}

if (import.meta.main) writeFileSync(SCHEMA, renderParamsSchema(readFileSync(PARAMS, 'utf8')));
