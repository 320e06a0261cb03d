import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertSound, examineImages } from '../../../src/data/doctor/examine.ts';
import { examineSplits } from '../../../src/data/doctor/examine-splits.ts';
import { createDoctorReport, findingsJson } from '../../../src/data/doctor/report.ts';
import { FINDING_KINDS, type Finding } from '../../../src/data/findings.ts';
import { readLocal } from '../../../src/data/sources/read-local.ts';
import type { SourceSample } from '../../../src/data/sources/source-sample.ts';
import { collectLog } from '../../support/collect-log.ts';
import { blotImage, polygonAnnotation, putImage, sampleAt } from '../../support/doctor-samples.ts';
import { plantFaults } from '../../support/planted-faults.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { testParams } from '../../support/test-params.ts';

const newFolder = useTempFolders();

async function examinePlanted(folder: string) {
  await plantFaults(join(folder, 'data'));
  const workFolder = join(folder, 'work');
  const { samples, findings } = await readLocal(join(folder, 'data'), workFolder, { log: collectLog() });
  const params = testParams(folder).data;
  const each = await examineImages(samples, { params, workFolder });
  return {
    params,
    examination: await examineSplits({ ...each, findings: [...findings, ...each.findings] }, params),
  };
}

/** What the doctor gives, as if it came from a source. */
function asSamples(images: Awaited<ReturnType<typeof examineImages>>['images']): SourceSample[] {
  return images.map(({ file, sourceName: name, width, height, origin, split, buildings, crowds }) => ({
    ...{ file, name, origin, split, temporary: false, size: { width, height } },
    annotations: [
      ...buildings.map(({ polygons, box: [y1, x1, y2, x2], area }) =>
        polygonAnnotation(polygons, { box: [x1, y1, x2 - x1, y2 - y1], area }),
      ),
      ...crowds.map((rings) => polygonAnnotation(rings, { crowd: true })),
    ],
  }));
}

