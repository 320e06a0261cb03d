import type { Params } from '../params/schema.ts';
import { type Finding, judge } from './doctor-findings.ts';
import { readMachineFacts } from './machine-facts.ts';

/**
 * `aerial doctor`: what was found of all that the program uses, and what the params ask for that is missing.
 * On stdout a table, or one JSON object `{ok, findings, facts}`.
 * @returns exit code: 0, or 1 when something is missing
 */
export async function runDoctor(params: Params, options: { json: boolean }): Promise<number> {
  const facts = await readMachineFacts(params);
  const findings = judge(facts, params);
  const ok = findings.every(({ status }) => status !== 'missing');
  process.stdout.write(
    options.json ? `${JSON.stringify({ ok, findings, facts })}\n` : formatFindings(findings),
  );
  return ok ? 0 : 1;
}

/** @returns a table for people: status, name, value, and below it what to do; the last line sums up */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const indent = ' '.repeat('missing'.length + 2);
  const lines = findings.flatMap(({ status, name, value, mend }) => [
    `${status.padEnd('missing'.length)}  ${name.padEnd(width)}  ${value}`,
    ...(mend ? [`${indent}${' '.repeat(width)}  -> ${mend}`] : []),
  ]);
  const missing = findings.filter(({ status }) => status === 'missing');
  const summary =
    missing.length === 0
      ? 'Nothing that the params ask for is missing.'
      : `Missing: ${missing.map(({ name }) => name).join(', ')}.`;
  return `${[...lines, summary].join('\n')}\n`;
}
