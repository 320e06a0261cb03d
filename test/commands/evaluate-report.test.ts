import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import { filesIn, useTempFolders } from '../support/temp-folder.ts';
import { evaluate, FILES, IMAGES, PROGRAM, writeFiles } from './evaluate-command.ts';

const tempFolder = useTempFolders();

describe('aerial evaluate --report', () => {
  it('leaves a page, tables and the files, in place of an earlier report', async () => {
    const folder = await writeFiles(await tempFolder());
    mkdirSync(join(folder, 'tiles'));
    for (const { name, width, height } of IMAGES.slice(0, 9)) {
      const image = sharp({ create: { width, height, channels: 3, background: '#336' } });
      await image.png().toFile(join(folder, 'tiles', name));
    }
    const flags = [...FILES, '--report', 'out/report', '--images', 'tiles', '--json'];
    const { exitCode, stdout, stderr } = await evaluate(folder, ...flags);
    expect(exitCode).toBe(0);
    expect(stderr.split('\n')).toEqual([
      'warning: --images tiles has no 9.png: 1 of 10 images have no picture in the report',
      'The report is out/report/report.html',
    ]);
    const report = join(folder, 'out/report');
    expect(await filesIn(report)).toEqual([
      'buildings.csv',
      'curves.json',
      'ground_truth.json',
      'images.csv',
      'metrics.json',
      'predictions.json',
      'report.html',
    ]);
    expect(JSON.parse(readFileSync(join(report, 'metrics.json'), 'utf8'))).toEqual(JSON.parse(stdout));
    for (const [own, given] of [
      ['ground_truth.json', 'truth.json'],
      ['predictions.json', 'found.json'],
    ] as const) {
      const sorted = (path: string) =>
        readFileSync(path, 'utf8')
          .split('\n')
          .map((line) => line.replace(/"id":\d+,|,$/g, ''))
          .sort();
      expect(sorted(join(report, own))).toEqual(sorted(join(folder, given)));
    }
    const page = readFileSync(join(report, 'report.html'), 'utf8');
    expect(page.match(/data:image\/webp/g)!.length).toBeGreaterThanOrEqual(9);
    writeFileSync(join(report, 'images.csv'), 'old');
    expect((await evaluate(folder, ...flags)).exitCode).toBe(0);
    expect(readFileSync(join(report, 'report.html'), 'utf8')).toBe(page);
    expect(readFileSync(join(report, 'images.csv'), 'utf8')).not.toBe('old');
  });

  it('does not replace a folder with other files', async () => {
    const folder = await writeFiles(await tempFolder());
    mkdirSync(join(folder, 'out'));
    writeFileSync(join(folder, 'out/thesis.doc'), 'x');
    const { exitCode, stdout, stderr } = await evaluate(folder, ...FILES, '--report', 'out');
    expect([exitCode, stdout, stderr]).toEqual([
      2,
      '',
      'error: --report out would be replaced, and thesis.doc in it is no part of a report: name a new folder or an empty one',
    ]);
    expect(await filesIn(join(folder, 'out'))).toEqual(['thesis.doc']);
  });

  it.each<[string, (out: string) => void, string]>([
    [
      'files that only have the names of ours',
      (out) => {
        for (const name of ['ground_truth.json', 'metrics.json', 'predictions.json']) {
          writeFileSync(join(out, name), 'mine');
        }
      },
      'ground_truth.json lies in it without a report.html',
    ],
    [
      "somebody's report.html",
      (out) => writeFileSync(join(out, 'report.html'), '<!DOCTYPE html>mine'),
      'its report.html is not of this program',
    ],
    [
      'a folder that has the name of a file of ours',
      (out) => mkdirSync(join(out, 'metrics.json')),
      'metrics.json in it is no part of a report',
    ],
    [
      'a link that has the name of a file of ours',
      (out) => symlinkSync('/elsewhere', join(out, 'metrics.json')),
      'metrics.json in it is no part of a report',
    ],
  ])('does not replace %s', async (_, fillFolder, why) => {
    const folder = await writeFiles(await tempFolder());
    const out = join(folder, 'out');
    mkdirSync(out);
    fillFolder(out);
    const before = readdirSync(out);
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', 'out');
    expect([exitCode, stderr]).toEqual([
      2,
      `error: --report out would be replaced, and ${why}: name a new folder or an empty one`,
    ]);
    expect(readdirSync(out)).toEqual(before);
  });

  it('does not replace the working folder, nor one around it', async () => {
    const folder = await writeFiles(await tempFolder());
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    const flags = ['--ground-truth', '../../truth.json', '--predictions', '../../found.json'];
    for (const report of ['.', '..', join(folder, 'a/b')]) {
      const { exitCode, stderr } = await evaluate(join(folder, 'a/b'), ...flags, '--report', report);
      expect([exitCode, stderr]).toEqual([
        2,
        `error: --report ${report} would be replaced, and it is the working folder or one around that: name a folder of its own`,
      ]);
    }
  });

  it('says in one line that a report can go nowhere', async ({ skip }) => {
    const folder = await writeFiles(await tempFolder());
    symlinkSync('loop', join(folder, 'loop'));
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', 'loop');
    expect([exitCode, stderr]).toEqual([
      1,
      'error: Cannot follow loop: its links lead in a circle; mend them or choose another folder',
    ]);
    if (!existsSync('/proc')) skip('there is no /proc');
    const nowhere = await evaluate(folder, ...FILES, '--report', '/proc/x');
    expect(nowhere.stderr).toMatch(
      /^error: Cannot write \/proc: it takes no files \(E\w+\); choose another folder$/,
    );
  });

  it('says in one line that it may not look into the folder', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may look into every folder');
    const folder = await writeFiles(await tempFolder());
    mkdirSync(join(folder, 'out'), { mode: 0o300 });
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', 'out');
    expect([exitCode, stderr]).toEqual([
      1,
      'error: Cannot read out (EACCES), which would be replaced: name another --report',
    ]);
  });

  it('says in one line that its files may not be so large', async () => {
    const folder = await writeFiles(await tempFolder());
    const script = 'ulimit -f 8; exec "$0" "$@"';
    const { exitCode, stderr } = await execa(
      'sh',
      ['-c', script, process.execPath, PROGRAM, 'evaluate', ...FILES, '--report', 'out', '--resamples', '0'],
      { reject: false, cwd: folder },
    );
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: Cannot write out: a file is larger than this disk or the limit of the shell/,
      ),
    ]);
    expect(await filesIn(folder)).toEqual(['found.json', 'truth.json']);
  });

  it('leaves nothing when it is stopped', async () => {
    const folder = await writeFiles(await tempFolder());
    const child = evaluate(folder, ...FILES, '--report', 'out', '--resamples', '100000');
    await vi.waitFor(() => expect(readdirSync(folder).join()).toContain('.aerial-part'), {
      timeout: 20_000,
      interval: 5,
    });
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child;
    expect([exitCode, stdout, stderr]).toEqual([
      130,
      '',
      'Stopping in an orderly way; once more stops at once.\nStopped by SIGINT',
    ]);
    expect(await filesIn(folder)).toEqual(['found.json', 'truth.json']);
  });

  it('does not replace a file', async () => {
    const folder = await writeFiles(await tempFolder());
    writeFileSync(join(folder, 'out'), 'x');
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', 'out');
    expect([exitCode, stderr]).toEqual([2, 'error: --report out is a file: name a folder']);
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('x');
  });

  it('does not replace what it reads', async () => {
    const folder = await writeFiles(await tempFolder());
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', '.');
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'error: --report . would be replaced, and --ground-truth lies in it: choose another folder',
    );
  });

  it('refuses a folder without any of the images', async () => {
    const folder = await writeFiles(await tempFolder());
    mkdirSync(join(folder, 'tiles'));
    const { exitCode, stderr } = await evaluate(folder, ...FILES, '--report', 'out', '--images', 'tiles');
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^error: --images tiles has no \d\.png, nor any other image of the ground truth: name the folder of their file_name$/,
    );
    expect(await filesIn(folder)).toEqual(['found.json', 'truth.json']);
  });
});

