/** Says on stderr what the set-up does. On a terminal one line is updated; elsewhere a new line comes now and then. */
export interface Report {
  line(text: string): void;
  /** Shows `describe()` until the returned function is called. */
  watch(describe: () => string): () => void;
}

const TERMINAL_INTERVAL_MS = 500;
const PLAIN_INTERVAL_MS = 5000;

export function createReport(stream: NodeJS.WriteStream = process.stderr): Report {
  const prefix = 'set-up: ';
  return {
    line: (text) => void stream.write(`${prefix}${text}\n`),
    watch: (describe) => {
      const show = () =>
        stream.write(stream.isTTY ? `\r\x1b[K${prefix}${describe()}` : `${prefix}${describe()}\n`);
      const timer = setInterval(show, stream.isTTY ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS);
      return () => {
        clearInterval(timer);
        if (stream.isTTY) stream.write('\r\x1b[K');
      };
    },
  };
}

/** @returns seconds since `start` (from `performance.now()`), e.g. `12.3 s` */
export function elapsed(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
