import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { downloadFromHub } from '../../src/hub/download-from-hub.ts';
import { fetchFile } from '../../src/hub/fetch-file.ts';
import { hubAccessFromEnvironment } from '../../src/hub/hub-access.ts';
import { collectLog } from '../support/collect-log.ts';
import { hubAccess } from '../support/hub-access.ts';
import { closedPortUrl, type HubServerOptions, useHubServers } from '../support/hub-server.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const tempFolder = useTempFolders();
const startHubServer = useHubServers();

/** A Python with huggingface_hub: the one named by HUGGINGFACE_PYTHON, else python3. */
const python = process.env.HUGGINGFACE_PYTHON || 'python3';
const hasLibrary =
  spawnSync(python, ['-c', 'import importlib.util as u; exit(not u.find_spec("huggingface_hub"))']).status ===
  0;

const COMMIT = '9d6cd89e55db7fbc129449387b3da7debcf7b6c4';
const RETRIES = { attempts: 2, firstDelayMs: 1, silenceMs: 10_000 };
const ADVICE = { repo: 'the.repo', address: 'the.repo or the.revision', instead: 'do without' };
const FILES = {
  'data/train.zip': Buffer.alloc(300_000, 'train'),
  'data/valid.zip': Buffer.alloc(200_000, 'valid'),
};
const PATHS = Object.keys(FILES);
const WEIGHTS = Buffer.alloc(300_000, 'weights');

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

async function setUp(options: Partial<HubServerOptions> = {}) {
  const type = options.type ?? 'dataset';
  const server = await startHubServer({
    repo: 'owner/buildings',
    revision: COMMIT,
    files: type === 'model' ? { 'model.safetensors': WEIGHTS } : FILES,
    branches: { main: COMMIT },
    ...options,
  });
  const cacheFolder = join(await tempFolder(), 'hub');
  const access = hubAccess(server.url, cacheFolder);
  const log = collectLog();
  /** @returns what the lines of Python print as JSON */
  const runPython = async (code: string, variables: NodeJS.ProcessEnv = {}) => {
    const script = `import json\nfrom huggingface_hub import *\nfrom huggingface_hub import constants\nprint(json.dumps(${code}))`;
    const env = {
      HF_ENDPOINT: server.url,
      HF_HUB_CACHE: cacheFolder,
      HF_HUB_DISABLE_XET: '1',
      HF_HUB_DISABLE_PROGRESS_BARS: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
      ...variables,
    };
    const { stdout } = await execa(python, ['-c', script], { env });
    return JSON.parse(stdout);
  };
  const runOurs = (paths = PATHS) => {
    const repo = { type: 'dataset', name: 'owner/buildings' } as const;
    const download = { repo, revision: COMMIT, paths, access, advice: ADVICE };
    return downloadFromHub(download, { log, retries: RETRIES });
  };
  const weights = (place: string) => fetchFile(place, { key: 'weights', access, log, retries: RETRIES });
  return { server, cacheFolder, access, log, runPython, runOurs, weights };
}

/** No way to any hub: the library would have to be told that it may. */
const OFFLINE = { HF_HUB_OFFLINE: '1', HF_ENDPOINT: 'http://127.0.0.1:9' };
const AT_COMMIT = `repo_id='owner/buildings', repo_type='dataset', revision='${COMMIT}'`;
const oneByOne = (more = '') =>
  `[hf_hub_download(filename=f, ${AT_COMMIT}${more}) for f in ${JSON.stringify(PATHS)}]`;

beforeEach(({ skip }) => {
  if (!hasLibrary) {
    skip(
      `${python} has no huggingface_hub: pip install huggingface_hub, or name a Python in HUGGINGFACE_PYTHON`,
    );
  }
});

