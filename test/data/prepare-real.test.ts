import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openPrepared } from '../../src/data/open-prepared.ts';
import { prepareData } from '../../src/data/prepare.ts';
import { collectLog } from '../support/collect-log.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { testParams } from '../support/test-params.ts';

const tempFolder = useTempFolders();

const REAL_DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url));

describe('prepareData on real tiles', () => {
  it('prepares all of them with the custom samples', async ({ skip }) => {
    if (!existsSync(REAL_DATA)) skip('needs the real tiles in ../shared/data');
    const custom = `${REAL_DATA}/custom/coco`;
    const params = testParams(await tempFolder(), {
      source: 'local',
      path: `${REAL_DATA}/hub`,
      custom: [custom],
    });
    const report = await prepareData(params, collectLog());
    expect(report.splits.train).toMatchObject({
      images: 108,
      buildings: 1456,
      origins: { local: 100, [custom]: 8 },
      findings: { dropped: {}, repaired: {} },
    });
    expect(report.splits.valid).toMatchObject({
      images: 24,
      buildings: 203,
      imagesWithoutBuildings: 2,
      findings: { dropped: {}, repaired: {} },
    });
    expect(report.splits.test).toMatchObject({
      images: 48,
      buildings: 397,
      findings: { dropped: {}, repaired: {} },
    });
    // "Very dense: two thirds of the buildings stand within 2 px of another", says their description.
    expect(report.splits.train.touchingShare).toBeCloseTo(0.63, 2);

    const { splits } = await openPrepared(params.paths.prepared);
    for (const image of Object.values(splits).flat()) {
      for (const { box, area } of image.buildings) {
        const [y1, x1, y2, x2] = box;
        expect(Math.min(y1, x1, 256 - y2, 256 - x2)).toBeGreaterThanOrEqual(0);
        expect(area).toBeGreaterThanOrEqual(9);
        expect(area).toBeLessThanOrEqual((y2 - y1) * (x2 - x1) + 1e-6);
      }
    }
  });
});
