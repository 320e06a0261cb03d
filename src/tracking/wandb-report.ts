import { dirname, join, relative } from 'node:path';
import type { Log } from '../system/log.ts';
import type { WandbEvent } from './wandb-process.ts';

export interface WandbReporter {
  /** The client has said something. */
  event(event: WandbEvent): void;
  /** The client is gone; @param reason what is known of it */
  exit(reason: string): void;
  /** Something was left out, because the client lags behind. */
  dropped(): void;
  /** The client has not come to its end in time and is now ended. */
  late(waitMs: number): void;
  /** The run was stopped, and the client, not at its end in time, is left to itself. */
  left(waitMs: number): void;
}

/** What is known of a run on disk. */
interface Recorded {
  mode: string;
  folder: string;
  /** It goes on where an earlier part ended. */
  resumed: boolean;
}

/**
 * Tells the user about a Weights & Biases run what there is to know, each thing once.
 * @param python the interpreter; its folder holds the `wandb` command too
 * @param metricsFile where the figures are whatever happens
 */
export function createWandbReporter(
  log: Log,
  { python, metricsFile, resumed }: { python: string; metricsFile: string; resumed: boolean },
): WandbReporter {
  let ready: Recorded | undefined;
  let settled = false;
  const told = new Set<string>();
  const warnOnce = (topic: string, text: string) => {
    if (!told.has(topic)) log.warn(text);
    told.add(topic);
  };
  const elsewhere = `the figures are in ${metricsFile}`;
  const rescue = () => (ready ? `; for what it has recorded: ${syncCommand(python, ready)}` : '');
  const missing = (what: string) => {
    settled = true;
    log.warn(
      `Weights & Biases is left out: ${what} (make setup installs it, WANDB_MODE=disabled goes without); ${elsewhere}`,
    );
  };
  return {
    event(event) {
      if (event.event === 'missing') missing(`${shown(python)} has no wandb`);
      if (event.event === 'trouble') {
        warnOnce('trouble', `Weights & Biases: ${event.message}; ${elsewhere}`);
      }
      if (event.event === 'ready') {
        ready = { ...event, resumed };
        if (event.mode === 'online') log.info(`Weights & Biases: ${event.url}`);
        if (event.fallback !== null) {
          log.warn(`Weights & Biases cannot go online (${event.fallback}): recording offline`);
        }
      }
      if (event.event === 'finished') {
        settled = true;
        if (ready?.mode === 'offline') {
          log.info(`Weights & Biases: recorded offline; to upload it: ${syncCommand(python, ready)}`);
        }
      }
    },
    exit(reason) {
      if (settled) return;
      if (reason.startsWith('ENOENT')) missing(`there is no ${shown(python)}`);
      else warnOnce('exit', `Weights & Biases has stopped (${reason}); ${elsewhere}${rescue()}`);
    },
    dropped() {
      warnOnce('dropped', `Weights & Biases lags too far behind: some of it is left out; ${elsewhere}`);
    },
    late(waitMs) {
      settled = true;
      log.warn(`Weights & Biases was not done after ${waitMs / 1000} s; ${elsewhere}${rescue()}`);
    },
    left(waitMs) {
      settled = true;
      log.warn(
        `Weights & Biases was not done after ${waitMs / 1000} s, and has another minute by itself; ${elsewhere}${rescue()}`,
      );
    },
  };
}

/** The command that uploads a run from disk, as one can paste it. */
function syncCommand(python: string, { mode, folder, resumed }: Recorded): string {
  const wandb = python.includes('/') ? shown(join(dirname(python), 'wandb')) : 'wandb';
  // Without the flag the client passes over a run that was begun online.
  const flag = mode === 'online' ? ' --include-online' : '';
  const parts = resumed && mode === 'offline' ? allParts(folder) : null;
  return `${quoted(wandb)} sync${flag} ${parts ?? quoted(shown(folder))}`;
}

/**
 * @returns a pattern for all parts of a run that were recorded offline: in one call the client uploads them in their order,
 *   and passes over those that it has uploaded before; null where a shell would need quotes around it
 */
function allParts(folder: string): string | null {
  const pattern = shown(folder).replace(/(offline-run-)\d+_\d+(-[^/]+)$/, '$1*$2');
  return PLAIN.test(pattern.replace('*', '')) ? pattern : null;
}

/** A path as one would type it: relative to the working folder where that is shorter. */
function shown(path: string): string {
  const short = path.startsWith('/') ? relative('.', path) : path;
  return short.length < path.length ? short : path;
}

/** What no shell reads as anything but itself. */
const PLAIN = /^[\w./-]+$/;

function quoted(path: string): string {
  return PLAIN.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
