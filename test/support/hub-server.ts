import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach } from 'vitest';

/** What goes wrong with one answer. Faults are used up one by one; after the last all goes well. */
export type Fault =
  /** For an answer that goes well, before one that does not. */
  | 'none'
  | Refusal
  | Lie
  /** Sends the whole file with status 200 although a range was asked for. */
  | 'ignore range'
  /** Sends the right number of wrong bytes. */
  | 'wrong bytes'
  | 'too many bytes';

interface Refusal {
  status: number;
  body?: string;
  /** The hub's word for it. */
  code?: string;
  headers?: Readonly<Record<string, string>>;
}

interface Lie {
  /** Sends so many bytes of the body, then drops the connection. */
  cutAfter?: number;
  /** Announces so many bytes, whatever it sends. */
  claimedLength?: number;
  /** Announces another piece than it sends, as `bytes 5-99/100`. */
  claimedRange?: string;
  /** Sends so many bytes of the body, then nothing more, with the connection open. */
  silentAfter?: number;
}

export interface HubServerOptions {
  /** What its one repository is; a data set if not given. */
  type?: 'dataset' | 'model';
  /** owner/name of that repository. */
  repo: string;
  /** Its first commit. */
  revision: string;
  /** What that commit holds. */
  files: HubFiles;
  /** Further commits. */
  commits?: Readonly<Record<string, HubFiles>>;
  /** Branches and tags, and the commits for which they stand; a test may move them. */
  branches?: Record<string, string>;
  /** False: files are plain git blobs, without LFS. */
  lfs?: boolean;
  /** For answers about the repository. */
  apiFaults?: Fault[];
  /** For answers with a file's content. */
  bodyFaults?: Fault[];
  /** Asked for on the hub (and never to be shown to the store). */
  token?: string;
  /** Bytes that the store sends for each file in 10 ms; all at once if not given. */
  pace?: number;
}

type HubFiles = Readonly<Record<string, Buffer>>;

interface HubServer {
  url: string;
  /** `revision main`, `api`, `probe`, `body bytes=N-`, in the order in which they came. */
  requests: string[];
  /** Authorization headers that reached the file store: there should be none. */
  leakedTokens: string[];
  /** How many contents were on their way at the same time, at most. */
  mostAtOnce(): number;
  close(): Promise<void>;
}

/**
 * To be called at the top of a test file.
 * @returns `startHubServer`, whose servers are closed after each test
 */
export function useHubServers(): typeof startHubServer {
  const servers: HubServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });
  return async (options) => {
    const server = await startHubServer(options);
    servers.push(server);
    return server;
  };
}

/**
 * A server on this machine that speaks the part of the Hugging Face Hub's protocol that the program needs, with a
 * second one as the file store, to which it redirects as the real hub does.
 */
