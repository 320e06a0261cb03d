import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Params } from '../params/schema.ts';
import { UserError } from '../system/errors.ts';
import type { Log } from '../system/log.ts';
import { replaceFolder } from '../system/replace-folder.ts';
import { assertNothingForeign, assertReplaceable } from './assert-replaceable.ts';
import type { Examination } from './doctor/examination.ts';
import { assertSound, examineImages } from './doctor/examine.ts';
import { examineSplits } from './doctor/examine-splits.ts';
import { FINDING_KINDS } from './findings.ts';
import { openPrepared } from './open-prepared.ts';
import { createPrepareReport, type PrepareReport } from './prepare-report.ts';
import { SPLITS, type Split } from './prepared.ts';
import { type MergedContent, type ReadContext, readSources } from './read-sources.ts';
import { sourceName } from './source-name.ts';
import { writePrepared } from './write-prepared.ts';

/** For unpacked and mended files, inside the folder that is being filled; removed before that is put in place. */
const WORK_FOLDER = '.work';

/** What data-prep may do besides. */
export interface PrepareOptions {
  /** Ends the work in an orderly way: the old data set stays. */
  signal?: AbortSignal;
  /**
   * Shows what the doctor found, while all image files are still there.
   * @returns where, for messages
   */
  report?: (examined: { examination: Examination; source: string }) => Promise<string>;
}

/**
 * Makes the prepared data set in `paths.prepared` out of `data.source` and `data.custom`: reads, divides into splits where
 * there are none, has the doctor examine and mend all of it, and packs what is sound.
 * All is done in a new folder beside it, which takes its place at the very end: on failure the old data set is as it
 * was. The same inputs give the same bytes. Another data-prep into the same folder is waited for.
 * @throws UserError in one line for anything wrong with the input, the network or the disk; the signal's reason when it
 *   is aborted
 */
export async function prepareData(
  params: Params,
  log: Log,
  { signal, report }: PrepareOptions = {},
): Promise<PrepareReport> {
  const { prepared } = params.paths;
  await assertReplaceable(params);
  let page: string | undefined;
  const onWait = (pid: number | null) =>
    log.info(`Waiting for another data-prep${processName(pid)} that is writing ${prepared}`);
  const onSilent = (pid: number) =>
    log.warn(
      `The other data-prep${processName(pid)} stands still: if it is stopped (Ctrl-Z), let it go on or end it`,
    );
  await replaceFolder(
    prepared,
    async (folder) => {
      const context = { folder: join(folder, WORK_FOLDER), log, signal };
      const { divisions, ...content } = await readSources(params, context);
      const examination = await examine(params, content, context);
      const source = sourceName(params);
      page = await report?.({ examination, source });
      if (params.data.doctor.strict) assertSound(examination, page ?? 'no report');
      assertUsable(examination, { custom: params.data.custom, page, log });
      await writePrepared(folder, { ...examination, source, divisions }, { log, signal });
      await rm(context.folder, { recursive: true, force: true });
      signal?.throwIfAborted();
    },
    {
      onWait,
      onSilent,
      assertReplaceable: () => assertNothingForeign(prepared),
      ...(signal && { signal }),
    },
  );
  return createPrepareReport(prepared, await openPrepared(prepared), page ?? null);
}

async function examine(
  { data }: Params,
  { samples, findings }: Omit<MergedContent, 'divisions'>,
  { folder, log, signal }: ReadContext,
): Promise<Examination> {
  const options = { params: data, workFolder: join(folder, 'mended'), log, ...(signal && { signal }) };
  const examined = await examineImages(samples, options);
  signal?.throwIfAborted();
  return examineSplits({ ...examined, findings: [...findings, ...examined.findings] }, data, signal);
}

function processName(pid: number | null): string {
  return pid === null ? '' : ` (process ${pid})`;
}

/**
 * That there is something to learn and something to measure.
 * @throws UserError where a split has no image or train has no building, or a folder of custom samples has no image; of
 *   other splits without any building it only warns, since images without any are sound
 */
function assertUsable(
  examination: Examination,
  { custom, page, log }: { custom: readonly string[]; page: string | undefined; log: Log },
): void {
  const look = page === undefined ? '' : `; see ${page}`;
  for (const split of SPLITS) {
    const images = examination.images.filter((image) => image.split === split);
    if (images.length === 0) {
      throw new UserError(
        `Split ${split} has no usable image${listLeftOut(examination, split)}: every split needs at least one${look}`,
      );
    }
    if (images.some(({ buildings }) => buildings.length > 0)) continue;
    const fact = `Split ${split} has no building in its ${images.length} images${listLeftOut(examination, split)}`;
    if (split === 'train') {
      throw new UserError(
        `${fact}: nothing could be learned; correct its annotations, or lower data.min_area if it leaves them out${look}`,
      );
    }
    log.warn(`${fact}: its mAP cannot be measured`);
  }
  const origins = new Set(examination.images.map(({ origin }) => origin));
  const useless = custom.find((folder) => !origins.has(folder));
  if (useless !== undefined) {
    throw new UserError(
      `${useless} (data.custom) has no usable image: mend it, or take it out of the list${look}`,
    );
  }
}

/** " (left out: 12 x building: smaller than data.min_area)", or nothing. */
function listLeftOut({ findings }: Examination, split: Split): string {
  const times = new Map<string, number>();
  for (const { kind, split: where, treatment } of findings) {
    if (where !== split || treatment !== 'dropped') continue;
    const { title } = FINDING_KINDS[kind];
    times.set(title, (times.get(title) ?? 0) + 1);
  }
  if (times.size === 0) return '';
  return ` (left out: ${[...times].map(([title, count]) => `${count} x ${title}`).join(', ')})`;
}
