import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What goes wrong with one answer. Faults are used up one by one; after the last all goes well. */
export type Fault =
  | { status: number; body?: string }
  /** Sends so many bytes of the body, then drops the connection. */
  | { cutAfter: number }
  /** Sends the whole file with status 200 although a range was asked for. */
  | 'ignore range'
  /** Sends the right number of wrong bytes. */
  | 'wrong bytes'
  | 'too many bytes';

export interface HubServerOptions {
  /** owner/name of the one data set it has. */
  repo: string;
  revision: string;
  files: Readonly<Record<string, Buffer>>;
  /** False: files are plain git blobs, without LFS. */
  lfs?: boolean;
  /** For answers about the repository. */
  apiFaults?: Fault[];
  /** For answers with a file's content. */
  bodyFaults?: Fault[];
  /** Asked for on the hub (and never to be shown to the store). */
  token?: string;
}

export interface HubServer {
  url: string;
  /** `api`, `probe`, `body bytes=N-`, in the order in which they came. */
  requests: string[];
  /** Authorization headers that reached the file store: there should be none. */
  leakedTokens: string[];
  close(): Promise<void>;
}

/**
 * A server on this machine that speaks the part of the Hugging Face Hub's protocol that data-prep needs, with a
 * second one as the file store, to which it redirects as the real hub does.
 */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const apiFaults = [...(options.apiFaults ?? [])];
  const bodyFaults = [...(options.bodyFaults ?? [])];
  const requests: string[] = [];
  const leakedTokens: string[] = [];
  const store = await listen((request, response) => {
    if (request.headers.authorization) leakedTokens.push(request.headers.authorization);
    const range = request.headers.range ?? 'none';
    const isProbe = range === 'bytes=0-0';
    requests.push(isProbe ? 'probe' : `body ${range}`);
    sendFile(
      options.files[request.url!.slice(1)]!,
      range,
      response,
      isProbe ? undefined : bodyFaults.shift(),
    );
  });
  const hub = await listen(async (request, response) => {
    const denied = options.token !== undefined && request.headers.authorization !== `Bearer ${options.token}`;
    if (denied) return sendStatus(response, 401, 'Invalid credentials');
    const base = `/api/datasets/${options.repo}/paths-info/${options.revision}`;
    if (request.method === 'POST' && request.url === base) {
      requests.push('api');
      const fault = apiFaults.shift();
      if (typeof fault === 'object' && 'status' in fault)
        return sendStatus(response, fault.status, fault.body);
      const { paths } = JSON.parse(await text(request)) as { paths: string[] };
      return sendJson(
        response,
        paths.filter((path) => path in options.files).map((path) => pathInfo(path, options)),
      );
    }
    const path = request.url!.split(`/datasets/${options.repo}/resolve/${options.revision}/`)[1];
    if (path === undefined || !(path in options.files)) return sendStatus(response, 404, 'Entry not found');
    response.writeHead(302, { Location: `${urlOf(store)}/${path}` }).end();
  });
  return {
    url: urlOf(hub),
    requests,
    leakedTokens,
    close: async () => {
      await Promise.all([closeServer(hub), closeServer(store)]);
    },
  };
}

/** A port of this machine on which nobody listens. */
export async function closedPortUrl(): Promise<string> {
  const server = await listen(() => {});
  const url = urlOf(server);
  await closeServer(server);
  return url;
}

function pathInfo(path: string, { files, lfs = true }: HubServerOptions): object {
  const content = files[path]!;
  const size = content.length;
  const oid = createHash('sha1').update(`blob ${size}\0`).update(content).digest('hex');
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { type: 'file', path, size, oid, ...(lfs ? { lfs: { oid: sha256, size, pointerSize: 130 } } : {}) };
}

function sendFile(file: Buffer, range: string, response: ServerResponse, fault: Fault | undefined): void {
  if (typeof fault === 'object' && 'status' in fault) {
    sendStatus(response, fault.status, fault.body);
    return;
  }
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? ['', '0', ''];
  const start = fault === 'ignore range' ? 0 : Number(first);
  const end = last ? Number(last) + 1 : file.length;
  let body = file.subarray(start, end);
  if (fault === 'wrong bytes') body = Buffer.alloc(body.length, 7);
  if (fault === 'too many bytes') body = Buffer.concat([body, Buffer.alloc(100)]);
  response.writeHead(fault === 'ignore range' ? 200 : 206, {
    'Content-Length': body.length,
    'Content-Range': `bytes ${start}-${end - 1}/${file.length}`,
    ETag: '"etag"',
  });
  if (typeof fault === 'object') {
    // A client may throw away what it has not read yet when the connection breaks: it gets time to read.
    const cut = () => response.socket!.end();
    response.write(body.subarray(0, fault.cutAfter), () => setTimeout(cut, READING_TIME_MS));
    return;
  }
  response.end(body);
}

const READING_TIME_MS = 50;

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function sendStatus(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'Content-Type': 'text/html' }).end(body);
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
