import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../src/data/doctor/building-outline.ts';
import type { FindingCounts, Manifest, PreparedDataset } from '../../src/data/manifest.ts';
import { createPrepareReport, formatPrepareReport } from '../../src/data/prepare-report.ts';
import type { Building, PreparedImage } from '../../src/data/prepared.ts';
import { square } from '../support/source-zips.ts';

const image = (origin: string, ...polygons: number[][]): PreparedImage => {
  const buildings = polygons.map((polygon, id): Building => ({ id, ...outlineOf([polygon]) }));
  const bytes = { shard: '/a.tar', offset: 512, length: 9 };
  return { id: 1, name: 'a.png', bytes, width: 32, height: 24, origin, buildings, crowds: [] };
};

const found = (counts: Partial<FindingCounts> = {}): FindingCounts => ({
  ...{ dropped: {}, repaired: {}, none: {} },
  ...counts,
});

const DATASET: PreparedDataset = {
  manifest: {
    version: 2,
    source: 'local',
    hash: '0123456789abcdef',
    splits: {
      train: {
        ...{ images: 3, buildings: 4, crowds: 0, origins: { local: 2, 'my samples': 1 } },
        findings: found({ dropped: { building_small: 2, image_missing: 1 }, repaired: { image_rotated: 4 } }),
      },
      valid: { images: 1, buildings: 0, crowds: 0, origins: { local: 1 }, findings: found() },
      test: {
        ...{ images: 1, buildings: 1, crowds: 0, origins: { local: 1 } },
        findings: found({ dropped: { building_small: 12 } }),
      },
    },
    findings: found(),
    divisions: {},
    files: {},
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

/** The data set with more in its manifest. */
const withMore = (more: Partial<Manifest>): PreparedDataset => ({
  ...DATASET,
  manifest: { ...DATASET.manifest, ...more },
});

describe('createPrepareReport', () => {
  const report = createPrepareReport('data/prepared', DATASET, null);

  it('counts by split', () => {
    expect(report.splits.train).toEqual({
      ...DATASET.manifest.splits.train,
      imagesWithoutBuildings: 1,
      meanBuildingsPerImage: 4 / 3,
      maxBuildingsPerImage: 3,
      touchingShare: 0.5,
    });
    expect(report.splits.valid).toMatchObject({ buildings: 0, touchingShare: 0, maxBuildingsPerImage: 0 });
  });
});

describe('formatPrepareReport', () => {
  const lines = (more: Partial<Manifest> = {}, page: string | null = null) =>
    formatPrepareReport(createPrepareReport('data/prepared', withMore(more), page)).split('\n');

  it('is an aligned table', () => {
    expect(lines()).toEqual([
      'Prepared local in data/prepared (0123456789ab)',
      '',
      '                                        train  valid  test',
      'images                                      3      1     1',
      '  from local                                2      1     1',
      '  from my samples                           1      0     0',
      '  without buildings                         1      1     0',
      'buildings                                   4      0     1',
      '  per image, mean                         1.3    0.0   1.0',
      '  per image, most                           3      0     1',
      '  within 2 px of another                  50%     0%    0%',
      'left out                                    3      0    12',
      '  building: smaller than data.min_area      2      0    12',
      '  image: file is missing                    1      0     0',
      'mended                                      4      0     0',
      '  image: turned by EXIF                     4      0     0',
    ]);
  });

  it('has a column for what belongs to no split, and a row for crowd regions, where there are any', () => {
    const { splits } = DATASET.manifest;
    const table = lines({
      splits: { ...splits, valid: { ...splits.valid, crowds: 2 } },
      findings: found({ none: { image_unlisted: 7 } }),
    });
    expect(table[2]).toMatch(/ train {2}valid {2}test {2}no split$/);
    expect(table[3]).toMatch(/^images +3 +1 +1$/);
    expect(table).toContainEqual(expect.stringMatching(/^crowd regions +0 +2 +0$/));
    expect(table.slice(-2)).toEqual([
      expect.stringMatching(/^noted +0 +0 +0 +7$/),
      expect.stringMatching(/^ {2}file: image without an entry +0 +0 +0 +7$/),
    ]);
  });

  it('says how images were divided and where the findings are', () => {
    const divisions = {
      local: { by: 'tiles', groups: 24, near: 31 },
      mine: { by: 'image', groups: 8, near: null },
    } as const;
    expect(lines({ divisions }, 'runs/data_doctor/report.html').slice(-4)).toEqual([
      '',
      'local was divided here: 24 blocks of tiles stayed whole; 31 images lie beside one of another split',
      'mine was divided here: 8 originals stayed whole',
      'What was found, with pictures: runs/data_doctor/report.html',
    ]);
  });
});
