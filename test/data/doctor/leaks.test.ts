import { describe, expect, it } from 'vitest';
import { findAlike, likeness } from '../../../src/data/doctor/duplicates.ts';
import { findRepetitions } from '../../../src/data/doctor/leaks.ts';
import type { SourceImage } from '../../../src/data/doctor/source-image.ts';
import type { Split } from '../../../src/data/prepared.ts';
import { createRandom } from '../../../src/system/random.ts';
import { imageOf } from '../../support/sound-image.ts';

/** A hash whose lowest `bits` bits are set: 16 hexadecimal digits. */
const hashOf = (bits: number) => ((1n << BigInt(bits)) - 1n).toString(16).padStart(16, '0');

async function found(images: SourceImage[], { mostBits = 4, remove = true } = {}) {
  return (await findRepetitions(images, { mostBits, remove })).map(
    ({ finding }) => `${finding.kind} ${finding.image} ${finding.treatment}: ${finding.detail}`,
  );
}

const at = (name: string, split: Split | null, bits: number) => imageOf(name, { split }, hashOf(bits));

describe('findAlike', () => {
  it('groups places by hash or by file, each once', async () => {
    const facts = [0, 40, 3, 60, 43, 44].map((bits, i) => imageOf(String(i), {}, hashOf(bits)).facts);
    const sameFile = { ...facts[3]!, perceptualHash: hashOf(20), sha256: facts[0]!.sha256 };
    expect(await findAlike([...facts, sameFile], 3)).toEqual([
      [0, 2, 6],
      [1, 4, 5],
    ]);
  });

  it('groups equal hashes only, where no bit may differ', async () => {
    const facts = [7, 8, 7].map((bits, i) => imageOf(String(i), {}, hashOf(bits)).facts);
    expect(await findAlike(facts, 0)).toEqual([[0, 2]]);
  });

  it('is empty where images are too plain to tell, unless the files are the same', async () => {
    const plain = [0, 1, 2].map((i) => imageOf(String(i), {}, null).facts);
    expect(await findAlike(plain, 16)).toEqual([]);
    expect(await findAlike([...plain, { ...plain[1]! }], 16)).toEqual([[1, 3]]);
  });

  it('counts the bits of both halves', async () => {
    const facts = ['0000000000000000', '0000000300000003', '8000000180000001'].map(
      (hash, i) => imageOf(String(i), {}, hash).facts,
    );
    expect(await findAlike(facts, 3)).toEqual([]);
    expect(await findAlike(facts, 4)).toEqual([[0, 1, 2]]);
  });
});

describe('findRepetitions', () => {
  it('takes leaks from train first, then from valid, and never from test', async () => {
    const images = [at('a', 'test', 0), at('b', 'valid', 2), at('c', 'train', 1), at('d', 'train', 30)];
    expect(await found(images)).toEqual([
      'image_leak b.png dropped: it shows what a.png of test shows: 2 of 64 bits of its perceptual hash differ',
      'image_leak c.png dropped: it shows what a.png of test shows: 1 of 64 bits of its perceptual hash differ',
    ]);
  });

  it('reports and leaves them where they are to be kept', async () => {
    const images = [at('a', 'test', 0), at('c', 'train', 0)];
    expect(await found(images, { remove: false })).toEqual([
      'image_leak c.png none: it shows what a.png of test shows: the same perceptual hash',
    ]);
  });

  it('names the same file', async () => {
    const [a, b] = [imageOf('a', { split: 'valid' }), imageOf('b')];
    expect(await found([a, { ...b, facts: a.facts }])).toEqual([
      'image_leak b.png dropped: it shows what a.png of valid shows: the same file',
    ]);
  });

  it('follows likeness from one image to the next, but not on and on', async () => {
    // In steps of four bits: 0 - 4 - 8 - 12.
    const images = [at('a', 'test', 0), at('b', 'train', 4), at('c', 'train', 8), at('d', 'train', 12)];
    expect((await found(images)).map((line) => line.slice(0, 26))).toEqual([
      'image_leak b.png dropped: ',
      'image_leak c.png dropped: ',
    ]);
  });

  it('takes from train what leaks into an image of valid that itself leaks', async () => {
    const images = [at('a', 'train', 8), at('b', 'valid', 4), at('c', 'test', 0)];
    expect((await found(images)).map((line) => line.slice(0, 16))).toEqual([
      'image_leak a.png',
      'image_leak b.png',
    ]);
  });

  it('only reports what comes again in a split, and holds it against the first', async () => {
    const images = [
      at('a', 'test', 0),
      at('b', 'test', 4),
      at('c', 'test', 3),
      at('d', null, 3),
      at('e', null, 3),
    ];
    expect((await found(images)).map((line) => line.split(':')[0])).toEqual([
      'image_duplicate b.png none',
      'image_duplicate c.png none',
      'image_duplicate e.png none',
    ]);
    expect((await found(images))[1]).toContain('it shows what b.png shows: 1 of 64');
  });

  it('holds no image against one that is taken out', async () => {
    // b is like x, which goes; of the two that stay, c is like b.
    const images = [
      at('a', 'train', 2),
      at('b', 'train', 10),
      at('c', 'train', 14),
      at('x', 'train', 6),
      at('d', 'test', 0),
    ];
    expect((await found(images)).map((line) => line.split(':')[0])).toEqual([
      'image_leak a.png dropped',
      'image_leak x.png dropped',
      'image_duplicate c.png none',
    ]);
  });
});

