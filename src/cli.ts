import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CompareFlags } from './commands/compare.ts';
import type { ContactSheetFlags } from './commands/contact-sheet.ts';
import type { DoctorDataFlags } from './commands/doctor-data.ts';
import type { EvaluateFlags } from './commands/evaluate.ts';
import type { ExportFlags } from './commands/export.ts';
import { watchInterrupts } from './commands/interrupts.ts';
import type { RangeTestFlags } from './commands/range-test.ts';
import type { ReproduceFlags } from './commands/reproduce.ts';
import { runProgram } from './commands/run-program.ts';
import type { StageOptions } from './commands/stage.ts';
import type { TrainFlags } from './commands/train.ts';
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
  // A flag belongs to the command before it: `doctor` and `doctor data` have the same ones.
  .enablePositionalOptions()
  .showHelpAfterError('(--help lists what there is)')
  .addHelpText('after', examples('aerial data-prep', 'aerial train', 'aerial inference'));

// Each command is imported when it runs, so that --help does not wait for TensorFlow.
stage('data-prep', 'Fetch or draw the images, merge your own samples, write one prepared data set')
  .addHelpText(
    'after',
    examples('aerial data-prep', "aerial data-prep --set data.source=hub --set 'data.custom=[data/custom]'"),
  )
  .action(async (options: StageOptions) =>
    (await import('./commands/data-prep.ts')).dataPrep(options, { log, signal: interrupts.heed() }),
  );

stage('train', 'Train on the prepared data set; the best model goes to runs/train/best.safetensors')
  .option(
    '--resume <auto|never|file>',
    'auto: go on with a run of the same params, data and code that was not finished; never: begin anew; or from this checkpoint',
    file,
    'auto',
  )
  .addHelpText(
    'after',
    examples('aerial train', 'aerial train --set train.epochs=1 --json', 'aerial train --resume never'),
  )
  .action(async (flags: TrainFlags) =>
    (await import('./commands/train.ts')).train(flags, { log, signal: interrupts.heed() }),
  );

stage('inference', 'Show and measure the best model on the test split, in runs/inference_results')
  .addHelpText('after', examples('aerial inference', 'aerial inference --set inference.max_images=8'))
  .action(async (options: StageOptions) =>
    (await import('./commands/inference.ts')).inference(options, { log, signal: interrupts.heed() }),
  );

stage(
  'reproduce',
  'Train the same params with several seeds, one after the other, and say how far the figures differ',
)
  .option(
    '--seeds <seeds>',
    "how many, from the params' seed on, or which, as in 17,18,19 (default: 3)",
    seeds,
  )
  .option('--test', 'run inference after each training, too, for the figures on test')
  .option('--twice', 'the first seed a second time: are the weights equal bit by bit? Alone: only that')
  .addHelpText(
    'after',
    `\nStopped, it goes on where it was when the same command is run again.\n${examples(
      'aerial reproduce --seeds 5 --test',
      'aerial reproduce --twice --set train.deterministic=true train.epochs=2',
    )}`,
  )
  .action(async (flags: ReproduceFlags) =>
    (await import('./commands/reproduce.ts')).reproduce(flags, { log, signal: interrupts.heed() }),
  );

stage('range-test', 'Look for the learning rate: let it grow until the loss breaks out, and change nothing')
  .option('--from <rate>', 'the lowest rate, of the first update', rate, 1e-6)
  .option('--to <rate>', 'the highest rate, of the last update', rate, 1)
  .option('--steps <n>', 'updates, 10 to 9999', updates, 100)
  .addHelpText(
    'after',
    `\nTrains the first phase on real batches, and leaves a curve in runs/range_test.\n${examples(
      'aerial range-test',
      'aerial range-test --from 1e-5 --to 0.1 --set train.optimizer=sgd',
    )}`,
  )
  .action(async (flags: RangeTestFlags) =>
    (await import('./commands/range-test.ts')).rangeTest(flags, { log, signal: interrupts.heed() }),
  );

program
  .command('evaluate')
  .description("Measure any tool's predictions against a ground truth, both COCO files; needs no params.")
  .requiredOption('--ground-truth <file>', 'COCO instances: polygons or run lengths', file)
  .requiredOption(
    '--predictions <file>',
    'COCO results: a list of {image_id, category_id, score, segmentation}',
    file,
  )
  .option('--max-detections <n>', 'the best of each image and category count', whole(1, 100_000), 500)
  .option(
    '--score-threshold <score>',
    'from here on detections count (mAP, errors and calibration take all); "best": chosen on this set, for validation sets only',
    scoreThreshold,
    0.5,
  )
  .addOption(resamples())
  .addOption(seed())
  .option('--report <folder>', 'where a page with all of it goes, with tables as CSV', folder)
  .option('--images <folder>', 'where the image files lie, for the pictures of the report', folder)
  .option('--json', 'print the figures as one JSON line, with the keys of metrics.json')
  .addHelpText(
    'after',
    examples(
      'aerial evaluate --ground-truth instances.json --predictions results.json',
      'aerial evaluate --ground-truth instances.json --predictions results.json --report report --images tiles',
    ),
  )
  .action(async (flags: EvaluateFlags) =>
    (await import('./commands/evaluate.ts')).evaluate(flags, { log, signal: interrupts.heed() }),
  );