async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const apiFaults = [...(options.apiFaults ?? [])];
  const bodyFaults = [...(options.bodyFaults ?? [])];
  const requests: string[] = [];
  const leakedTokens: string[] = [];
  const onTheirWay = countOpen();
  const commits: Readonly<Record<string, HubFiles>> = {
    [options.revision]: options.files,
    ...options.commits,
  };
  const store = await listen((request, response) => {
    if (request.headers.authorization) leakedTokens.push(request.headers.authorization);
    const range = request.headers.range ?? 'none';
    const isProbe = range === 'bytes=0-0';
    requests.push(isProbe ? 'probe' : `body ${range}`);
    const [, commit, path] = /^\/([^/]+)\/(.+)$/.exec(request.url!)!;
    const file = commits[commit!]![path!]!;
    if (isProbe) return sendFile(file, range, response, {});
    onTheirWay.add(response);
    const fault = bodyFaults.shift();
    return sendFile(file, range, response, { fault, pace: options.pace });
  });
  const hub = await listen(async (request, response) => {
    const answer = findAnswer(request, options, commits);
    requests.push(...answer.noted);
    const fault = answer.noted.length > 0 ? apiFaults.shift() : undefined;
    if (isRefusal(fault)) return sendStatus(response, fault);
    if ('error' in answer) return sendError(response, answer.error);
    if ('commit' in answer) return sendJson(response, { id: options.repo, sha: answer.commit });
    if ('path' in answer) {
      const { revision, path } = answer;
      const { size, oid, lfs } = pathInfo(path, commits[revision]![path]!, options);
      const linked = lfs ? { 'X-Linked-ETag': `"${lfs.oid}"`, 'X-Linked-Size': String(lfs.size) } : {};
      const facts = { ETag: `"${oid}"`, 'Content-Length': size, 'X-Repo-Commit': revision, ...linked };
      // Python's library asks for the facts of plain files by HEAD, before anything is sent elsewhere.
      if (request.method === 'HEAD' && !lfs) return response.writeHead(200, facts).end();
      const location = `${urlOf(store)}/${revision}/${path}`;
      return response.writeHead(302, { ...facts, 'Content-Length': 0, Location: location }).end();
    }
    if (request.method === 'GET') {
      const tree = Object.entries(answer.files).map(([path, content]) => pathInfo(path, content, options));
      return sendJson(response, tree);
    }
    const { paths } = JSON.parse(await text(request)) as { paths: string[] };
    const known = paths.filter((path) => path in answer.files);
    return sendJson(
      response,
      known.map((path) => pathInfo(path, answer.files[path]!, options)),
    );
  });
  return {
    url: urlOf(hub),
    requests,
    leakedTokens,
    mostAtOnce: onTheirWay.most,
    close: async () => {
      await Promise.all([closeServer(hub), closeServer(store)]);
    },
  };
}

/** Counts answers from when they begin until they are sent, or given up. */
function countOpen() {
  let open = 0;
  let most = 0;
  const add = (response: ServerResponse) => {
    most = Math.max(most, ++open);
    response.once('close', () => open--);
  };
  return { add, most: () => most };
}

/** A port of this machine on which nobody listens. */
export async function closedPortUrl(): Promise<string> {
  const server = await listen(() => {});
  const url = urlOf(server);
  await closeServer(server);
  return url;
}

/** What the hub has to say to a request, and the names under which it goes into `requests`. */
type Answer = { noted: string[] } & (
  | { error: keyof typeof ERRORS }
  | { commit: string }
  | { revision: string; path: string }
  | { files: HubFiles }
);

/** As the real hub has them: header X-Error-Code and status. */
const ERRORS = {
  Unauthorized: 401,
  RepoNotFound: 404,
  RevisionNotFound: 404,
  EntryNotFound: 404,
} as const;

const ADDRESSES = [
  /^\/(?:(?<kind>datasets)\/)?(?<repo>[^/]+\/[^/]+)\/(?<verb>resolve)\/(?<revision>[^/]+)\/(?<path>.+)$/,
  /^\/api\/(?<kind>\w+)\/(?<repo>[^/]+\/[^/]+)\/(?<verb>revision|paths-info|tree)\/(?<revision>[^/]+)$/,
];

function findAnswer(
  request: IncomingMessage,
  { type = 'dataset', repo, branches = {}, token }: HubServerOptions,
  commits: Readonly<Record<string, HubFiles>>,
): Answer {
  const { authorization } = request.headers;
  const { pathname } = new URL(request.url!, 'http://hub');
  const asked = ADDRESSES.map((address) => address.exec(pathname)?.groups).find(Boolean);
  const { kind = 'models', verb, path = '' } = asked ?? {};
  const revision = decodeURIComponent(asked?.revision ?? '');
  const noted =
    verb === 'revision' ? [`revision ${revision}`] : ['paths-info', 'tree'].includes(verb!) ? ['api'] : [];
  const isKnown = kind === `${type}s` && asked?.repo === repo;
  const isAllowed = token === undefined || authorization === `Bearer ${token}`;
  // Who shows no token is not told whether there is such a repository.
  if (!isAllowed || !(isKnown || authorization)) return { noted, error: 'Unauthorized' };
  if (!isKnown) return { noted, error: 'RepoNotFound' };
  const commit = branches[revision] ?? revision;
  const files = commits[commit];
  if (!files) return { noted, error: 'RevisionNotFound' };
  if (verb === 'revision') return { noted, commit };
  if (verb !== 'resolve') return { noted, files };
  return path in files ? { noted, revision: commit, path } : { noted, error: 'EntryNotFound' };
}