/** As the rules say it: every image against every other one. */
function plainly(images: SourceImage[], mostBits: number, remove: boolean): string[] {
  const bits = (a: SourceImage, b: SourceImage) => likeness(a.facts, b.facts).bits;
  const rank = ({ split }: SourceImage) => ['train', 'valid', 'test'].indexOf(split ?? '');
  const groupOf = new Map(images.map((image, i) => [image, i]));
  for (const a of images) {
    for (const b of images) {
      const [to, from] = [groupOf.get(a)!, groupOf.get(b)!];
      if (bits(a, b) > mostBits || to === from) continue;
      for (const [image, group] of groupOf) if (group === from) groupOf.set(image, to);
    }
  }
  const nearest = (image: SourceImage, others: SourceImage[], most: number) => {
    const near = others.filter((other) => groupOf.get(other) === groupOf.get(image));
    const fewest = Math.min(...near.map((other) => bits(image, other)));
    return fewest > most ? undefined : near.find((other) => bits(image, other) === fewest);
  };
  const line = (kind: string, image: SourceImage, twin: SourceImage | undefined) =>
    twin === undefined ? [] : [`${kind} ${image.name} ${twin.name} ${bits(image, twin)}`];
  const leakTwin = (image: SourceImage) =>
    image.split === null
      ? undefined
      : nearest(
          image,
          images.filter((other) => rank(other) > rank(image)),
          2 * mostBits,
        );
  const staying = remove ? images.filter((image) => leakTwin(image) === undefined) : images;
  return [
    ...images.flatMap((image) => line('image_leak', image, leakTwin(image))),
    ...staying.flatMap((image, i) => {
      const earlier = staying.slice(0, i).filter(({ split }) => split === image.split);
      return line('image_duplicate', image, nearest(image, earlier, mostBits));
    }),
  ];
}

describe('findRepetitions among many', () => {
  it('finds what comparing every image with every other one finds', async () => {
    const random = createRandom('leaks');
    const one = <T>(of: readonly T[]) => of[Math.floor(random.uniform(0, of.length))]!;
    let found = 0;
    for (let round = 0; round < 300; round++) {
      // Few hashes, few bits apart, few files: so that there are ties, chains and one file with two hashes.
      const images = Array.from({ length: 14 }, (_, i) => {
        const image = at(
          `${i}`,
          one(['train', 'valid', 'test', null] as const),
          one([0, 1, 3, 6, 9, 12, 30]),
        );
        const sha256 = one([image.facts.sha256, image.facts.sha256, 'same', 'shared']);
        const perceptualHash = one([null, image.facts.perceptualHash, image.facts.perceptualHash]);
        return { ...image, facts: { ...image.facts, sha256, perceptualHash } };
      });
      const [mostBits, remove] = [one([0, 1, 3, 4]), one([true, false])];
      const quickly = (await findRepetitions(images, { mostBits, remove })).map(
        ({ finding, image, twin, bits }) => `${finding.kind} ${image.name} ${twin.name} ${bits}`,
      );
      expect(quickly).toEqual(plainly(images, mostBits, remove));
      found += quickly.length;
    }
    expect(found).toBeGreaterThan(1000);
  });

  const SPLITS_IN_TURN = ['train', 'valid', 'test'] as const;
  const many = (count: number, hash: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => imageOf(`${i}`, { split: SPLITS_IN_TURN[i % 3]! }, hash(i)));

  it('takes no long for 20,000 images that are alike', { timeout: 120_000 }, async () => {
    const alike = many(20_000, (i) => hashOf(i % 2));
    // Not by the clock, which other processes slow down. Comparing all with all takes a minute.
    const before = process.threadCpuUsage();
    const repetitions = await findRepetitions(alike, { mostBits: 4, remove: true });
    expect(repetitions).toHaveLength(19_999);
    expect(process.threadCpuUsage(before).user / 1e6).toBeLessThan(10);
  });

  it('heeds the signal in the middle', { timeout: 60_000 }, async () => {
    const random = createRandom('different');
    const word = () =>
      Math.floor(random.uniform(0, 2 ** 32))
        .toString(16)
        .padStart(8, '0');
    const different = many(100_000, () => word() + word());
    const reason = new Error('Ctrl-C');
    const stopping = new AbortController();
    setTimeout(() => stopping.abort(reason), 100);
    const startMs = performance.now();
    const { signal } = stopping;
    await expect(findRepetitions(different, { mostBits: 4, remove: true, signal })).rejects.toBe(reason);
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });
});
