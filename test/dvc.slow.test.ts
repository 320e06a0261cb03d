import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { readStored } from '../src/data/read-stored.ts';
import { editYaml } from './support/edit-yaml.ts';
import { useTempFolders } from './support/temp-folder.ts';

const ROOT = resolve(import.meta.dirname, '..');
const OWN_TOOLS = join(ROOT, '.tools/python/bin');
const env = {
  PATH: [OWN_TOOLS, dirname(process.execPath), process.env.PATH].join(delimiter),
  DVC_NO_ANALYTICS: '1',
  WANDB_MODE: 'disabled',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'test'],
      [`GIT_${who}_EMAIL`, 'test@example.org'],
    ]),
  ),
};
const probe = await execa('dvc', ['version'], { reject: false, env });
const noDvc = probe.exitCode === 0 ? '' : 'there is no dvc; "make setup" installs it';

const makeFolder = useTempFolders();

beforeEach((context) => context.skip(noDvc !== '', noDvc));

/** The environment in which the project's own `aerial` is found first. */
const envOf = (project: string) => ({ ...env, PATH: [join(project, 'bin'), env.PATH].join(delimiter) });

/** Runs a command line without a shell; its words are parted by single spaces. */
async function run(cwd: string, line: string): Promise<string> {
  const [file, ...args] = line.split(' ');
  const { all } = await execa(file!, args, { cwd, env: envOf(cwd), all: true });
  return all;
}

/** The stages that `dvc repro` has run. */
async function repro(cwd: string, target = ''): Promise<string[]> {
  const output = await run(cwd, `dvc repro ${target}`.trim());
  return [...output.matchAll(/Running stage '([^']+)'/g)].map(([, stage]) => stage!);
}

/** Changes values of the project's params.yaml. */
async function setParams(folder: string, values: Record<string, string>): Promise<void> {
  const file = join(folder, 'params.yaml');
  await writeFile(file, editYaml(await readFile(file, 'utf8'), values));
}

