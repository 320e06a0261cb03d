/** `npm run bench -- SUITE [--json] [--quick]`: ours beside a peer, on this machine, in one run. */
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { evaluateSuite } from './evaluate.ts';
import { evaluateAgreementSuite } from './evaluate-agreement.ts';
import { graphSuite } from './graph.ts';
import { graphMemorySuite } from './graph-memory.ts';
import { graphStartSuite } from './graph-start.ts';
import { loaderSuite } from './loader.ts';
import { loaderMemorySuite } from './loader-memory.ts';
import { describeMachine } from './machine.ts';
import { jsonLine, table } from './output.ts';
import type { Suite } from './suite.ts';
import { trackerSuite } from './tracker.ts';

const SUITES: readonly Suite[] = [
  evaluateSuite,
  evaluateAgreementSuite,
  graphSuite,
  graphMemorySuite,
  graphStartSuite,
  loaderSuite,
  loaderMemorySuite,
  trackerSuite,
];
const FLAGS = {
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
} as const;

function readArguments(args: string[]): { suite: Suite; json: boolean; quick: boolean } {
  try {
    const { values, positionals } = parseArgs({ args, options: FLAGS, allowPositionals: true });
    if (positionals.length !== 1) throw new Error(`Expected one suite, got ${positionals.length}`);
    const suite = SUITES.find(({ name }) => name === positionals[0]);
    if (!suite) throw new Error(`Unknown suite ${positionals[0]}`);
    return { ...values, suite };
  } catch (error) {
    const list = SUITES.map(({ name, about }) => `\n  ${name}  ${about}`).join('');
    const usage = 'npm run bench -- SUITE [--json] [--quick]';
    throw new UsageError(`${(error as Error).message}; ${usage}, where SUITE is:${list}`, { cause: error });
  }
}

const report = (line: string) => console.error(`bench: ${line}`);
try {
  const { suite, json, quick } = readArguments(process.argv.slice(2));
  const machine = await describeMachine();
  const outcome = await suite.run({ quick, report });
  const text = table(suite.name, machine, outcome);
  if (json) console.error(text);
  console.log(json ? jsonLine(suite.name, machine, outcome) : text);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  report(error.message);
  process.exitCode = error.exitCode;
}
