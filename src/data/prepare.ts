import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hubAccessFromEnvironment } from '../hub/hub-access.ts';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import { replaceFolder } from '../system/files.ts';
import type { Log } from '../system/log.ts';
import { assertReplaceable } from './assert-replaceable.ts';
import { openPrepared } from './open-prepared.ts';
import { createPrepareReport, type PrepareReport, reportTable } from './prepare-report.ts';
import { SPLITS, type Split } from './prepared.ts';
import { sourceName } from './source-name.ts';
import { joinSplits, readCustomSamples } from './sources/custom.ts';
import type { SourceSplit } from './sources/read-folder.ts';
import { drawSyntheticSplits } from './sources/synthetic.ts';
import { assertZipsPresent, readZips, zipPath } from './sources/zips.ts';
import { writePrepared } from './write-prepared.ts';

/** For unpacked files, inside the folder that is being filled; removed before that is put in place. */
const WORK_FOLDER = '.unpacked';

/** Where the hub has no such data, or cannot be reached. */
const HUB_ADVICE = {
  repo: 'data.hub.repo',
  address: 'data.hub.repo or data.hub.revision',
  instead: `set data.source to local and data.path to a folder with ${zipPath('train')}`,
};

/** Enough of the manifest's hash to tell two data sets apart. */
const HASH_DIGITS = 12;

/**
 * Makes the prepared data set in `paths.prepared` out of `data.source` and `data.custom`.
 * All is done in a new folder beside it, which takes its place at the very end: on failure the old data set is as it
 * was. Downloads stay in `paths.raw`.
 * @throws UserError in one line for anything wrong with the input, the network or the disk
 */
export async function prepareData(params: Params, log: Log): Promise<PrepareReport> {
  const { prepared } = params.paths;
  await assertReplaceable(params);
  // Before the download: a mistake in one's own samples shall not come out an hour later.
  const custom = await readCustomSamples(params.data.custom, params.data.min_area);
  await bringZips(params, log);
  await replaceFolder(prepared, async (folder) => {
    const workFolder = join(folder, WORK_FOLDER);
    const own = await readOwnSplits(params, workFolder, log);
    const splits = { ...own, train: joinSplits(own.train, custom) };
    assertNoEmptySplit(splits, params);
    checkBuildings(splits, log);
    await writePrepared(folder, splits, sourceName(params));
    await rm(workFolder, { recursive: true });
  });
  return createPrepareReport(prepared, await openPrepared(prepared));
}

/** The report for people: what was prepared, and a table with a column for each split. */
export function formatPrepareReport(report: PrepareReport): string {
  const { source, folder, hash, imagesInSeveralSplits: repeated } = report;
  const lines = [
    `Prepared ${source} in ${folder} (${hash.slice(0, HASH_DIGITS)})`,
    '',
    ...reportTable(report),
  ];
  if (repeated > 0) {
    lines.push(
      '',
      `Images in more than one split: ${repeated}; results on valid and test will look too good`,
    );
  }
  return lines.join('\n');
}

/** Has the three zips on the disk, where the source is made of zips. */
async function bringZips(params: Params, log: Log): Promise<void> {
  const { source, hub } = params.data;
  if (source === 'local') await assertZipsPresent(zipFolder(params));
  if (source === 'hub') {
    const access = hubAccessFromEnvironment();
    // Loaded only when needed: the hub's library takes as long to load as all the rest.
    const { downloadFromHub } = await import('../hub/download-from-hub.ts');
    const paths = SPLITS.map(zipPath);
    const repo = { type: 'dataset', name: hub.repo } as const;
    const target = { repo, revision: hub.revision, access, advice: HUB_ADVICE };
    await downloadFromHub({ ...target, paths, folder: params.paths.raw }, log);
  }
}

async function readOwnSplits(
  params: Params,
  workFolder: string,
  log: Log,
): Promise<Record<Split, SourceSplit>> {
  const { source, min_area: minArea } = params.data;
  if (source === 'synthetic') return drawSyntheticSplits(params, workFolder, log);
  return readZips({ folder: zipFolder(params), workFolder, origin: source, minArea }, log);
}

function zipFolder({ data, paths }: Params): string {
  // The schema asks for data.path where the source is local.
  return data.source === 'local' ? data.path! : paths.raw;
}

function assertNoEmptySplit(splits: Readonly<Record<Split, SourceSplit>>, params: Params): void {
  for (const split of SPLITS) {
    if (splits[split].images.length > 0) continue;
    throw new UserError(
      `Split ${split} is empty: ${join(zipFolder(params), zipPath(split))} has no usable image${listDropped(splits[split])}; every split needs at least one`,
    );
  }
}

/** @throws UserError where train has no building; of the others it only warns, since images without any are sound */
function checkBuildings(splits: Readonly<Record<Split, SourceSplit>>, log: Log): void {
  for (const split of SPLITS) {
    const { images } = splits[split];
    if (images.some(({ buildings }) => buildings.length > 0)) continue;
    const fact = `Split ${split} has no building in its ${images.length} images${listDropped(splits[split])}`;
    if (split === 'train') {
      throw new UserError(
        `${fact}: nothing could be learned; correct its annotations, or lower data.min_area if it drops them`,
      );
    }
    log.warn(`${fact}: its mAP cannot be measured`);
  }
}

function listDropped({ dropped }: SourceSplit): string {
  const reasons = Object.entries(dropped).map(([reason, times]) => `${times} x ${reason}`);
  return reasons.length > 0 ? ` (dropped: ${reasons.join(', ')})` : '';
}