/** A git repository with this project, set to the least work that goes through all three stages. */
async function makeProject(): Promise<string> {
  const folder = join(await makeFolder(), 'project');
  await mkdir(folder, { recursive: true });
  const paths = [
    'src',
    'bin',
    'package.json',
    'package-lock.json',
    'params.yaml',
    'dvc.yaml',
    '.dvcignore',
    '.gitignore',
  ];
  for (const path of [...paths, 'runs/.gitkeep', '.dvc/config', '.dvc/.gitignore', '.dvc/plots-page.html']) {
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await symlink(join(ROOT, '.tools'), join(folder, '.tools'));
  // The patterns of .gitignore are for folders; here these two are links.
  await writeFile(join(folder, '.git-exclude'), 'node_modules\n.tools\n.git-exclude\n');
  await setParams(folder, {
    'data.source': 'synthetic',
    'data.synthetic.train': '8',
    'data.synthetic.valid': '2',
    'data.synthetic.test': '2',
    'train.epochs': '1',
    'train.batch_size': '2',
  });
  await run(folder, 'git init --quiet');
  await run(folder, 'git config core.excludesFile .git-exclude');
  await commit(folder);
  return folder;
}

async function commit(folder: string): Promise<void> {
  await run(folder, 'git add --all');
  await run(folder, 'git commit --quiet --message state');
}

describe('dvc repro', () => {
  it('runs what has changed and nothing else', async () => {
    const folder = await makeProject();
    expect(await repro(folder)).toEqual(['data-prep', 'train', 'inference']);
    const results = await readdir(join(folder, 'runs/inference_results'));
    expect(results).toEqual(expect.arrayContaining(['metrics.json', 'report.html', 'ground_truth.json']));
    expect(await run(folder, 'git status --short')).toBe('A  dvc.lock');
    await commit(folder);
    expect(await repro(folder)).toEqual([]);

    await setParams(folder, { 'train.learning_rate': '0.0031' });
    expect(await repro(folder)).toEqual(['train', 'inference']);
    await setParams(folder, { 'inference.score_threshold': '0.41' });
    expect(await repro(folder)).toEqual(['inference']);
    await setParams(folder, { 'tracking.project': 'other' });
    expect(await repro(folder)).toEqual([]);

    const metrics = JSON.parse(await run(folder, 'dvc metrics show --json'))[''].data;
    expect(metrics).toHaveProperty(['runs/inference_results/metrics.json']);
    expect(metrics).toHaveProperty(['runs/train/metrics.json']);
    await expectPlots(folder);
  });

  it('does not take a stage for done that Ctrl-C has stopped, and goes on with it', async () => {
    const folder = await makeProject();
    await setParams(folder, { 'train.epochs': '1000' });
    const first = await interrupted(folder, () => existsSync(join(folder, 'runs/train/history.json')));
    expect(first.all).toContain('Stopped by SIGINT');
    expect(first.exitCode).not.toBe(0);
    expect(Object.keys(JSON.parse(await run(folder, 'dvc status --json')))).toContain('train');

    // DVC has removed the outs, but no checkpoint.
    const second = await interrupted(folder, (output) => output.includes('Going on after step'));
    expect(second.exitCode).not.toBe(0);
    const history = JSON.parse(await readFile(join(folder, 'runs/train/history.json'), 'utf8'));
    expect(history[0].epoch).toBe(1);
  });
});

/** `dvc repro` that Ctrl-C ends. @param when to send it, as a terminal does, to the whole group */
async function interrupted(folder: string, when: (output: string) => boolean) {
  const options = { cwd: folder, env: envOf(folder), all: true, reject: false, detached: true } as const;
  const child = execa('dvc', ['repro'], options);
  let output = '';
  child.all.on('data', (chunk) => {
    output += chunk;
  });
  await until(() => when(output));
  process.kill(-child.pid!, 'SIGINT');
  return child;
}

describe('data versions', () => {
  it('bring samples, data and model to a remote, and from there to another clone', async () => {
    const folder = await makeProject();
    const remote = await makeFolder();
    await repro(folder, 'data-prep');
    const samples = join(folder, 'data/custom');
    await makeSamples(join(folder, 'data/prepared'), samples, 1);
    await run(folder, 'dvc add data/custom');
    await run(folder, `dvc remote add --default storage ${remote}`);
    // The samples are images of the validation split: to the doctor, leaks.
    await setParams(folder, { 'data.custom': '[data/custom]', 'data.doctor.leaks': 'keep' });

    const unwatched = await run(folder, 'dvc repro data-prep');
    expect(unwatched).toContain(
      'warning: DVC will not notice new samples in data/custom: add "- data/custom" to the deps',
    );
    const pipeline = join(folder, 'dvc.yaml');
    await writeFile(pipeline, (await readFile(pipeline, 'utf8')).replace('# - data/custom', '- data/custom'));
    expect(await run(folder, 'dvc repro data-prep')).not.toContain('warning: DVC will not notice');
    expect(await trainImages(folder)).toBe(9);
    expect(await repro(folder)).toEqual(['train', 'inference']);
    await commit(folder);
    await run(folder, 'dvc push');

    await makeSamples(join(folder, 'data/prepared'), samples, 2);
    await run(folder, 'dvc add data/custom');
    expect(await repro(folder, 'data-prep')).toEqual(['data-prep']);
    expect(await trainImages(folder)).toBe(10);
    await repro(folder);
    await commit(folder);
    await run(folder, 'dvc push');

    const clone = join(await makeFolder(), 'clone');
    await run(folder, `git clone --quiet ${folder} ${clone}`);
    expect(existsSync(join(clone, 'data/custom'))).toBe(false);
    await run(clone, 'dvc pull');
    expect(await readdir(join(clone, 'data/custom'), { recursive: true })).toHaveLength(4);
    expect(await trainImages(clone)).toBe(10);
    for (const path of ['runs/train/best.safetensors', 'runs/inference_results/metrics.json']) {
      expect(await readFile(join(clone, path))).toEqual(await readFile(join(folder, path)));
    }
    expect(JSON.parse(await run(clone, 'dvc status --json'))).toEqual({});

    await run(clone, 'git checkout --quiet HEAD~1');
    await run(clone, 'dvc pull data/custom');
    expect(await readdir(join(clone, 'data/custom/images'))).toHaveLength(1);
  });
});

/** Samples in the form of `data.custom`: the first images of the prepared validation split. */
async function makeSamples(prepared: string, folder: string, count: number): Promise<void> {
  const coco = JSON.parse(await readFile(join(prepared, 'valid.json'), 'utf8')) as {
    images: { id: number; file_name: string; shard: string; offset: number; length: number }[];
    annotations: { image_id: number }[];
  };
  const images = coco.images.slice(0, count);
  const annotations = coco.annotations.filter((one) => images.some(({ id }) => id === one.image_id));
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'images'), { recursive: true });
  for (const { file_name: name, shard, offset, length } of images) {
    const bytes = await readStored({ shard: join(prepared, shard), offset, length });
    await writeFile(join(folder, 'images', name), bytes);
  }
  await writeFile(join(folder, '_annotations.coco.json'), JSON.stringify({ ...coco, images, annotations }));
}

async function trainImages(folder: string): Promise<number> {
  const manifest = JSON.parse(await readFile(join(folder, 'data/prepared/manifest.json'), 'utf8'));
  return manifest.splits.train.images;
}

/** That the page of `dvc plots show` needs no network, and that its plots can be drawn by the Vega of this project. */
async function expectPlots(folder: string): Promise<void> {
  await run(folder, 'dvc plots show');
  const page = join(folder, 'runs/plots/index.html');
  const html = await readFile(page, 'utf8');
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, path]) => path!);
  expect(scripts.length).toBe(2);
  expect(scripts.filter((path) => !existsSync(resolve(dirname(page), path)))).toEqual([]);
  const specs = [...html.matchAll(/var spec = (\{.*\});/g)].map(([, spec]) => spec!);
  expect(specs).toHaveLength(4);
  for (const input of specs) {
    // In a process of its own: importing Vega leaves a promise behind.
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', DRAW], {
      cwd: ROOT,
      input,
    });
    expect(stdout.match(/<path [^>]*mark-line|class="mark-line/g)).not.toBeNull();
  }
}

const DRAW = `
import { text } from 'node:stream/consumers';
import * as vega from 'vega';
import { compile } from 'vega-lite';
const view = new vega.View(vega.parse(compile(JSON.parse(await text(process.stdin))).spec), { renderer: 'none' });
console.log(await view.toSVG());`;

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 300_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}