describe("Python's huggingface_hub", { timeout: 60_000 }, () => {
  it.each([true, false])('finds a data set that we downloaded (LFS: %s)', async (lfs) => {
    const { cacheFolder, runPython, runOurs } = await setUp({ lfs });
    const ours = await runOurs();
    expect(await runPython(oneByOne(', local_files_only=True'), OFFLINE)).toEqual(ours);
    expect(await runPython(`snapshot_download(${AT_COMMIT}, local_files_only=True)`, OFFLINE)).toBe(
      join(cacheFolder, 'datasets--owner--buildings/snapshots', COMMIT),
    );
  });

  it('finds a model that we downloaded by the name of its branch', async () => {
    const { runPython, weights } = await setUp({
      type: 'model',
      branches: { main: COMMIT, 'refs/pr/1': COMMIT },
    });
    for (const revision of ['main', 'refs/pr/1']) {
      const { path } = await weights(`hf://owner/buildings@${revision}`);
      const code = `hf_hub_download('owner/buildings', 'model.safetensors', revision='${revision}', local_files_only=True)`;
      expect(await runPython(code, OFFLINE)).toBe(path);
    }
  });

  it('downloads nothing that is there already', async () => {
    const { server, runPython, runOurs } = await setUp();
    await runOurs([PATHS[0]!]);
    server.requests.length = 0;
    await runPython(`snapshot_download(${AT_COMMIT})`);
    expect(server.requests.filter((request) => request.startsWith('body'))).toEqual(['body none']);
    expect((await readFile((await runOurs())[1]!)).equals(FILES['data/valid.zip'])).toBe(true);
  });

  it('takes the folder for a sound cache, and a part of ours for one of a download that was cut off', async () => {
    const { cacheFolder, runPython, runOurs } = await setUp();
    await runOurs();
    const blobs = join(cacheFolder, 'datasets--owner--buildings/blobs');
    await writeFile(join(blobs, `${sha256(Buffer.from('x'))}.aerial.incomplete`), 'part');
    const code = `(lambda c: [[str(w) for w in c.warnings], sum(r.nb_files for r in c.repos), c.size_on_disk, [f.size_on_disk for f in c.incomplete_files]])(scan_cache_dir())`;
    expect(await runPython(code)).toEqual([[], 2, 500_000, [4]]);
  });

  it('sees the same places as we do', async () => {
    const { runPython } = await setUp();
    const names = ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_HOME', 'XDG_CACHE_HOME'];
    const unset = Object.fromEntries(names.map((name) => [name, undefined]));
    const cases: NodeJS.ProcessEnv[] = [
      { HOME: '/home/x' },
      { HOME: '/home/x', XDG_CACHE_HOME: '/xdg' },
      { HF_HOME: '/hf', XDG_CACHE_HOME: '/xdg' },
      { HF_HOME: '~/hf', HOME: '/home/x' },
      { HF_HOME: '/hf', HUGGINGFACE_HUB_CACHE: '/old' },
      { HF_HUB_CACHE: '$DISK/hub/$NONE', DISK: '/disk', HUGGINGFACE_HUB_CACHE: '/old' },
    ];
    for (const variables of cases) {
      const theirs = await runPython('constants.HF_HUB_CACHE', { ...unset, ...variables });
      expect(hubAccessFromEnvironment(variables).cacheFolder).toBe(theirs);
    }
  });
});

describe('what Python has downloaded', { timeout: 60_000 }, () => {
  it.each([
    ['hf_hub_download', true, oneByOne()],
    ['hf_hub_download', false, oneByOne()],
    ['snapshot_download', true, `snapshot_download(${AT_COMMIT})`],
  ])('is found, checked and used without network: %s (LFS: %s)', async (_name, lfs, code) => {
    const { server, access, log, runPython, runOurs } = await setUp({ lfs });
    await runPython(code);
    const before = server.requests.length;
    access.hubUrl = await closedPortUrl();
    const ours = await runOurs();
    for (const [i, path] of ours.entries()) {
      expect((await readFile(path)).equals(Object.values(FILES)[i]!)).toBe(true);
    }
    expect(server.requests).toHaveLength(before);
    expect(log.lines.every((line) => line.includes('is in the cache, its hash is right'))).toBe(true);
  });

  it('is found by the name of its branch', async () => {
    const { access, runPython, weights } = await setUp({ type: 'model' });
    const theirs = await runPython(`hf_hub_download('owner/buildings', 'model.safetensors')`);
    access.offline = true;
    expect(await weights('hf://owner/buildings')).toEqual({
      path: theirs,
      source: `hf://owner/buildings@${COMMIT}/model.safetensors`,
      sha256: sha256(WEIGHTS),
    });
  });

  it('is checked: what was damaged since is brought again', async () => {
    const { runPython, runOurs } = await setUp();
    const [theirs] = (await runPython(oneByOne())) as string[];
    await writeFile(theirs!, 'spoilt');
    const [ours] = await runOurs();
    expect(ours).toBe(theirs);
    expect((await readFile(theirs!)).equals(FILES['data/train.zip'])).toBe(true);
  });

  it('is used where Python made no links, and is not downloaded again', async () => {
    const { server, access, log, runPython, runOurs } = await setUp();
    const theirs = await runPython(oneByOne(), { HF_HUB_DISABLE_SYMLINKS: '1' });
    const before = server.requests.length;
    expect(await runOurs()).toEqual(theirs);
    expect(server.requests.slice(before)).toEqual(['api']);
    access.offline = true;
    expect(await runOurs()).toEqual(theirs);
    expect(log.lines.at(-1)).toContain('used as found');
  });
});

it('both may download the same at the same time', { timeout: 60_000 }, async () => {
  const { server, cacheFolder, runPython, runOurs } = await setUp({ pace: 10_000 });
  const [theirs, ours] = await Promise.all([runPython(oneByOne()), runSoon()]);
  expect(ours).toEqual(theirs);
  for (const [i, path] of ours.entries()) {
    expect((await readFile(path)).equals(Object.values(FILES)[i]!)).toBe(true);
  }
  const hashes = Object.values(FILES).map(sha256).toSorted(byText);
  expect(await filesIn(join(cacheFolder, 'datasets--owner--buildings/blobs'))).toEqual(hashes);

  /** As soon as Python's first file is on its way. */
  async function runSoon(): Promise<string[]> {
    while (!server.requests.some((request) => request.startsWith('body'))) await sleep(5);
    return runOurs();
  }
});

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