program
  .command('compare')
  .description('Say how two runs of inference differ on the same images, and how sure that is.')
  .argument(
    '<run-a>',
    'folder of a run: predictions.json, ground_truth.json and metrics.json lie in it',
    folder,
  )
  .argument('<run-b>', 'the one that is held against it; differences are B - A', folder)
  .addOption(resamples())
  .addOption(seed())
  .option('--changed <n>', 'most changed images that are named, better and worse', whole(0, 10_000), 10)
  .option('--json', 'print the result as one JSON line')
  .addHelpText(
    'after',
    `\nA folder whose inference_results holds these files is a run, too.\n${examples(
      'aerial compare runs-before runs',
      'aerial compare runs-before runs --resamples 10000 --json',
    )}`,
  )
  .action(async (runA: string, runB: string, flags: CompareFlags) =>
    (await import('./commands/compare.ts')).compare(runA, runB, flags, { log, signal: interrupts.heed() }),
  );

stage('contact-sheet', 'Show what training sees: the first samples of an epoch, augmented, on one picture')
  .option('--output <file>', 'the PNG (default: contact_sheet.png in paths.runs)', file)
  .option('--images <n>', 'samples on the sheet, at most 100', upTo(100), 16)
  .option('--epoch <n>', 'pass of training, which decides what chance does', count, 1)
  .addOption(
    new Option('--split <split>', 'valid and test are shown as they are')
      .choices(['train', 'valid', 'test'])
      .default('train'),
  )
  .addHelpText(
    'after',
    examples('aerial contact-sheet', 'aerial contact-sheet --epoch 2 --images 36 --set augment.mosaic=0.5'),
  )
  .action(async (flags: ContactSheetFlags) =>
    (await import('./commands/contact-sheet.ts')).contactSheet(flags, { log }),
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

const doctor = stage(
  'doctor',
  'Say what was found of Node, TensorFlow, GPU, W&B and DVC, and what is missing',
)
  .addHelpText(
    'after',
    examples('aerial doctor', 'aerial doctor --set device=gpu --json', 'aerial doctor data data/custom'),
  )
  .action(async (options: StageOptions) => {
    const { readParams } = await import('./commands/stage.ts');
    const params = await readParams(options);
    const { runDoctor } = await import('./commands/doctor.ts');
    process.exitCode = await runDoctor(params, { json: options.json ?? false });
  });

withStageOptions(
  doctor.command('data'),
  'Examine images and annotations for faults as data-prep does, and change nothing',
)
  .argument('<folder>', 'zips in data/, split folders, a folder of annotated images, or a prepared data set')
  .option('--output <folder>', 'where the report goes (default: data_doctor in paths.runs)', folder)
  .addHelpText(
    'after',
    `\nExit code: 0 without faults, 1 with faults that data.doctor.strict refuses.\n${examples(
      'aerial doctor data data/custom',
      'aerial doctor data data/prepared --output report --json',
    )}`,
  )
  .action(async (path: string, flags: DoctorDataFlags) => {
    const misplaced = Object.keys(doctor.opts()).find((name) => doctor.getOptionValueSource(name) === 'cli');
    if (misplaced) doctor.error(`error: put --${misplaced} behind "data"`);
    const { doctorData } = await import('./commands/doctor-data.ts');
    process.exitCode = await doctorData(path, flags, { log, signal: interrupts.heed() });
  });

await runProgram(program, log, interrupts.signal);

/** A subcommand with the flags that all have. */
function stage(name: string, summary: string): Command {
  return withStageOptions(program.command(name), summary);
}

function withStageOptions(command: Command, summary: string): Command {
  return command
    .description(`${summary}.`)
    .option('--params <file>', 'the params file', 'params.yaml')
    .option('--set <key=value>', 'change a key for this run, as in train.epochs=1; takes several', append)
    .option('--json', 'print the result as one JSON line');
}

function resamples(): Option {
  return new Option('--resamples <n>', 'draws of the images for the 95 % intervals; 0 = no intervals')
    .argParser(whole(0, 100_000))
    .default(1000);
}

function seed(): Option {
  return new Option('--seed <n>', 'decides the draws').argParser(whole(0, 2 ** 32 - 1)).default(17);
}

/** "3" is how many; "17,18" says which. */
function seeds(value: string): number | number[] {
  const list = value.split(',');
  const largest = 2 ** 31 - 1;
  if (list.length === 1 && /^[1-9]\d{0,1}$/.test(value)) return Number(value);
  const isList = list.length > 1 && list.every((seed) => /^\d{1,10}$/.test(seed) && Number(seed) <= largest);
  if (isList && new Set(list.map(Number)).size === list.length) return list.map(Number);
  throw new InvalidArgumentError(
    `Expected how many (1 to 99), or which: different whole numbers from 0 to ${largest}, divided by commas.`,
  );
}

function append(value: string, values: string[] = []): string[] {
  return [...values, value];
}

function folder(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('Expected a folder.');
}

function file(value: string): string {
  if (value !== '') return value;
  throw new InvalidArgumentError('Expected a file.');
}

function rate(value: string): number {
  const number = Number(value);
  if (/^[\d.]+(e[+-]?\d+)?$/i.test(value) && number > 0 && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('Expected a number above 0, as in 1e-6.');
}

function updates(value: string): number {
  if (/^[1-9]\d{1,3}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a whole number from 10 to 9999.');
}

function count(value: string): number {
  return upTo(9999)(value);
}

function upTo(most: number): (value: string) => number {
  return (value) => {
    if (/^[1-9]\d{0,3}$/.test(value) && Number(value) <= most) return Number(value);
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${most}.`);
  };
}

function whole(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d{1,10}$/.test(value) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

function scoreThreshold(value: string): number | 'best' {
  if (value === 'best') return value;
  const score = Number(value);
  // Tools other than this one may have scores of any scale.
  if (/^-?[\d.]+(e[+-]?\d+)?$/i.test(value) && Number.isFinite(score)) return score;
  throw new InvalidArgumentError('Expected a number, or best.');
}

function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;
}
