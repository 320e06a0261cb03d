import { createRandom, type Random } from '../../src/system/random.ts';
import { type FuzzCase, KINDS, type Kind } from './fuzz-case.ts';
import { pick } from './hostile-values.ts';
import { mutateBytes } from './mutate-bytes.ts';
import { mutateJson } from './mutate-json.ts';
import { mutateZip } from './mutate-zip.ts';
import { soundFolder } from './sound-data.ts';
import { soundEntry, writeRawZip } from './zip-writer.ts';

/**
 * @param place of the case: its seed and its number among those of the seed, from which all of it follows
 * @param outside absolute path of a folder outside of the target, which hostile names lead to
 */
export async function makeCase(
  { seed, index }: { seed: number; index: number },
  outside: string,
): Promise<FuzzCase> {
  const random = createRandom(seed, 'fuzz', index);
  const kind = KINDS[index % KINDS.length]!;
  const tricks: string[] = [];
  if (kind !== 'zip')
    return { index, kind, files: await mutatedFolder(kind, random, outside, tricks), tricks };
  const dialect = pick(random, ['coco', 'coco', 'labelme', 'yolo'] as const);
  const isInside = random.int(2) === 0;
  const inside = isInside
    ? await mutatedFolder(dialect, random, outside, tricks)
    : await soundFolder(dialect, random);
  const train =
    isInside && random.int(2) === 0 ? writeSoundZip(inside) : mutateZip(inside, random, outside, tricks);
  const sound = writeSoundZip(await soundFolder('coco', createRandom(seed, 'fuzz sound')));
  const files = new Map([
    ['data/train.zip', train],
    ['data/valid.zip', sound],
    ['data/test.zip', sound],
  ]);
  return { index, kind, files, tricks };
}

function writeSoundZip(files: ReadonlyMap<string, Buffer>): Buffer {
  return writeRawZip([...files].map(([name, bytes]) => soundEntry(name, bytes)));
}

async function mutatedFolder(
  kind: Exclude<Kind, 'zip'>,
  random: Random,
  outside: string,
  tricks: string[],
): Promise<Map<string, Buffer>> {
  const files = await soundFolder(kind, random);
  for (let i = 1 + random.int(2); i > 0; i--) {
    // Annotations are what is read here; images are spoilt now and then.
    const wanted = random.int(8) > 0 ? (name: string) => /\.(?:json|txt|yaml)$/.test(name) : () => true;
    const name = pick(random, [...files.keys()].filter(wanted));
    const bytes = files.get(name)!;
    tricks.push(name);
    const isJson = name.endsWith('.json') && random.int(4) > 0;
    const canParse = isJson && isWhole(bytes);
    files.set(
      name,
      canParse ? mutateJson(bytes, random, outside, tricks) : mutateBytes(bytes, random, tricks),
    );
  }
  if (random.int(20) === 0) spoilLayout(files, random, tricks);
  return files;
}

/** A file that was spoilt once may be no JSON any more, or too deep for JavaScript to write. */
function isWhole(bytes: Buffer): boolean {
  try {
    JSON.stringify(JSON.parse(bytes.toString('utf8')));
    return bytes.length < 2 ** 20;
  } catch {
    return false;
  }
}

/** Files that are missing, of another kind, or of another dialect. */
function spoilLayout(files: Map<string, Buffer>, random: Random, tricks: string[]): void {
  const name = pick(random, [...files.keys()]);
  const change = pick(random, ['missing', 'swapped', 'doubled', 'not what it is called']);
  tricks.push(`${name} ${change}`);
  const bytes = files.get(name)!;
  if (change === 'missing') files.delete(name);
  if (change === 'doubled') files.set(`again/${name}`, bytes);
  if (change === 'swapped') files.set(name, files.get(pick(random, [...files.keys()]))!);
  if (change === 'not what it is called') files.set(name, pick(random, [SVG, GIF, hugePng()]));
}

const SVG = Buffer.from(
  '<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"><rect width="9" height="9"/></svg>',
);
const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==', 'base64');

/** The head of a PNG of 16,000 x 16,000 pixels that are not there. */
function hugePng(): Buffer {
  return Buffer.from('89504e470d0a1a0a0000000d4948445200003e8000003e800802000000', 'hex');
}
