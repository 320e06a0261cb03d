import { spawn } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { SetupError } from './setup-error.ts';

export interface CommandOptions {
  /** What the command does, for the error: "Fetching X". */
  purpose: string;
  /** File to which the command's words are added. */
  log: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs a command without a terminal; its words go to the log.
 * @returns what it wrote to stdout and stderr
 * @throws SetupError in one line when it fails, with the cause where it is a known one
 */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: CommandOptions,
): Promise<string> {
  const [file, ...args] = command;
  await mkdir(dirname(options.log), { recursive: true });
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const failure = await new Promise<string | null>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code === 0 ? null : `exit code ${code ?? signal}`));
  });
  await appendFile(options.log, `$ ${command.join(' ')}\n${output}\n`);
  if (failure !== null) throw new SetupError(explainFailure(options, basename(file), failure, output));
  return output;
}

/** Known causes by the words that npm, pip and g++ use for them. The first that fits is taken. */
const CAUSES: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [
    /DO NOT MATCH THE HASHES|EINTEGRITY/,
    'what came does not have its pinned sha256: the download was cut off, damaged or changed on its way; nothing of it was installed, run the command again',
  ],
  [/No space left on device|ENOSPC/, 'the disk is full: free some space and run the command again'],
  [/Permission denied|EACCES|EPERM/, 'permission denied: make this folder writable for this user'],
  [
    /NewConnectionError|NameResolutionError|ConnectTimeout|Read timed out|Connection (refused|reset|aborted|broken)|IncompleteRead|ProxyError|SSLError|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN/,
    'the network or the registry cannot be reached: check the connection (and the proxy), then run the command again; it goes on where it stopped',
  ],
  [
    /No matching distribution found|E404/,
    'the registry that is set does not have it (see: pip config list, npm config get registry)',
  ],
];

function explainFailure(options: CommandOptions, command: string, failure: string, output: string): string {
  const known = CAUSES.find(([pattern]) => pattern.test(output))?.[1];
  const cause = known ?? `${command} failed with ${failure}: ${lastErrorLine(output)}`;
  return `${options.purpose} failed: ${cause} (all it said: ${options.log})`;
}

function lastErrorLine(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
}
