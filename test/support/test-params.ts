import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Params, paramsSchema } from '../../src/params/schema.ts';

/** What changes pixels, and what needs other images. */
const ONLY_SYMMETRIES: Partial<Params['augment']> = {
  scale: [1, 1],
  brightness: 0,
  contrast: 0,
  saturation: 0,
  copy_paste: 0,
};

/**
 * The project's own `params.yaml`, with all paths below `folder`, without moving averages and with augmentation by symmetries alone:
 * a test that is about more says so.
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
  return {
    ...params,
    paths,
    data: { ...params.data, ...data },
    augment: { ...params.augment, ...ONLY_SYMMETRIES },
    train: { ...params.train, ema_decay: null },
  };
}
