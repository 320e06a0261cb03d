/** `npm run -s golden -- FILE [--json]`: our Mask R-CNN beside torchvision's, key by key. See README.md. */
import { parseArgs } from 'node:util';
import { UsageError, UserError } from '../../src/system/errors.ts';
import { loadTensorFlow } from '../../src/system/load-tensorflow.ts';
import { readGolden } from './read.ts';
import { jsonLine, passes, table } from './report.ts';

const USAGE = 'npm run -s golden -- FILE [--json]';

function readArguments(args: string[]): { file: string; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      args,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length !== 1) throw new Error(`Expected one golden file, got ${positionals.length}`);
    return { file: positionals[0]!, json: values.json };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; ${USAGE}`, { cause: error });
  }
}

try {
  const { file, json } = readArguments(process.argv.slice(2));
  const golden = await readGolden(file);
  // The check is of float32, which convolutions on GPUs from Ampere on are not by default.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  await loadTensorFlow({ deterministic: false, device: 'auto' });
  const { checkGolden } = await import('./check.ts');
  const rows = await checkGolden(golden);
  console.log(json ? jsonLine(file, rows) : table(file, rows));
  if (!passes(rows)) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`golden: ${error.message}`);
  process.exitCode = error.exitCode;
}
