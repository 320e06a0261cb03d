import type { Log } from '../../src/system/log.ts';

/** A log that keeps its lines; warnings begin with "warning: ". */
export function collectLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  return { lines, info: (line) => lines.push(line), warn: (line) => lines.push(`warning: ${line}`) };
}
