import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Row } from '../../../scripts/golden/compare.ts';
import { encodeSafetensors, type HostTensor } from '../../../src/model/safetensors.ts';
import { useTempFolders } from '../../support/temp-folder.ts';

const MAIN = fileURLToPath(new URL('../../../scripts/golden/main.ts', import.meta.url));
const FILE = fileURLToPath(
  new URL('../../../../shared/golden/maskrcnn_resnet50_fpn-256.safetensors', import.meta.url),
);
/** About 8 s on an idle machine. */
const WHOLE_CHECK = { timeout: 180_000 };

const makeFolder = useTempFolders();
const golden = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });

async function fileOf(content: Uint8Array): Promise<string> {
  const path = join(await makeFolder(), 'file.safetensors');
  await writeFile(path, content);
  return path;
}

const image = (...shape: number[]): HostTensor => ({
  shape,
  values: new Float32Array(shape.reduce((product, length) => product * length, 1)),
});
const METADATA = { size: '64', detections: '5' };
const encode = (tensors: Record<string, HostTensor>, metadata: Record<string, string> = METADATA) =>
  encodeSafetensors({ tensors: new Map(Object.entries(tensors)), metadata });

describe('npm run golden', () => {
  it.each([
    [[], 'Expected one golden file, got 0'],
    [['a', 'b'], 'Expected one golden file, got 2'],
    [['a', '--loud'], "Unknown option '--loud'"],
    [['/nonexistent/file'], 'Cannot read /nonexistent/file'],
  ])('refuses %j in one line', (args, message) => {
    const { status, stdout, stderr } = golden(...args);
    expect(stderr).toContain(message);
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
  });

  it.each([
    ['an empty file', new Uint8Array(), 'its header is cut off'],
    ['no safetensors', Buffer.from('not a safetensors file at all'), 'its header is cut off'],
    ['no image', encode({ other: image(3, 64, 64) }), 'the tensor image is missing'],
    [
      'an image of one channel',
      encode({ image: image(1, 64, 64) }),
      'must be [3, height, width], got [1, 64, 64]',
    ],
    ['an empty image', encode({ image: image(3, 0, 64) }), 'must be [3, height, width], got [3, 0, 64]'],
    [
      'an image that is not finite',
      encode({ image: { shape: [3, 1, 1], values: Float32Array.of(0, Number.NaN, 0) } }),
      'value 1 of 3 is NaN',
    ],
    [
      'no size',
      encode({ image: image(3, 64, 64) }, { detections: '5' }),
      'hold size as a whole number from 1, got nothing',
    ],
    [
      'a size of 0',
      encode({ image: image(3, 64, 64) }, { ...METADATA, size: '0' }),
      'size as a whole number from 1, got "0"',
    ],
    [
      'detections that are no number',
      encode({ image: image(3, 64, 64) }, { ...METADATA, detections: 'all' }),
      'detections as a whole number from 1, got "all"',
    ],
    [
      'labels of another type',
      Buffer.from(
        encode({ image: image(3, 64, 64), 'det.labels': image(6) })
          .toString('latin1')
          .replace('"dtype":"F32"', '"dtype":"I32"'),
        'latin1',
      ),
      'det.labels must be float or 6 values of I64, got 24 bytes of I32',
    ],
    ['an image that is too narrow', encode({ image: image(3, 1, 999) }), 'cannot be checked'],
  ])('refuses %s in one line', async (_, content, message) => {
    const { status, stdout, stderr } = golden(await fileOf(content));
    expect(stderr).toContain(message);
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
  });

  it('finds nothing amiss in outputs of torchvision', WHOLE_CHECK, (context) => {
    skipWithoutFile(context);
    const { status, stdout } = golden(FILE, '--json');
    const { ok, keys } = JSON.parse(stdout) as { ok: boolean; keys: Row[] };
    expect(keys.filter((row) => !row.ok)).toEqual([]);
    expect([status, ok, keys.length]).toEqual([0, true, 36]);
    // Far from the limits, so that a small mistake shows.
    const features = keys.filter(({ required }) => required.endsWith('deviations'));
    expect(Math.max(...features.map(({ relative }) => relative!))).toBeLessThan(1e-4);
  });

  it('finds each fault that a file has', WHOLE_CHECK, async (context) => {
    skipWithoutFile(context);
    const { status, stdout } = golden(await fileOf(withFaults(readFileSync(FILE))));
    const failed = stdout.split('\n').filter((line) => line.includes('  FAIL'));
    expect(failed.map((line) => line.split(' ')[0])).toEqual([
      'body.0.slice',
      'rpn.logits.4',
      'roi_align.first20',
      'det.scores',
      'body.9.slice',
    ]);
    expect(stdout.trimEnd().split('\n').at(-1)).toContain('5 of 37 keys FAIL: body.0.slice, rpn.logits.4');
    expect(status).toBe(1);
  });
});

function skipWithoutFile(context: TestContext): void {
  if (!existsSync(FILE)) context.skip(`${FILE} is not there: scripts/golden/README.md tells how to make one`);
}

/** Renames one key, so that it is missing and another unknown, and makes three values wrong: by 0.001, by 0.01, NaN. */
function withFaults(original: Buffer): Buffer {
  const bytes = Buffer.from(original);
  const bodyStart = 8 + Number(bytes.readBigUInt64LE());
  const header = bytes.toString('latin1', 8, bodyStart);
  const entries = JSON.parse(header) as Record<string, { data_offsets: [number, number] }>;
  const edit = (key: string, change: (value: number) => number) => {
    const at = bodyStart + entries[key]!.data_offsets[0];
    bytes.writeFloatLE(change(bytes.readFloatLE(at)), at);
  };
  edit('roi_align.first20', (value) => value + 0.001);
  edit('det.scores', (value) => value - 0.01);
  edit('rpn.logits.4', () => Number.NaN);
  bytes.write(header.replace('"body.0.slice"', '"body.9.slice"'), 8, 'latin1');
  return bytes;
}
