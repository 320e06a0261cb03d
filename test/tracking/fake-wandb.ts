import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** A stand-in for the Weights & Biases server: as much of its protocol as the official client needs for one run. */
export interface FakeWandb {
  url: string;
  /** What the client said of the run when it began. */
  run: Record<string, unknown>;
  config: Record<string, { value: unknown }>;
  /** History rows, each as one object, in the order of the server's file. */
  history: HistoryRow[];
  /** The newest of them by `_step`. */
  rows: Map<number, HistoryRow>;
  summary: Record<string, unknown>;
  /** Path inside the run -> bytes. */
  files: Map<string, Buffer>;
  exitCode: number | null;
  /** From now on it takes every request and answers none. */
  stall(): void;
  close(): Promise<void>;
}

type HistoryRow = Record<string, unknown> & { _step: number };

/** @param port 0 = any free one */
export async function startFakeWandb(port = 0): Promise<FakeWandb> {
  let stalled = false;
  const fake: FakeWandb = {
    url: '',
    run: {},
    config: {},
    history: [],
    rows: new Map(),
    summary: {},
    files: new Map(),
    exitCode: null,
    stall: () => {
      stalled = true;
    },
    close: () =>
      new Promise((resolve) => {
        // It may be closed already: then the callback has an error, and all is well.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (stalled) return;
      const raw = Buffer.concat(chunks);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      const answer = respond(fake, request.url ?? '', body);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}

/** The variables that lead the client there, with a key of the right form. */
export function environmentFor(fake: { url: string }, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    WANDB_BASE_URL: fake.url,
    WANDB_API_KEY: '0123456789'.repeat(4),
  };
}

function respond(fake: FakeWandb, url: string, body: Buffer): unknown {
  if (url === '/graphql') return respondToQuery(fake, JSON.parse(body.toString()) as Query);
  if (url.endsWith('/file_stream')) return takeStream(fake, JSON.parse(body.toString()) as StreamBody);
  if (url.startsWith('/upload/')) fake.files.set(decodeURIComponent(url.slice('/upload/'.length)), body);
  return {};
}

interface Query {
  query: string;
  variables: Record<string, unknown> & { config?: string; files?: string[] };
}

function respondToQuery(fake: FakeWandb, { query, variables }: Query): unknown {
  const entity = { id: 'RTox', name: 'team' };
  if (query.includes('viewer')) {
    const viewer = {
      id: 'VTox',
      entity: entity.name,
      username: 'somebody',
      flags: '{}',
      teams: { edges: [] },
    };
    return { data: { viewer, serverInfo: {} } };
  }
  const known = {
    id: 'QTox',
    displayName: String(fake.run.name),
    config: '{}',
    historyLineCount: fake.history.length,
  };
  if (query.includes('RunResumeStatus')) {
    const bucket = fake.run.name === undefined ? null : resumeStatus(fake, known);
    return { data: { model: { id: 'UDox', name: String(variables.project), entity, bucket } } };
  }
  if (query.includes('upsertBucket')) {
    Object.assign(
      fake.run,
      Object.fromEntries(Object.entries(variables).filter(([, value]) => value != null)),
    );
    if (variables.config) Object.assign(fake.config, JSON.parse(variables.config));
    const name = String(fake.run.name);
    const project = { id: 'UDox', name: String(variables.project), entity };
    const bucket = { ...known, name, displayName: name, project };
    return { data: { upsertBucket: { inserted: known.historyLineCount === 0, bucket } } };
  }
  if (query.includes('createRunFiles')) {
    const files = (variables.files ?? []).map((name) => ({
      name,
      uploadUrl: `${fake.url}/upload/${encodeURIComponent(name)}`,
    }));
    return { data: { createRunFiles: { runID: 'QTox', uploadHeaders: [], files } } };
  }
  // A table is kept as an artifact too: no other has its name, and what is given is said to be there already.
  if (query.includes('ArtifactType(')) return { data: { project: { artifact: null } } };
  if (query.includes('createArtifact(')) {
    const artifactSequence = { latestArtifact: null };
    return { data: { createArtifact: { artifact: { id: 'QXox', state: 'COMMITTED', artifactSequence } } } };
  }
  return { data: {} };
}

/** What a client that resumes a run is told of it. */
function resumeStatus(fake: FakeWandb, known: object): object {
  const lines = { eventsLineCount: 0, logLineCount: 0, eventsTail: '[]' };
  const tail = fake.history.slice(-1).map((row) => JSON.stringify(row));
  const about = { ...lines, historyTail: JSON.stringify(tail), summaryMetrics: JSON.stringify(fake.summary) };
  return { ...known, ...about, name: fake.run.name, tags: [], notes: null, wandbConfig: '{"t": 1}' };
}

interface StreamBody {
  files?: Record<string, { offset: number; content: string[] }>;
  exitcode?: number;
}

function takeStream(fake: FakeWandb, { files = {}, exitcode }: StreamBody): unknown {
  const { offset = 0, content = [] } = files['wandb-history.jsonl'] ?? {};
  const rows = content.map((line) => JSON.parse(line) as HistoryRow);
  fake.history.splice(offset, rows.length, ...rows);
  for (const row of rows) fake.rows.set(row._step, row);
  const summary = files['wandb-summary.json']?.content.at(-1);
  if (summary) Object.assign(fake.summary, JSON.parse(summary));
  if (exitcode !== undefined) fake.exitCode = exitcode;
  return { exitcode: null, limits: {} };
}
