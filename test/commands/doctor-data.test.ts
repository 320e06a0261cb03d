import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { doctorData as runDoctorData } from '../../src/commands/doctor-data.ts';
import type { DoctorReport } from '../../src/data/doctor/report.ts';
import { FINDING_KINDS, type Finding } from '../../src/data/findings.ts';
import { plantFaults } from '../support/planted-faults.ts';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const REAL = resolve(ROOT, '../shared/data');
const newFolder = useTempFolders();

/** `aerial doctor data ...` in `cwd`. */
async function doctorData(cwd: string, ...args: string[]) {
  const command = [join(ROOT, 'bin/aerial.js'), 'doctor', 'data', ...args];
  const params = ['--params', join(ROOT, 'params.yaml')];
  await mkdir(join(cwd, 'tmp'), { recursive: true });
  return execa(process.execPath, [...command, ...params], {
    cwd,
    reject: false,
    env: { TMPDIR: join(cwd, 'tmp') },
  });
}

async function findingsIn(folder: string): Promise<DoctorReport> {
  return JSON.parse(await readFile(join(folder, 'findings.json'), 'utf8'));
}

describe('aerial doctor data', () => {
  it('finds every planted fault, tells what was done, and changes nothing', async () => {
    const folder = await newFolder();
    const planted = await plantFaults(join(folder, 'data'));
    const before = await filesIn(join(folder, 'data'));
    const { exitCode, stdout, stderr } = await doctorData(folder, 'data');
    expect(stderr).not.toContain('error');
    expect(exitCode).toBe(1);
    const report = await findingsIn(join(folder, 'runs/data_doctor'));
    const found = new Set(report.findings.map(({ kind }) => kind));
    expect(found).toEqual(new Set(Object.keys(FINDING_KINDS)));
    for (const { kind, title } of report.kinds) expect(stdout, kind).toContain(title);
    expect(stdout).toContain('With pictures: runs/data_doctor/report.html');
    expect(await filesIn(join(folder, 'data'))).toEqual(before);
    for (const [kind, name] of Object.entries(planted)) {
      if (kind in FINDING_KINDS) expect(namesOf(report.findings, kind), kind).toEqual([name]);
    }
    // Of the annotations with a fault each, no other is named.
    const kinds = report.findings
      .filter(({ image, entry }) => image === planted.annotations && entry !== null)
      .map(({ kind, treatment }) => `${kind} ${treatment}`);
    expect(kinds).toHaveLength(14);
    expect(new Set(kinds)).toEqual(
      new Set([
        'annotation_category dropped',
        'annotation_malformed dropped',
        'annotation_other dropped',
        'annotation_shape dropped',
        'building_area repaired',
        'building_box repaired',
        'building_clipped repaired',
        'building_crossing repaired',
        'building_crowd none',
        'building_degenerate dropped',
        'building_duplicate dropped',
        'building_outside dropped',
        'building_parts repaired',
        'building_small dropped',
      ]),
    );
  });

  it('writes the same bytes again, wherever the data lie and however often', async () => {
    const folder = await newFolder();
    await plantFaults(join(folder, 'a/data'));
    await cp(join(folder, 'a/data'), join(folder, 'b/deep/data'), { recursive: true });
    await doctorData(folder, 'a/data', '--output', 'first');
    await doctorData(folder, 'b/deep/data', '--output', 'second');
    for (const name of ['findings.json', 'report.html']) {
      const [first, second] = await Promise.all(
        ['first', 'second'].map((run) => readFile(join(folder, run, name), 'utf8')),
      );
      expect(first === second, name).toBe(true);
      expect(first).not.toContain(folder);
    }
    // Nothing unpacked is left behind.
    expect(await readdir(join(folder, 'tmp'))).toEqual([]);
  });

  it('prints figures as one JSON line', async () => {
    const folder = await newFolder();
    await plantFaults(join(folder, 'data'));
    const { exitCode, stdout } = await doctorData(
      folder,
      'data',
      '--json',
      '--set',
      'data.doctor.leaks=keep',
    );
    expect(exitCode).toBe(1);
    expect(stdout.split('\n')).toHaveLength(1);
    const { ok, source, images, kinds, faults, page } = JSON.parse(stdout);
    expect({ ok, source, page }).toEqual({ ok: false, source: 'data', page: 'runs/data_doctor/report.html' });
    expect(images).toEqual({ train: 10, valid: 12, test: 12, unsplit: 0 });
    expect(faults).toBeGreaterThan(15);
    const leak = kinds.find(({ kind }: { kind: string }) => kind === 'image_leak');
    expect(leak.treatments).toEqual({ none: 1, repaired: 0, dropped: 0 });
  });

  it('ends with 0 where nothing is wrong', async () => {
    const folder = await newFolder();
    await plantFaults(join(folder, 'data'));
    const { exitCode, stdout } = await doctorData(folder, 'data/test');
    expect(stdout).toContain('No faults.');
    expect(exitCode).toBe(0);
    expect((await findingsIn(join(folder, 'runs/data_doctor'))).findings).toEqual([]);
  });

  it('finds nothing wrong in what data-prep has made of the same data', async () => {
    const folder = await newFolder();
    await plantFaults(join(folder, 'data'));
    const source = ['--set', 'data.source=local', '--set', 'data.path=data'];
    const prepare = [
      join(ROOT, 'bin/aerial.js'),
      'data-prep',
      '--params',
      join(ROOT, 'params.yaml'),
      ...source,
    ];
    await execa(process.execPath, prepare, { cwd: folder });
    const { findings } = await findingsIn(join(folder, 'runs/data_doctor'));
    const { exitCode } = await doctorData(folder, 'data/prepared', '--output', 'again');
    expect(exitCode).toBe(0);
    const again = await findingsIn(join(folder, 'again'));
    expect(again.images).toEqual({ train: 9, valid: 12, test: 12, unsplit: 0 });
    expect(new Set(again.findings.map(({ kind }) => kind))).toEqual(
      new Set(['image_empty', 'image_duplicate', 'building_crowd', 'split_shift']),
    );
    // The stage itself has said all of it.
    expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(Object.keys(FINDING_KINDS)));
  });

  it('takes flags behind "data" only', async () => {
    const folder = await newFolder();
    const command = [join(ROOT, 'bin/aerial.js'), 'doctor', '--json', 'data', 'x'];
    const { exitCode, stderr } = await execa(process.execPath, command, { cwd: folder, reject: false });
    expect(stderr).toContain('put --json behind "data"');
    expect(exitCode).toBe(2);
  });

  it('takes no foreign manifest.json for prepared data', async () => {
    const folder = await newFolder();
    await plantFaults(join(folder, 'data'));
    await writeFile(join(folder, 'data/test/manifest.json'), '{"name":"my data"}');
    const { exitCode, stdout } = await doctorData(folder, 'data/test');
    expect(stdout).toContain('No faults.');
    expect(exitCode).toBe(0);
  });

  it('says in one line that there is no place for temporary files', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), '');
    for (const name of ['file', 'none']) {
      const command = [
        join(ROOT, 'bin/aerial.js'),
        'doctor',
        'data',
        '.',
        '--params',
        join(ROOT, 'params.yaml'),
      ];
      const env = { TMPDIR: join(folder, name) };
      const { exitCode, stderr } = await execa(process.execPath, command, {
        cwd: folder,
        reject: false,
        env,
      });
      expect(stderr).toMatch(
        /^error: Cannot make a folder for temporary files in \S+ \(E[A-Z]+\): set TMPDIR [^\n]+$/,
      );
      expect(exitCode).toBe(1);
    }
  });

  it('says in one line that the disk is full, wherever it turns out', async () => {
    const folder = await newFolder();
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
    const log = {
      warn: () => {},
      info: () => {
        throw full;
      },
    };
    const context = { log, signal: new AbortController().signal };
    await expect(runDoctorData(folder, { params: join(ROOT, 'params.yaml') }, context)).rejects.toThrow(
      /^Cannot write \S+: the disk is full: free some space/,
    );
  });

  it('refuses a folder that is not there, or holds nothing', async () => {
    const folder = await newFolder();
    const missing = await doctorData(folder, 'nowhere');
    expect(missing.stderr).toMatch(/^error: No folder nowhere \(argument <folder>\): correct the path/m);
    expect(missing.exitCode).toBe(1);
    await writeFile(join(folder, 'readme.txt'), 'no data');
    const empty = await doctorData(folder, '.');
    expect(empty.stderr.trim().split('\n').at(-1)).toMatch(/^error: /);
    expect(empty.exitCode).toBe(1);
  });
});

describe.skipIf(!existsSync(REAL))('on the real tiles', () => {
  it.each([
    ['hub', { train: 100, valid: 24, test: 48, unsplit: 0 }, 1957],
    ['custom/coco', { train: 0, valid: 0, test: 0, unsplit: 8 }, 99],
    ['custom/labelme', { train: 0, valid: 0, test: 0, unsplit: 6 }, 122],
    ['custom/yolo', { train: 0, valid: 0, test: 0, unsplit: 6 }, 77],
  ])('finds no fault in %s', async (name, images, buildings) => {
    const folder = await newFolder();
    const { exitCode } = await doctorData(folder, join(REAL, name));
    const report = await findingsIn(join(folder, 'runs/data_doctor'));
    expect(report.images).toEqual(images);
    expect(Object.values(report.buildings).reduce((sum, count) => sum + count, 0)).toBe(buildings);
    expect(report.faults).toBe(0);
    expect(exitCode).toBe(0);
  });
});

function namesOf(findings: readonly Finding[], kind: string): (string | null)[] {
  return findings.filter((finding) => finding.kind === kind).map(({ image }) => image);
}
