import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import type { Params } from '../../src/params/schema.ts';
import { collectLog } from '../support/collect-log.ts';
import { closedPortUrl, useHubServers } from '../support/hub-server.ts';
import { tinySplit, zipBytes } from '../support/source-zips.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

const REPO = 'owner/buildings';
const REVISION = '9d6cd89e55db7fbc129449387b3da7debcf7b6c4';

function hubParams(folder: string): Params {
  return testParams(folder, { source: 'hub', hub: { repo: REPO, revision: REVISION }, custom: [] });
}

describe('prepareData with source hub', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('downloads the three zips and prepares them, offline the second time', async () => {
    const files = {
      'data/train.zip': await zipBytes(await tinySplit(10)),
      'data/valid.zip': await zipBytes(await tinySplit(20)),
      'data/test.zip': await zipBytes(await tinySplit(30)),
    };
    const server = await startHubServer({ repo: REPO, revision: REVISION, files, token: 'hf_secret' });
    const log = collectLog();
    vi.stubEnv('HF_ENDPOINT', `${server.url}/`);
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    const folder = await tempFolder();
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
    const params = hubParams(folder);
    const first = await prepareData(params, log);
    expect(first.source).toBe(`hub ${REPO}@${REVISION}`);
    expect((await openPrepared(params.paths.prepared)).splits.test[0]!.origin).toBe('hub');
    vi.stubEnv('HF_ENDPOINT', await closedPortUrl());
    expect((await prepareData(params, log)).hash).toBe(first.hash);
  });

  it('says which param to correct where the hub has no such files', async () => {
    const server = await startHubServer({ repo: REPO, revision: REVISION, files: {} });
    const folder = await tempFolder();
    vi.stubEnv('HF_ENDPOINT', server.url);
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'cache'));
    await expect(prepareData(hubParams(folder), collectLog())).rejects.toThrow(
      'Hub data set owner/buildings has no data/train.zip at 9d6cd89e: correct data.hub.repo or data.hub.revision',
    );
  });

  it('refuses to replace a folder that holds the cache', async () => {
    const folder = await tempFolder();
    vi.stubEnv('HF_HUB_CACHE', join(folder, 'prepared/cache'));
    await expect(prepareData(hubParams(folder), collectLog())).rejects.toThrow(
      /^paths\.prepared \(.+\) is replaced by data-prep, and HF_HOME \(.+cache\) lies in it/,
    );
  });

  it('refuses a token that is none, without showing it', async () => {
    vi.stubEnv('HF_TOKEN', 'my-password');
    const failure = prepareData(hubParams(await tempFolder()), collectLog());
    await expect(failure).rejects.toThrow(
      'HF_TOKEN must start with "hf_", got another text of 11 characters',
    );
    await expect(failure).rejects.not.toThrow('my-password');
  });
});
