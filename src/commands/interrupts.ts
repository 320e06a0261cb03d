import type { Log } from '../system/log.ts';
import { Interrupted } from './exit-code.ts';

/** Ctrl-C and SIGTERM, from here on until the process ends. */
export interface Interrupts {
  /** Aborted by the first signal; its reason is `Interrupted`. */
  readonly signal: AbortSignal;
  /** The signal, for a stage that heeds it: from now on only a second Ctrl-C ends the process at once. */
  heed(): AbortSignal;
}

/** Without a handler of its own, process 1 of a container would not even notice a SIGTERM. */
export function watchInterrupts(log: Log): Interrupts {
  const controller = new AbortController();
  let heeded = false;
  const stop = (name: 'SIGINT' | 'SIGTERM') => {
    const interruption = new Interrupted(name);
    if (!heeded || controller.signal.aborted) {
      log.info(interruption.message);
      process.exit(interruption.exitCode);
    }
    controller.abort(interruption);
    log.info('Stopping in an orderly way; once more stops at once.');
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Whoever has started this process over such a channel, as `aerial reproduce`, and is gone, would never stop it.
  if (process.channel) {
    // One that has handed a signal on and ends before us is no second signal.
    process.once('disconnect', () => {
      if (!controller.signal.aborted) stop('SIGTERM');
    });
    process.channel.unref();
  }
  return {
    signal: controller.signal,
    heed: () => {
      heeded = true;
      return controller.signal;
    },
  };
}
