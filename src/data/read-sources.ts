import { dirname, join } from 'node:path';
import { hubAccessFromEnvironment } from '../hub/hub-access.ts';
import type { Params } from '../params/schema.ts';
import type { Log } from '../system/log.ts';
import { assertInputsApart } from './assert-inputs-apart.ts';
import type { Finding } from './findings.ts';
import type { Division } from './manifest.ts';
import { SPLITS } from './prepared.ts';
import { readAnnotated } from './sources/read-annotated.ts';
import { assertFolder, readLocal } from './sources/read-local.ts';
import { readZips, zipPath } from './sources/read-zips.ts';
import type { SourceContent } from './sources/source-sample.ts';
import { drawSynthetic } from './sources/synthetic.ts';
import { type PlacedSample, type PlacedSamples, splitCustom, splitSource } from './split.ts';

/** All that goes into the prepared data set, before anybody has looked at it. */
export interface MergedContent {
  /** Those of `data.source`, then those of each folder of `data.custom`. */
  samples: PlacedSample[];
  findings: Finding[];
  /** By origin. */
  divisions: Record<string, Division>;
}

/** What reading may use; `folder` is for files that are made on the way. */
export interface ReadContext {
  folder: string;
  log: Log;
  signal?: AbortSignal | undefined;
}

/** Where the hub has no such data, or cannot be reached. */
const HUB_ADVICE = {
  repo: 'data.hub.repo',
  address: 'data.hub.repo or data.hub.revision',
  instead: `set data.source to local and data.path to a folder with ${zipPath('train')}`,
};

/**
 * Reads `data.source` and `data.custom` and gives every sample a split. One's own samples are read first: a mistake in
 * them shall not come out after an hour of downloading.
 * @throws UsageError where a folder would be read twice; UserError where a source cannot be read or divided
 */
export async function readSources(params: Params, context: ReadContext): Promise<MergedContent> {
  const { source, path, custom } = params.data;
  const { log, signal } = context;
  await assertInputsApart(params);
  const folders: SourceContent[] = [];
  for (const [i, folder] of custom.entries()) {
    signal?.throwIfAborted();
    await assertFolder(folder, 'data.custom');
    const workFolder = join(context.folder, `custom-${i}`);
    folders.push(
      await readAnnotated({ folder, label: folder, origin: folder, temporary: false, workFolder, signal }),
    );
  }
  const content = await readSource(params, { ...context, folder: join(context.folder, 'source') });
  return merge([
    place(
      content,
      source,
      splitSource({ ...content, label: source === 'local' ? path! : source }, params, log),
    ),
    ...folders.map((own, i) =>
      place(own, custom[i]!, splitCustom({ ...own, label: custom[i]! }, params, log)),
    ),
  ]);
}

async function readSource(params: Params, context: ReadContext): Promise<SourceContent> {
  const { data } = params;
  const { folder } = context;
  if (data.source === 'synthetic') return drawSynthetic(params, folder, context);
  // The schema asks for data.path where the source is local.
  if (data.source === 'local') return readLocal(data.path!, folder, context);
  return readZips({ folder: await bringZips(params, context), workFolder: folder, origin: 'hub' }, context);
}

/** @returns the folder of the cache that stands for the repository */
async function bringZips({ data }: Params, { log, signal }: ReadContext): Promise<string> {
  const access = hubAccessFromEnvironment();
  // Loaded only when needed: the hub's library takes as long to load as all the rest.
  const { downloadFromHub } = await import('../hub/download-from-hub.ts');
  const target = {
    repo: { type: 'dataset', name: data.hub.repo },
    revision: data.hub.revision,
    access,
    advice: HUB_ADVICE,
  } as const;
  const [first] = await downloadFromHub({ ...target, paths: SPLITS.map(zipPath) }, { log, signal });
  return dirname(dirname(first!));
}

interface Part extends PlacedSamples {
  origin: string;
  findings: Finding[];
}

/** Findings of the files are about images whose split is known only now. */
function place({ findings }: SourceContent, origin: string, placed: PlacedSamples): Part {
  const splitOf = new Map(placed.samples.map(({ name, split }) => [name, split]));
  const known = findings.map((finding) => ({
    ...finding,
    split: finding.split ?? splitOf.get(finding.image ?? '') ?? null,
  }));
  return { ...placed, origin, findings: known };
}

function merge(parts: readonly Part[]): MergedContent {
  return {
    samples: parts.flatMap(({ samples }) => samples),
    findings: parts.flatMap(({ findings }) => findings),
    divisions: Object.fromEntries(
      parts.flatMap(({ origin, division }) => (division ? [[origin, division]] : [])),
    ),
  };
}
