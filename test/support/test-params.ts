import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Params, paramsSchema } from '../../src/params/schema.ts';

/**
 * The project's own `params.yaml`, with all paths below `folder`.
 * @param data what differs in its section `data`
 */
export function testParams(folder: string, data: Partial<Params['data']> = {}): Params {
  const params = paramsSchema.parse(
    parse(readFileSync(new URL('../../params.yaml', import.meta.url), 'utf8')),
  );
  const paths = {
    prepared: join(folder, 'prepared'),
    runs: join(folder, 'runs'),
  };
  return { ...params, paths, data: { ...params.data, ...data } };
}