interface PathInfo {
  type: 'file';
  path: string;
  size: number;
  oid: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

function pathInfo(path: string, content: Buffer, { lfs = true }: HubServerOptions): PathInfo {
  const size = content.length;
  const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { type: 'file', path, size, oid, ...(lfs ? { lfs: { oid: sha256, size, pointerSize: 130 } } : {}) };
}

interface Sending {
  fault?: Fault | undefined;
  pace?: number | undefined;
}

function sendFile(file: Buffer, range: string, response: ServerResponse, { fault, pace }: Sending): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? ['', '0', ''];
  const start = fault === 'ignore range' ? 0 : Number(first);
  const refusal = isRefusal(fault) ? fault : start >= file.length ? { status: 416 } : undefined;
  if (refusal) {
    sendStatus(response, refusal);
    return;
  }
  const lie: Lie = typeof fault === 'object' && !isRefusal(fault) ? fault : {};
  const end = last ? Number(last) + 1 : file.length;
  let body = file.subarray(start, end);
  if (fault === 'wrong bytes') body = Buffer.alloc(body.length, 7);
  if (fault === 'too many bytes') body = Buffer.concat([body, Buffer.alloc(100)]);
  response.writeHead(fault === 'ignore range' || range === 'none' ? 200 : 206, {
    'Content-Length': lie.claimedLength ?? body.length,
    'Content-Range': lie.claimedRange ?? `bytes ${start}-${end - 1}/${file.length}`,
    ETag: '"etag"',
  });
  sendBody(body, response, { ...lie, pace });
}

function isRefusal(fault: Fault | undefined): fault is Refusal {
  return typeof fault === 'object' && 'status' in fault;
}

function sendBody(
  body: Buffer,
  response: ServerResponse,
  { cutAfter, claimedLength, silentAfter, pace }: Lie & { pace: number | undefined },
): void {
  if (pace !== undefined) {
    sendSlowly(body, pace, response);
  } else if (silentAfter !== undefined) {
    response.write(body.subarray(0, silentAfter));
  } else if (cutAfter !== undefined || claimedLength !== undefined) {
    // A client may throw away what it has not read yet when the connection breaks: it gets time to read.
    const cut = () => response.socket?.end();
    response.write(body.subarray(0, cutAfter), () => setTimeout(cut, READING_TIME_MS));
  } else {
    response.end(body);
  }
}

function sendSlowly(body: Buffer, pace: number, response: ServerResponse): void {
  if (body.length <= pace) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, pace));
  setTimeout(() => {
    if (!response.destroyed) sendSlowly(body.subarray(pace), pace, response);
  }, 10);
}

const READING_TIME_MS = 50;

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function sendError(response: ServerResponse, error: keyof typeof ERRORS): void {
  const code = error === 'Unauthorized' ? {} : { 'X-Error-Code': error };
  response.writeHead(ERRORS[error], { 'Content-Type': 'application/json', ...code });
  response.end(JSON.stringify({ error }));
}

/** An answer of something that is no hub, or of a hub that fails. */
function sendStatus(response: ServerResponse, { status, body = '', code, headers }: Refusal): void {
  const word = code ? { 'X-Error-Code': code } : {};
  response.writeHead(status, { 'Content-Type': 'text/html', ...word, ...headers }).end(body);
}

async function listen(
  answer: (request: IncomingMessage, response: ServerResponse) => unknown,
): Promise<Server> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
