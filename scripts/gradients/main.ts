/**
 * `npm run gradients [-- --json]`: the gradient of the whole loss, and of single ops, against differences and PyTorch.
 * Exit code 1 where one is wrong.
 */
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { torchRows } from './against-torch.ts';
import { directionalRows } from './directional.ts';
import { createFixedLoss } from './fixed-loss.ts';
import { SUBJECTS, subjectParams } from './subjects.ts';
import { faultsOf, formatTables, type Tables } from './tables.ts';

function readArguments(args: string[]): { json: boolean } {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; npm run gradients [-- --json]`, { cause: error });
  }
}

async function measure(): Promise<Tables> {
  const directional: Tables['directional'] = [];
  for (const subject of Object.keys(SUBJECTS)) {
    console.error(`gradients: ${subject}`);
    const params = await subjectParams(subject);
    const loss = createFixedLoss(params);
    for (const row of directionalRows(loss, params.seed)) directional.push({ subject, ...row });
    loss.dispose();
  }
  return { directional, torch: await torchRows() };
}

try {
  const { json } = readArguments(process.argv.slice(2));
  const tables = await measure();
  const faults = faultsOf(tables);
  console.log(json ? JSON.stringify({ ...tables, faults }) : formatTables(tables));
  for (const fault of faults) console.error(`gradients: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`gradients: ${error.message}`);
  process.exitCode = error.exitCode;
}
