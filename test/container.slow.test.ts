/**
 * Builds the image and runs the three stages in it, on few and small scenes, as a user who is not root.
 * What a machine needs to reach its registries from inside a build is given by BUILD_OPTIONS (scripts/image/build.sh).
 */
import { chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const IMAGE = 'localhost/aerial:test';
/** Not the user whom the image was built for, and none who is known in it. */
const UID = 4711;
const GID = 4712;
const QUICK = [
  'data.synthetic.train=8',
  'data.synthetic.valid=2',
  'data.synthetic.test=4',
  'train.epochs=1',
  'train.batch_size=2',
].flatMap((setting) => ['--set', setting]);

const obstacle = findObstacle();

/** Why the image cannot be built and run here; undefined where it can. */
function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root, to give folders to another user';
  const { failed } = execaSync('buildah', ['--version'], { reject: false });
  return failed ? 'buildah is not installed: apt-get install -y buildah' : undefined;
}

describe('the image', () => {
  let folder: string;
  let container: string;

  beforeEach((context) => {
    if (obstacle) context.skip(obstacle);
  });

  beforeAll(async () => {
    if (obstacle) return;
    await execa(join(root, 'scripts/image/build.sh'), ['cpu', IMAGE], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    container = (await execa('buildah', ['from', IMAGE])).stdout;
    folder = await mkdtemp(join(tmpdir(), 'aerial-container-'));
    for (const name of ['data', 'runs']) {
      await mkdir(join(folder, name), { mode: 0o700 });
      await chown(join(folder, name), UID, GID);
    }
  });

  afterAll(async () => {
    if (container) await execa('buildah', ['rm', container]);
    if (!process.env.KEEP_IMAGE) await execa('buildah', ['rmi', IMAGE], { reject: false });
    if (folder) await rm(folder, { recursive: true });
  });

  /** Runs a command in the container as `docker exec` would. @param mounts `HOST:CONTAINER` */
  function runWith(mounts: string[], command: string[]) {
    const volumes = mounts.flatMap((mount) => ['-v', mount]);
    const args = ['run', '--user', `${UID}:${GID}`, ...volumes, container, '--', ...command];
    return execa('buildah', args, { reject: false, all: true });
  }

  const run = (command: string[], ...mounts: string[]) =>
    runWith([`${folder}/data:/workspace/data`, `${folder}/runs:/workspace/runs`, ...mounts], command);

  const runIn = (checkout: string, command: string[]) => runWith([`${checkout}:/workspace`], command);

  it('is made for a user who is not root', async () => {
    const { stdout } = await execa('buildah', ['inspect', '--type', 'image', IMAGE]);
    expect(JSON.parse(stdout).OCIv1.config).toMatchObject({ User: '1000:1000', WorkingDir: '/workspace' });
  });

  it('has the tools on PATH, and none that only the build needs', async () => {
    const { stdout, exitCode } = await run([
      'sh',
      '-c',
      'aerial --version && dvc --version && wandb --version && git --version && ! command -v g++ && ls /opt/aerial/node_modules',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('@tensorflow');
    expect(stdout).not.toMatch(/typescript|vitest|biome/);
  });

  it('draws scenes, trains and infers into the folders of the host', async () => {
    for (const stage of ['data-prep', 'train', 'inference']) {
      const result = await run(['aerial', stage, ...QUICK]);
      expect(result, result.stderr).toMatchObject({ exitCode: 0 });
    }
    const best = await stat(join(folder, 'runs/train/best.safetensors'));
    expect(best).toMatchObject({ uid: UID, gid: GID });
    const results = join(folder, 'runs/inference_results');
    const pictures = (await readdir(results, { recursive: true })).filter((name) => name.endsWith('.png'));
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    const metrics = JSON.parse(await readFile(join(results, 'metrics.json'), 'utf8'));
    expect(metrics).toHaveProperty('mask.ap50');
  });

  it('reads the params.yaml that is mounted over its own', async () => {
    const params = join(folder, 'params.yaml');
    await writeFile(
      params,
      (await readFile(join(root, 'params.yaml'), 'utf8')).replace(/^seed: .*/m, 'seed: -1'),
    );
    const result = await run(['aerial', 'data-prep'], `${params}:/workspace/params.yaml:ro`);
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/params\.yaml:\d+ seed must be/);
  });

  it('runs the DVC pipeline in a mounted checkout without a set-up of its own', async () => {
    const checkout = join(folder, 'checkout');
    const { stdout } = await execa('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
    });
    for (const path of stdout.split('\n')) await cp(join(root, path), join(checkout, path));
    await setParams(join(checkout, 'params.yaml'), { train: 6, valid: 2, test: 2, epochs: 1 });
    await execa('git', ['init', '--quiet', checkout]);
    await execa('chown', ['--recursive', `${UID}:${GID}`, checkout]);

    const first = await runIn(checkout, ['dvc', 'repro']);
    expect(first, first.all).toMatchObject({ exitCode: 0 });
    const second = await runIn(checkout, ['dvc', 'repro']);
    expect(second.all).toContain('Data and pipelines are up to date');
  });
});

/** Sets keys of a params file wherever they stand in it; comments stay. */
async function setParams(path: string, values: Record<string, number>): Promise<void> {
  let text = await readFile(path, 'utf8');
  for (const [key, value] of Object.entries(values)) {
    text = text.replace(new RegExp(`^( +${key}:) \\d+`, 'm'), `$1 ${value}`);
  }
  await writeFile(path, text);
}
