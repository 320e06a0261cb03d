import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import type { ExportFlags } from './commands/export.ts';
import { watchInterrupts } from './commands/interrupts.ts';
import { runProgram } from './commands/run-program.ts';
import type { StageOptions } from './commands/stage.ts';
import { createLog } from './system/log.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const log = createLog();
const interrupts = watchInterrupts(log);

const program = new Command('aerial')
  .description('Individual building footprints from aerial imagery: prepare data, train, look at the result.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(--help lists what there is)')
  .addHelpText('after', examples('aerial data-prep', 'aerial train', 'aerial inference'));

// Each command is imported when it runs, so that --help does not wait for TensorFlow.
stage('data-prep', 'Fetch or draw the images, merge your own samples, write one prepared data set')
  .addHelpText(
    'after',
    examples('aerial data-prep', "aerial data-prep --set data.source=hub --set 'data.custom=[data/custom]'"),
  )
  .action(async (options: StageOptions) =>
    (await import('./commands/data-prep.ts')).dataPrep(options, { log }),
  );

stage('train', 'Train on the prepared data set; the best model goes to runs/train/best.safetensors')
  .addHelpText('after', examples('aerial train', 'aerial train --set train.epochs=1 --json'))
  .action(async (options: StageOptions) =>
    (await import('./commands/train.ts')).train(options, { log, signal: interrupts.heed() }),
  );

stage('inference', 'Show and measure the best model on the test split, in runs/inference_results')
  .addHelpText('after', examples('aerial inference', 'aerial inference --set inference.max_images=8'))
  .action(async (options: StageOptions) =>
    (await import('./commands/inference.ts')).inference(options, { log, signal: interrupts.heed() }),
  );

stage('export', 'Write the best model as a TensorFlow SavedModel, to run it without this program')
  .option('--output <folder>', 'where it goes (default: export/saved_model in paths.runs)', folder)
  .option('--batch-size <n>', 'images that go into one call', count, 1)
  .addHelpText('after', examples('aerial export', 'aerial export --output models/roofs --batch-size 8'))
  .action(async (flags: ExportFlags) =>
    (await import('./commands/export.ts')).exportSavedModel(flags, { log, signal: interrupts.heed() }),
  );

stage('summary', 'Count the parameters, memory and operations of the model, part by part, without data')
  .addHelpText(
    'after',
    examples(
      'aerial summary',
      'aerial summary --set train.model_type=transfer --set data.image_size=512 --set train.batch_size=2',
    ),
  )
  .action(async (options: StageOptions) => (await import('./commands/summary.ts')).summary(options, { log }));

stage('doctor', 'Say what was found of Node, TensorFlow, GPU, W&B and DVC, and what is missing')
  .addHelpText('after', examples('aerial doctor', 'aerial doctor --set device=gpu --json'))
  .action(async (options: StageOptions) => {
    const { readParams } = await import('./commands/stage.ts');
    const params = await readParams(options);
    const { runDoctor } = await import('./commands/doctor.ts');
    process.exitCode = await runDoctor(params, { json: options.json ?? false });
  });

await runProgram(program, log, interrupts.signal);

/** A subcommand with the flags that all have. */
function stage(name: string, summary: string): Command {
  return program
    .command(name)
    .description(`${summary}.`)
    .option('--params <file>', 'the params file', 'params.yaml')
    .option('--set <key=value>', 'change one key for this run, as in train.epochs=1 (repeatable)', append)
    .option('--json', 'print the result as one JSON line');
}

function append(value: string, values: string[] = []): string[] {
  return [...values, value];
}

function folder(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('Expected a folder.');
}

function count(value: string): number {
  if (/^[1-9]\d{0,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number from 1 to 9999.');
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