describe('aerial evaluate --images', () => {
  /** A set of images with these names and no buildings, each 20 x 20. */
  async function folderWithNames(names: string[]) {
    const folder = await tempFolder();
    const images = names.map((name, i) => ({
      ...{ id: i + 1, name, origin: null, width: 20, height: 20 },
      ...{ truth: [], detections: [] },
    }));
    await writeFiles(folder, images);
    mkdirSync(join(folder, 'tiles'));
    return folder;
  }

  const report = async (folder: string) => {
    const { exitCode, stderr } = await evaluate(
      folder,
      ...FILES,
      ...['--report', 'out', '--images', 'tiles', '--resamples', '0'],
    );
    const lines = stderr.split('\n').filter((line) => line.includes('--images'));
    const page = join(folder, 'out/report.html');
    const pictures = existsSync(page)
      ? readFileSync(page, 'utf8').match(/data:image\/webp/g)?.length
      : undefined;
    return { exitCode, lines, pictures };
  };

  const writePng = (path: string, side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#336' } })
      .png()
      .toFile(path);

  it('shows no file that does not fit its image, and says so', async () => {
    const folder = await folderWithNames(['fits.png', 'large.png', 'text.png', 'folder.png', 'empty.png']);
    const at = (name: string) => join(folder, 'tiles', name);
    await writePng(at('fits.png'), 20);
    await writePng(at('large.png'), 50);
    writeFileSync(at('text.png'), 'no image');
    mkdirSync(at('folder.png'));
    writeFileSync(at('empty.png'), '');
    expect(await report(folder)).toEqual({
      exitCode: 0,
      lines: [
        expect.stringMatching(
          /^warning: --images tiles: files that do not fit their image are not shown \(4\): (\w+\.png \([^)]*\), ){3}\.\.\.$/,
        ),
      ],
      pictures: 1,
    });
  });

  it('says how a file does not fit', async () => {
    const folder = await folderWithNames(['fits.png', 'large.png']);
    await writePng(join(folder, 'tiles/fits.png'), 20);
    await writePng(join(folder, 'tiles/large.png'), 50);
    expect((await report(folder)).lines).toEqual([
      'warning: --images tiles: files that do not fit their image are not shown (1): large.png (50 x 50 px, 20 x 20 in the ground truth)',
    ]);
  });

  it('waits for no pipe', async ({ skip }) => {
    const folder = await folderWithNames(['fits.png', 'pipe.png']);
    await writePng(join(folder, 'tiles/fits.png'), 20);
    const { failed } = await execa('mkfifo', [join(folder, 'tiles/pipe.png')], { reject: false });
    if (failed) skip('needs mkfifo');
    expect((await report(folder)).lines).toEqual([
      'warning: --images tiles: files that do not fit their image are not shown (1): pipe.png (no regular file)',
    ]);
  });

  it('reads nothing outside of its folder', async () => {
    const folder = await folderWithNames([
      '../outside.png',
      '../../../../../../../../dev/zero',
      '..fits.png',
    ]);
    await writePng(join(folder, 'outside.png'), 20);
    await writePng(join(folder, 'tiles/..fits.png'), 20);
    expect(await report(folder)).toEqual({
      exitCode: 0,
      lines: ['warning: --images tiles has no ../outside.png: 2 of 3 images have no picture in the report'],
      pictures: 1,
    });
  });

  it('names files without obeying them', async () => {
    const folder = await folderWithNames(['e\u001b[31mRED\nerror: forged', 'x'.repeat(5000)]);
    const { exitCode, lines } = await report(folder);
    expect([exitCode, lines]).toEqual([
      1,
      [
        'error: --images tiles has no e\\u001b[31mRED\\nerror: forged, nor any other image of the ground truth: name the folder of their file_name',
      ],
    ]);
  });
});
