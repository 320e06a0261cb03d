/**
 * Where the contestants find what they start from: `prepare.ts` writes these files, every worker reads its own.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostTensor, readSafetensors, writeSafetensors } from '../../../src/model/safetensors.ts';
import type { Params } from '../../../src/params/schema.ts';
import type { Network } from './subject.ts';

/** The params of the own model, and what only the peer must be told. */
export type BenchParams = Params & { per_level: readonly number[] };

type Kind = 'weights' | 'inputs';

export async function writeTensors(
  folder: string,
  network: Network,
  kind: Kind,
  tensors: ReadonlyMap<string, HostTensor>,
): Promise<void> {
  await writeSafetensors(tensorPath(folder, network, kind), { tensors: new Map(tensors), metadata: {} });
}

export async function readTensors(
  folder: string,
  network: Network,
  kind: Kind,
): Promise<Map<string, HostTensor>> {
  return (await readSafetensors(tensorPath(folder, network, kind))).tensors;
}

export async function readParams(folder: string): Promise<BenchParams> {
  return JSON.parse(await readFile(paramsPath(folder), 'utf8')) as BenchParams;
}

export function paramsPath(folder: string): string {
  return join(folder, 'params.json');
}

function tensorPath(folder: string, network: Network, kind: Kind): string {
  return join(folder, `${network}-${kind}.safetensors`);
}
