import type { Params } from '../params/schema.ts';

/** For the manifest: which data, not where on this machine. */
export function sourceName({ data }: Pick<Params, 'data'>): string {
  return data.source === 'hub' ? `hub ${data.hub.repo}@${data.hub.revision}` : data.source;
}
