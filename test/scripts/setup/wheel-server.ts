import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';
import type { Wheel } from '../../../scripts/setup/tensorflow-wheels.ts';

/** A small wheel `demo_NAME==1.0` and its pin. */
export interface DemoWheel {
  file: string;
  bytes: Buffer;
  pin: Wheel;
}

/** @param files content by path in the wheel; `[content, mode]` sets the mode */
export async function demoWheel(
  name: string,
  files: Record<string, string | readonly [content: string, mode: number]>,
): Promise<DemoWheel> {
  const zip = new ZipFile();
  const info = `demo_${name}-1.0.dist-info`;
  const own = {
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: demo-${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: '',
  };
  for (const [path, entry] of Object.entries({ ...files, ...own })) {
    const [content, mode] = typeof entry === 'string' ? [entry, 0o644] : entry;
    zip.addBuffer(Buffer.from(content), path, { mode: 0o100000 | mode });
  }
  zip.end();
  const bytes = await buffer(zip.outputStream);
  return {
    file: `demo_${name}-1.0-py3-none-any.whl`,
    bytes,
    pin: {
      requirement: `demo-${name}==1.0`,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      platform: 'manylinux_2_27_x86_64',
      megabytes: 1,
      files: ['demo/*'],
    },
  };
}

/** How the server fails with a wheel: it breaks off in the middle, or sends half and then nothing more. */
export type Failure = 'break' | 'stall';

export interface WheelServer {
  /** Environment in which pip asks this server and nobody else. */
  environment: NodeJS.ProcessEnv;
  /** By file; the others are sent whole. */
  failures: Map<string, Failure>;
  /** Names of the wheels asked for, in order. */
  asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** A package index on this machine. */
export async function serveWheels(wheels: readonly DemoWheel[]): Promise<WheelServer> {
  const server = createServer((request, response) => {
    const file = request.url?.split('/').findLast((part) => part !== '') ?? '';
    const wheel = wheels.find((each) => each.file === file);
    if (!wheel) {
      const name = file.replaceAll('-', '_');
      const links = wheels.filter((each) => each.file.startsWith(`${name}-`));
      response.setHeader('content-type', 'text/html');
      response.end(links.map((each) => `<a href="/files/${each.file}">${each.file}</a>`).join('\n'));
      return;
    }
    result.asked.push(file);
    response.setHeader('content-length', wheel.bytes.length);
    const failure = result.failures.get(file);
    if (failure === undefined) {
      response.end(wheel.bytes);
      return;
    }
    const half = wheel.bytes.subarray(0, wheel.bytes.length / 2);
    response.write(half, () => {
      if (failure === 'break') response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('PIP_'));
  const result: WheelServer = {
    environment: {
      ...Object.fromEntries(others),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/simple`,
      PIP_RETRIES: '0',
      no_proxy: '127.0.0.1',
    },
    failures: new Map(),
    asked: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return result;
}
