import { describe, expect, it } from 'vitest';
import { formatPrepareReport } from '../../src/data/prepare.ts';
import { createPrepareReport } from '../../src/data/prepare-report.ts';
import type { Building, PreparedDataset, PreparedImage } from '../../src/data/prepared.ts';
import { outlineOf } from '../../src/data/sources/building-outline.ts';
import { square } from '../support/source-zips.ts';

const image = (origin: string, ...polygons: number[][]): PreparedImage => {
  const buildings = polygons.map((polygon, id): Building => ({ id, ...outlineOf([polygon]) }));
  return { id: 1, path: '/a.png', width: 32, height: 24, origin, buildings };
};

const DATASET: PreparedDataset = {
  manifest: {
    version: 1,
    source: 'local',
    hash: '0123456789abcdef',
    splits: {
      train: { images: 3, buildings: 4, dropped: { 'building: crowd region': 2, 'image: listed twice': 1 } },
      valid: { images: 1, buildings: 0, dropped: {} },
      test: { images: 1, buildings: 1, dropped: { 'building: no outline': 12 } },
    },
    files: {
      'images/train/a.png': 'aa',
      'images/train/b.png': 'aa',
      'images/test/a.png': 'bb',
      'test.json': 'aa',
    },
  },
  splits: {
    train: [
      image('local', square(0, 0, 5), square(6, 0, 5), square(20, 12, 5)),
      image('local'),
      image('my samples', square(0, 0, 5)),
    ],
    valid: [image('local')],
    test: [image('local', square(0, 0, 5))],
  },
};

describe('createPrepareReport', () => {
  const report = createPrepareReport('data/prepared', DATASET);

  it('counts by split', () => {
    expect(report.splits.train).toEqual({
      images: 3,
      imagesWithoutBuildings: 1,
      buildings: 4,
      meanBuildingsPerImage: 4 / 3,
      maxBuildingsPerImage: 3,
      touchingShare: 0.5,
      origins: { local: 2, 'my samples': 1 },
      dropped: { 'building: crowd region': 2, 'image: listed twice': 1 },
    });
    expect(report.splits.valid).toMatchObject({ buildings: 0, touchingShare: 0, maxBuildingsPerImage: 0 });
  });

  it('counts images that two splits share, and only those', () => {
    expect(report.imagesInSeveralSplits).toBe(0);
    const files = { ...DATASET.manifest.files, 'images/valid/c.png': 'aa' };
    const shared = { ...DATASET, manifest: { ...DATASET.manifest, files } };
    expect(createPrepareReport('data/prepared', shared).imagesInSeveralSplits).toBe(1);
  });

  it('is printed as an aligned table', () => {
    expect(formatPrepareReport(report).split('\n')).toEqual([
      'Prepared local in data/prepared (0123456789ab)',
      '',
      '                          train  valid  test',
      'images                        3      1     1',
      '  from local                  2      1     1',
      '  from my samples             1      0     0',
      '  without buildings           1      1     0',
      'buildings                     4      0     1',
      '  per image, mean           1.3    0.0   1.0',
      '  per image, most             3      0     1',
      '  within 2 px of another    50%     0%    0%',
      'dropped                       3      0    12',
      '  building: crowd region      2      0     0',
      '  image: listed twice         1      0     0',
      '  building: no outline        0      0    12',
    ]);
  });
});
