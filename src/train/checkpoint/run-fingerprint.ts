/**
 * What a run is the run of: params, data and code. Only where all three are the same is a checkpoint gone on with by itself.
 */
import { createHash } from 'node:crypto';
import { differingKeys, type ParamsFingerprint, paramsFingerprint } from '../../params/fingerprint.ts';
import type { Params } from '../../params/schema.ts';
import { hashOfCode } from './code-hash.ts';

export interface RunFingerprint {
  params: ParamsFingerprint;
  /** Hash of the prepared data set. */
  data: string;
  /** Hash of the program's sources. */
  code: string;
}

/** How two runs differ. */
export interface RunDifference {
  /** Keys of params, sorted. */
  keys: string[];
  data: boolean;
  code: boolean;
}

/** @param dataHash of the prepared data's manifest */
export async function fingerprintOf(params: Params, dataHash: string): Promise<RunFingerprint> {
  return { params: paramsFingerprint(params), data: dataHash, code: await hashOfCode() };
}

/** The run's folder among the checkpoints: 12 hex digits. */
export function runName({ params, data, code }: RunFingerprint): string {
  return createHash('sha256')
    .update(JSON.stringify([params, data, code]))
    .digest('hex')
    .slice(0, 12);
}

export function differenceOf(a: RunFingerprint, b: RunFingerprint): RunDifference {
  return { keys: differingKeys(a.params, b.params), data: a.data !== b.data, code: a.code !== b.code };
}
