import { stringify } from 'yaml';
import type { Params } from './schema.ts';

/** Params as YAML, complete, overrides included: what a run keeps beside its results. */
export function formatParams(params: Params): string {
  return `# The params of this run, overrides included.\n${stringify(params)}`;
}
