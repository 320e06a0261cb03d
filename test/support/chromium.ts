/**
 * Pages in a real browser, by Chromium's DevTools protocol over pipes
 * (https://chromedevtools.github.io/devtools-protocol/).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];

/** The path of a browser that is installed; null where there is none. */
export const CHROMIUM: string | null = findChromium();

function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface View {
  width: number;
  height: number;
  dark?: boolean;
  print?: boolean;
}

export interface BrowserPage {
  /** @returns the JSON value of an expression in the page */
  evaluate: <T>(expression: string) => Promise<T>;
  /** Presses and releases a key, as `ArrowDown`. */
  press: (key: string) => Promise<void>;
  /** A real click in the middle of the element, which is scrolled into view. */
  click: (selector: string) => Promise<void>;
  show: (view: View) => Promise<void>;
  /** @returns a PNG of what is in view, or of the whole page */
  screenshot: (whole?: boolean) => Promise<Buffer>;
  /** Errors that the page reported: violations of its policy, pictures that do not load. */
  errors: string[];
  close: () => Promise<void>;
}

type Send = (method: string, params?: object) => Promise<Record<string, unknown>>;

/**
 * @param program path of the browser
 * @throws where none is installed (see `CHROMIUM`), or where it ends too soon; nothing is left then
 */
export async function openPage(file: string, program = CHROMIUM!): Promise<BrowserPage> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  // In containers, tests run as root, which Chromium's sandbox refuses.
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe'];
  const browser = spawn(program, [...flags, '--force-color-profile=srgb', `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  // A program that cannot be started has no exit.
  const gone = new Promise<Error>((resolve) => {
    browser.once('exit', (code, signal) => resolve(new Error(`the browser ended with ${code ?? signal}`)));
    browser.once('error', resolve);
  });
  const close = async () => {
    browser.kill();
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const errors: string[] = [];
    const { send, loaded } = await openSession(browser, gone, errors);
    await send('Page.navigate', { url: pathToFileURL(file).href });
    await loaded;
    return { ...pageActions(send), errors, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Attaches to a new tab. @param gone when the browser has ended: all that is waited for fails then */
async function openSession(
  browser: ChildProcess,
  gone: Promise<Error>,
  errors: string[],
): Promise<{ send: Send; loaded: Promise<void> }> {
  const [input, output] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>();
  const loading = Promise.withResolvers<void>();
  const failed = gone.then((error) => Promise.reject<never>(error));
  // Whoever waits hears of it; without anyone, it is no news.
  failed.catch(() => {});
  input.on('error', () => {});
  onMessages(output, (message) => {
    if (typeof message.id === 'number') waiting.get(message.id)?.(message);
    if (message.method === 'Page.loadEventFired') loading.resolve();
    if (message.method === 'Log.entryAdded') {
      errors.push((message.params as { entry: { text: string } }).entry.text);
    }
  });
  let calls = 0;
  const call = async (method: string, params: object, sessionId?: string) => {
    const id = ++calls;
    const answer = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    const { error, result } = await Promise.race([answer, failed]).finally(() => waiting.delete(id));
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as Record<string, unknown>;
  };
  const { targetId } = await call('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
  const send: Send = (method, params = {}) => call(method, params, sessionId as string);
  for (const domain of ['Page', 'Log', 'Runtime']) await send(`${domain}.enable`);
  return { send, loaded: Promise.race([loading.promise, failed]) };
}

function onMessages(output: Readable, hear: (message: Record<string, unknown>) => void): void {
  let rest = '';
  output.setEncoding('utf8').on('data', (chunk: string) => {
    const messages = (rest + chunk).split('\0');
    rest = messages.pop()!;
    for (const message of messages) hear(JSON.parse(message) as Record<string, unknown>);
  });
}

const KEY_CODES: Readonly<Record<string, number>> = { Tab: 9, ' ': 32, ArrowRight: 39, ArrowDown: 40 };

function pageActions(send: Send): Omit<BrowserPage, 'errors' | 'close'> {
  const evaluate = async <T>(expression: string) => {
    const { result, exceptionDetails } = await send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  };
  return {
    evaluate,
    press: async (key) => {
      const event = { key, code: key === ' ' ? 'Space' : key, windowsVirtualKeyCode: KEY_CODES[key] };
      const text = key === ' ' ? { text: ' ' } : {};
      await send('Input.dispatchKeyEvent', { type: 'keyDown', ...event, ...text });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
    },
    click: async (selector) => {
      // What comes into view is laid out then, and may move the rest.
      const find = `(async () => { const element = document.querySelector(${JSON.stringify(selector)});
        for (let frame = 0; frame < 3; frame++) {
          element.scrollIntoView({ block: 'center', behavior: 'instant' });
          await new Promise(requestAnimationFrame);
        }
        const { x, y, width, height } = element.getBoundingClientRect();
        return { x: x + width / 2, y: y + height / 2 }; })()`;
      const place = await evaluate<{ x: number; y: number }>(find);
      const event = { ...place, button: 'left', clickCount: 1 };
      await send('Input.dispatchMouseEvent', { type: 'mousePressed', ...event });
      await send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...event });
    },
    show: async ({ width, height, dark = false, print = false }) => {
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
      const media = print ? 'print' : 'screen';
      await send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: false,
      });
      await send('Emulation.setEmulatedMedia', { media, features });
    },
    screenshot: async (whole = false) => {
      const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: whole });
      return Buffer.from(data as string, 'base64');
    },
  };
}