describe('examineImages and examineSplits', () => {
  it('find every planted fault, and show the worst of each', async () => {
    const folder = await newFolder();
    const { examination } = await examinePlanted(folder);
    const found = new Set(examination.findings.map(({ kind }) => kind));
    expect(found).toEqual(new Set(Object.keys(FINDING_KINDS)));
    for (const { finding, picture, before, after } of examination.cases) {
      expect(examination.findings).toContain(finding);
      expect((await readFile(picture.file)).length).toBeGreaterThan(0);
      expect(before.flat().every((value) => Number.isFinite(value))).toBe(true);
      if (finding.kind === 'building_crossing') expect([before.length, after.length]).toEqual([1, 2]);
      if (finding.kind === 'building_outside') expect([before.length, after.length]).toEqual([1, 0]);
    }
    const shown = new Set(examination.cases.map(({ finding }) => finding.kind));
    for (const kind of ['image_rotated', 'image_leak', 'building_clipped', 'image_size'] as const) {
      expect(shown.has(kind), kind).toBe(true);
    }
  });

  it('find nothing more in what they have made', async () => {
    const folder = await newFolder();
    const { params, examination } = await examinePlanted(folder);
    const again = await examineImages(asSamples(examination.images), {
      params,
      workFolder: join(folder, 'again'),
    });
    const kinds = again.findings.map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(['building_crowd']));
    expect(again.images.map(({ buildings }) => buildings)).toEqual(
      examination.images.map(({ buildings }) => buildings),
    );
  });

  it('give the same report again', async () => {
    const [one, other] = [await newFolder(), await newFolder()];
    const reports = await Promise.all(
      [one, other].map(async (folder) =>
        findingsJson(createDoctorReport((await examinePlanted(folder)).examination)),
      ),
    );
    expect(reports[0]).toBe(reports[1]);
    expect(reports[0]).not.toContain(one);
    expect(JSON.parse(reports[0]!).findings.length).toBeGreaterThan(25);
  });

  it('drop images without buildings where the params say so, but not those with a crowd', async () => {
    const folder = await newFolder();
    for (const seed of [1, 2, 3]) await putImage(join(folder, `${seed}.png`), blotImage(seed));
    const crowd = polygonAnnotation([10, 10, 30, 10, 30, 20], { crowd: true });
    const samples = [
      sampleAt(folder, '1.png'),
      sampleAt(folder, '2.png', { annotations: [] }),
      sampleAt(folder, '3.png', { annotations: [crowd] }),
    ];
    const params = testParams(folder).data;
    const each = await examineImages(samples, { params, workFolder: folder });
    const keep = await examineSplits(each, params);
    expect(keep.images).toHaveLength(3);
    expect(keep.findings.map(({ kind, treatment }) => `${kind} ${treatment}`)).toEqual([
      'building_crowd none',
      'image_empty none',
    ]);
    const drop = await examineSplits(each, { ...params, doctor: { ...params.doctor, empty_images: 'drop' } });
    expect(drop.images.map(({ name }) => name)).toEqual(['1.png', '3.png']);
    expect(drop.findings.at(-1)).toMatchObject({ kind: 'image_empty', treatment: 'dropped', image: '2.png' });
  });

  it('finds copies that were compressed, scaled and brightened, and no other', async () => {
    const folder = await newFolder();
    for (let seed = 0; seed < 30; seed++)
      await putImage(join(folder, `${seed}.png`), blotImage(seed, 200, 160));
    const copies = {
      'compressed.jpg': blotImage(3, 200, 160).jpeg({ quality: 30 }),
      'small.png': blotImage(4, 200, 160).resize(100, 80),
      'large.webp': blotImage(5, 200, 160).resize(330, 264).webp({ quality: 60 }),
      'bright.png': blotImage(6, 200, 160).linear(0.9, 20),
    };
    for (const [name, image] of Object.entries(copies)) await putImage(join(folder, name), image);
    const names = [...Array.from({ length: 30 }, (_, i) => `${i}.png`), ...Object.keys(copies)];
    const params = testParams(folder).data;
    const samples = names.map((name) =>
      sampleAt(folder, name, { size: null, split: name in copies ? 'train' : 'test' }),
    );
    const { findings } = await examineSplits(
      await examineImages(samples, { params, workFolder: folder }),
      params,
    );
    const leaks = findings.filter(({ kind }) => kind === 'image_leak');
    expect(leaks.map(({ image, detail }) => `${image} ${/what (\S+)/.exec(detail)![1]}`)).toEqual([
      'compressed.jpg 3.png',
      'small.png 4.png',
      'large.webp 5.png',
      'bright.png 6.png',
    ]);
    expect(findings.filter(({ kind }) => kind === 'image_duplicate')).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const folder = await newFolder();
    await putImage(join(folder, 'a.png'), blotImage(1));
    const signal = AbortSignal.abort(new Error('enough'));
    const options = { params: testParams(folder).data, workFolder: folder, signal };
    await expect(examineImages([sampleAt(folder, 'a.png')], options)).rejects.toThrow('enough');
  });

  it('is empty for no samples', async () => {
    const folder = await newFolder();
    const params = testParams(folder).data;
    const examination = await examineSplits(await examineImages([], { params, workFolder: folder }), params);
    expect(examination).toMatchObject({ images: [], findings: [], cases: [] });
    expect(createDoctorReport(examination).faults).toBe(0);
    expect(JSON.parse(findingsJson(createDoctorReport(examination)))).toMatchObject({
      findings: [],
      faults: 0,
    });
  });
});

describe('assertSound', () => {
  const finding = (more: Partial<Finding>): Finding => ({
    ...{ kind: 'building_crossing', split: 'train', origin: 'hub', image: 'a.jpg', entry: 'annotations[1]' },
    ...{ detail: 'its outline crosses itself once', treatment: 'repaired' },
    ...more,
  });
  const refuse = (findings: Finding[]) => () =>
    assertSound({ images: [], findings, cases: [], comparisons: [] }, 'runs/report.html');

  it('names the first faults, how many, and where to look, in one line', () => {
    const faults = Array.from({ length: 5 }, (_, i) => finding({ entry: `annotations[${i}]` }));
    const message =
      'The data have 5 faults (data.doctor.strict): ' +
      [0, 1, 2]
        .map((i) => `train hub a.jpg annotations[${i}]: building_crossing (its outline crosses itself once)`)
        .join('; ') +
      ' … and 2 more; look at runs/report.html and mend them, or set data.doctor.strict to false';
    expect(refuse(faults)).toThrow(expect.objectContaining({ name: 'UserError', message }));
  });

  it('lets through what is worth knowing only, and faults that nobody touched', () => {
    const notes = Object.entries(FINDING_KINDS).filter(([, { fault }]) => !fault);
    expect(notes.length).toBeGreaterThan(5);
    expect(
      refuse([
        ...notes.map(([kind]) => finding({ kind: kind as Finding['kind'], treatment: 'dropped' })),
        finding({ kind: 'image_leak', treatment: 'none' }),
      ]),
    ).not.toThrow();
    expect(refuse([])).not.toThrow();
  });

  it('keeps its line whatever a name holds', () => {
    expect(refuse([finding({ image: 'a\nb\u001b[2J.png' })])).toThrow(/a\\nb\\u001b\[2J\.png/);
  });
});
