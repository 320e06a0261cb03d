import { readFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../system/errors.ts';
import { crossFieldIssues } from './cross-field.ts';
import { describeIssues, type Fault } from './faults.ts';
import { applyOverrides, type Override, parseOverrides } from './overrides.ts';
import { type Params, paramsSchema } from './schema.ts';

/**
 * Reads, overrides and validates the params.
 * @param file path of a `params.yaml`
 * @param sets `KEY=VALUE` texts of `--set`, applied in order: `train.epochs=1`, `data.custom=[a,b]`
 * @returns the params, frozen all the way down
 * @throws UsageError with every fault at once, one a line: `params.yaml:12 train.epochs must be > 0, got 0`
 */
export async function loadParams(file: string, sets: readonly string[]): Promise<Params> {
  const lineCounter = new LineCounter();
  const document = parseDocument(await readText(file), { lineCounter, prettyErrors: false });
  const line = (offset: number) => lineCounter.linePos(offset).line;
  const broken = document.errors.filter((error) => error.code !== 'DUPLICATE_KEY');
  if (broken.length > 0) {
    throw new UsageError(
      broken.map((error) => `${file}:${line(error.pos[0])} is not valid YAML: ${error.message}`).join('\n'),
    );
  }
  const located: [line: number, text: string][] = document.errors.map((error) => [
    line(error.pos[0]),
    `key ${keyAt(document, error.pos[0])} appears twice in its section; keep one of them`,
  ]);
  const knownKeys = keysOf(paramsSchema);
  const { overrides, faults: setFaults } = parseOverrides(sets, knownKeys);
  const value = applyOverrides(contentOf(document, file), overrides);
  const result = paramsSchema.safeParse(value);
  const issues = result.error?.issues ?? [];
  const faulty = issues.filter(({ code }) => code !== 'unrecognized_keys').map(({ path }) => path);
  for (const fault of describeIssues([...issues, ...crossFieldIssues(value, faulty)], value, knownKeys)) {
    if (comesFrom(overrides, fault)) setFaults.push(fault);
    else located.push([line(offsetOf(document, fault.path)), sentence(fault)]);
  }
  if (result.success && located.length + setFaults.length === 0) return deepFreeze(result.data);
  throw new UsageError(
    [
      ...located.sort(([a], [b]) => a - b).map(([at, text]) => `${file}:${at} ${text}`),
      ...setFaults.map((fault) => `--set ${sentence(fault)}`),
    ].join('\n'),
  );
}

const READ_ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; name one with --params FILE, or run in the folder that holds params.yaml',
  EISDIR: 'it is a folder; name a YAML file with --params FILE',
  EACCES: 'permission denied; make the file readable for this user',
};

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new UsageError(`Cannot read params from ${file}: ${READ_ADVICE[code] ?? message}`, {
      cause: error,
    });
  }
}

function contentOf(document: Document.Parsed, file: string): unknown {
  const wrongRoot = !isMap(document.contents);
  if (wrongRoot) throw new UsageError(`${file}:1 must hold sections of "key: value" lines; it does not`);
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that lead nowhere or multiply without end show up only here.
    throw new UsageError(`${file}:1 is not valid YAML: ${(error as Error).message}`, { cause: error });
  }
}

function sentence({ path, text }: Fault): string {
  const key = path
    .map((part, i) => (/^\d+$/.test(part) ? `[${part}]` : `${i > 0 ? '.' : ''}${part}`))
    .join('');
  return key === '' ? text : `${key} ${text}`;
}

/** Whether the fault lies in what a `--set` brought, not in the file. */
function comesFrom(overrides: readonly Override[], fault: Fault): boolean {
  return overrides.some(({ path }) => path.every((key, i) => key === fault.path[i]));
}

/** Offset of the deepest key or list item on `path` that the file has: for a missing key that of its section. */
function offsetOf(document: Document.Parsed, path: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of path) {
    if (isMap<Node, Node>(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (!pair) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq<Node>(node)) {
      node = node.items[Number(key)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
}

/** The key that begins at `offset` of a document, as it is written there. */
function keyAt(document: Document.Parsed, offset: number): string {
  let found = '';
  const search = (node: unknown) => {
    if (isSeq(node)) node.items.forEach(search);
    if (!isMap<Node, Node>(node)) return;
    for (const { key, value } of node.items) {
      if (isScalar(key) && key.range?.[0] === offset) found = String(key.value);
      search(value);
    }
  };
  search(document.contents);
  return found;
}

/** Every key and section of a schema, dotted: `train`, `train.epochs`, ... */
function keysOf(schema: z.core.$ZodType): string[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.core.$ZodType>(schema.shape).flatMap(([key, value]) => [
    key,
    ...keysOf(value).map((below) => `${key}.${below}`),
  ]);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const item of Object.values(value)) deepFreeze(item);
    Object.freeze(value);
  }
  return value;
}
