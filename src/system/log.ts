import { styleText } from 'node:util';

/** Progress and warnings for people, on stderr; stdout is kept for results. */
export interface Log {
  info(line: string): void;
  warn(line: string): void;
}

/** Lines on `stream`; colours only where it is a terminal that wants them (`NO_COLOR`, `TERM=dumb`). */
export function createLog(stream: NodeJS.WritableStream = process.stderr): Log {
  const paint = (style: 'yellow', text: string) =>
    styleText(style, text, { stream: stream as NodeJS.WriteStream, validateStream: true });
  return {
    info: (line) => void stream.write(`${line}\n`),
    warn: (line) => void stream.write(`${paint('yellow', 'warning:')} ${line}\n`),
  };
}
