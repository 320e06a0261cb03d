import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParams } from '../../src/params/load.ts';
import { UsageError } from '../../src/system/errors.ts';
import { editYaml, lineOfKey } from '../support/edit-yaml.ts';

const DEFAULT = new URL('../../params.yaml', import.meta.url);
let yaml: string;
let folder: string;

beforeAll(async () => {
  yaml = await readFile(DEFAULT, 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'aerial-params-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with the default params, some values changed. */
async function paramsFile(values: Record<string, string> = {}): Promise<string> {
  return write(editYaml(yaml, values));
}

async function write(text: string): Promise<string> {
  const file = join(folder, 'params.yaml');
  await writeFile(file, text);
  return file;
}

/** The default params with a piece of text replaced, which must be there. */
function replaced(from: RegExp, to: string): string {
  expect(yaml).toMatch(from);
  return yaml.replace(from, to);
}

/** The lines of the UsageError that loading must end in, with the folder cut off. */
async function faultLines(file: string, ...sets: string[]): Promise<string[]> {
  const error = await loadParams(file, sets).then(
    () => expect.fail('was accepted'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).exitCode).toBe(2);
  return (error as UsageError).message.replaceAll(`${folder}/`, '').split('\n');
}

describe('loadParams', () => {
  it('reads the params that come with the program, frozen all the way down', async () => {
    const params = await loadParams(await paramsFile(), []);
    expect(params.data.source).toBe('synthetic');
    expect(() => Object.assign(params.model.rpn, { samples: 1 })).toThrow(TypeError);
    expect(() => params.model.anchor_ratios.push(1)).toThrow(TypeError);
  });

  it('applies --set in order, with YAML values, lists and null', async () => {
    const params = await loadParams(await paramsFile(), [
      'train.epochs=3',
      'train.epochs=4',
      'data.custom=[a, "b c"]',
      'train.max_minutes=2.5',
      'tracking.run_name=null',
      'train.augment=false',
      'train.learning_rate=5e-3',
    ]);
    expect(params.train).toMatchObject({
      epochs: 4,
      max_minutes: 2.5,
      augment: false,
      learning_rate: 0.005,
    });
    expect(params.data.custom).toEqual(['a', 'b c']);
  });

  it.each(['null', 'weights.safetensors', 'hf://timm/resnet50.a1_in1k@main/model.safetensors'])(
    'takes %s for train.transfer.weights',
    async (weights) => {
      const params = await loadParams(await paramsFile(), [`train.transfer.weights=${weights}`]);
      expect(params.train.transfer.weights).toBe(weights === 'null' ? null : weights);
    },
  );

  it('names line, key, rule and value of a number out of range', async () => {
    const file = await paramsFile({ 'train.learning_rate': '-0.001' });
    const line = lineOfKey(yaml, 'train.learning_rate');
    expect(await faultLines(file)).toEqual([
      `params.yaml:${line} train.learning_rate must be > 0, got -0.001`,
    ]);
  });

  it.each([
    ['train.epochs', 'ten', 'must be a whole number, got "ten"'],
    ['train.epochs', '1.5', 'must be a whole number, got 1.5'],
    ['train.epochs', '0', 'must be > 0, got 0'],
    ['train.momentum', '1', 'must be < 1, got 1'],
    ['train.epochs', '1000001', 'must be <= 1000000, got 1000001'],
    ['train.batch_size', '100000000', 'must be <= 4096, got 100000000'],
    ['data.synthetic.train', '100001', 'must be <= 100000, got 100001'],
    ['model.box_head_width', '8193', 'must be <= 8192, got 8193'],
    ['model.mask_head_layers', '201', 'must be <= 200, got 201'],
    ['model.rpn.pre_nms_top_k', '100001', 'must be <= 100000, got 100001'],
    ['model.rpn.samples', '1', 'must be >= 2, got 1'],
    ['model.roi.samples', '1', 'must be >= 2, got 1'],
    ['model.roi.box_size', '65', 'must be <= 64, got 65'],
    ['model.roi.mask_size', '66', 'must be <= 64, got 66'],
    ['model.rpn.nms_threshold', '0', 'must be > 0, got 0'],
    ['model.detection.nms_threshold', '0', 'must be > 0, got 0'],
    ['model.roi.positive_iou', '0', 'must be > 0, got 0'],
    ['model.rpn.positive_fraction', '0', 'must be > 0, got 0'],
    ['model.roi.positive_fraction', '1.1', 'must be <= 1, got 1.1'],
    ['loss.focal_alpha', '1.5', 'must be <= 1, got 1.5'],
    ['loss.dice_weight', '.nan', 'must be a number, got NaN'],
    ['train.augment', '"yes"', 'must be true or false, got "yes"'],
    ['train.max_minutes', 'soon', 'must be a number or null, got "soon"'],
    ['train.patience', '0', 'must be >= 1, got 0'],
    ['train.patience', '2.5', 'must be a whole number or null, got 2.5'],
    ['train.image_sizes', '[]', 'must not be empty, got []'],
    [
      'train.image_sizes',
      '[64, 96, 128, 160, 192, 224]',
      'must have at most 5 items, got [64,96,128,160,192,224]',
    ],
    ['train.image_sizes', '128', 'must be a list of whole numbers or null, got 128'],
    ['train.schedule', 'linear', 'must be one of cosine, step, constant, got "linear"'],
    ['train.step_decay.at', '0.5', 'must be a list of numbers, got 0.5'],
    ['train.step_decay.factor', '1', 'must be < 1, got 1'],
    ['train.checkpoint.steps', '0', 'must be > 0, got 0'],
    ['train.checkpoint.keep', '1001', 'must be <= 1000, got 1001'],
    ['train.non_finite.action', 'ignore', 'must be one of stop, skip, roll_back, got "ignore"'],
    ['train.non_finite.most', '0', 'must be > 0, got 0'],
    ['train.non_finite.rate_factor', '0', 'must be > 0, got 0'],
    ['train.non_finite.rate_factor', '1.1', 'must be <= 1, got 1.1'],
    ['train.spike_factor', '1', 'must be > 1, got 1'],
    ['train.spike_factor', 'often', 'must be a number or null, got "often"'],
    ['train.memory.plan', 'ignore', 'must be one of refuse, warn, got "ignore"'],
    ['train.memory.when_out', 'wait', 'must be one of stop, halve, got "wait"'],
    ['train.model_type', 'foo', 'must be one of custom, transfer, got "foo"'],
    ['data.image_size', '129', 'must be a multiple of 32, got 129'],
    ['data.custom', 'data/custom', 'must be a list of folders, got "data/custom"'],
    ['data.hub.repo', 'nobody', 'must look like owner/name, got "nobody"'],
    [
      'train.transfer.weights',
      'hf://timm',
      'must be a path or look like hf://owner/repo[@revision][/file], got "hf://timm"',
    ],
    [
      'train.transfer.weights',
      'hf://datasets/a/b',
      'must name a model (hf://owner/repo), not one of the hub\'s datasets, got "hf://datasets/a/b"',
    ],
    ['train.transfer.weights', '""', 'must not be empty, got ""'],
    ['train.transfer.weights', '5', 'must be a text or null, got 5'],
    ['model.custom.cbam_kernel', '4', 'must be odd, got 4'],
    ['model.anchor_ratios', '[]', 'must not be empty, got []'],
    ['model.anchor_sizes', '[16, 32]', 'must be a list of 5 numbers, got [16,32]'],
    ['loss', '7', 'must be a section with keys of its own, got 7'],
    ['tracking.entity', '""', 'must not be empty, got ""'],
  ])('refuses %s: %s', async (key, value, message) => {
    const file = await paramsFile({ [key]: value });
    expect(await faultLines(file)).toEqual([`params.yaml:${lineOfKey(yaml, key)} ${key} ${message}`]);
  });

  it.each([
    ['data.custom', '[a, 3]', '[1] must be a text, got 3'],
    ['train.image_sizes', '[128, 140]', '[1] must be a multiple of 32, got 140'],
    ['train.image_sizes', '[32]', '[0] must be >= 64, got 32'],
    ['train.step_decay.at', '[0.5, 1]', '[1] must be < 1, got 1'],
    ['train.step_decay.at', '[0, 0.5]', '[0] must be > 0, got 0'],
  ])('names the item of a list: %s %s', async (key, value, fault) => {
    expect(await faultLines(await paramsFile({ [key]: value }))).toEqual([
      `params.yaml:${lineOfKey(yaml, key)} ${key}${fault}`,
    ]);
  });

  it('names an unknown key, the nearest known one, and does not call that one missing', async () => {
    const file = await write(replaced(/^ {2}learning_rate:/m, '  learningrate:'));
    const line = lineOfKey(yaml, 'train.learning_rate');
    expect(await faultLines(file)).toEqual([
      `params.yaml:${line} train.learningrate is not a known key (did you mean train.learning_rate?)`,
    ]);
  });

  it.each([
    ['epochs', ' (did you mean train.epochs?)'],
    ['train.seed', ' (did you mean seed?)'],
    ['train.modelType', ' (did you mean train.model_type?)'],
    ['trian.epochs', ' (did you mean train.epochs?)'],
    ['train.zebra', ''],
    ['__proto__.polluted', ''],
    ['seed.x', ''],
    ['data.custom[0]', ' (did you mean data.custom?)'],
  ])('refuses --set %s', async (key, hint) => {
    expect(await faultLines(await paramsFile(), `${key}=1`)).toEqual([
      `--set ${key} is not a known key${hint}`,
    ]);
  });

  it('names the section of a missing key', async () => {
    const file = await write(replaced(/^ {2}epochs:/m, '  # epochs:'));
    expect(await faultLines(file)).toEqual([
      `params.yaml:${lineOfKey(yaml, 'train')} train.epochs is missing; add a line "epochs: ..." under train`,
    ]);
  });

  it('names a missing section once', async () => {
    const file = await write(yaml.slice(0, yaml.indexOf('\ntracking:')));
    expect(await faultLines(file)).toEqual([
      'params.yaml:1 tracking is missing; add the section "tracking:"',
    ]);
  });

  it('tells a bad value of --set from one of the file', async () => {
    const file = await paramsFile({ 'train.batch_size': '0', 'model.group_norm_groups': '8' });
    expect(await faultLines(file, 'train.learning_rate=-0.001', 'model.fpn_channels=65')).toEqual([
      `params.yaml:${lineOfKey(yaml, 'train.batch_size')} train.batch_size must be > 0, got 0`,
      '--set train.learning_rate must be > 0, got -0.001',
      '--set model.fpn_channels must be a multiple of model.group_norm_groups (8), got 65',
    ]);
  });

  it.each([
    ['train.epochs', '--set must look like KEY=VALUE, as in train.epochs=1, got "train.epochs"'],
    ['=1', '--set must look like KEY=VALUE, as in train.epochs=1, got "=1"'],
    [
      'train={epochs: 1}',
      '--set train is a section: set its keys one by one, as in --set train.model_type=VALUE',
    ],
    [
      'model=7',
      '--set model is a section: set its keys one by one, as in --set model.custom.stem_width=VALUE',
    ],
    ['data.custom=[a', '--set data.custom must have a YAML value after =, got "[a"'],
  ])('refuses --set %s', async (set, line) => {
    expect(await faultLines(await paramsFile(), set)).toEqual([line]);
  });

  it.each([
    ['train.patience', '1', 1],
    ['train.image_sizes', '[64]', [64]],
    ['train.image_sizes', '[96, 128, 160, 192, 2048]', [96, 128, 160, 192, 2048]],
    ['train.step_decay.at', '[0.5]', [0.5]],
    ['train.non_finite.rate_factor', '1', 1],
    ['train.spike_factor', 'null', null],
    ['train.checkpoint.steps', '1', 1],
  ])('takes %s: %s', async (key, text, value) => {
    const params = await loadParams(await paramsFile(), [`${key}=${text}`, 'train.batch_size=1']);
    const taken = key.split('.').reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], params);
    expect(taken).toEqual(value);
  });

  it('blames the file for a key that does not fit one of --set', async () => {
    const file = await paramsFile({ 'train.min_learning_rate': '0.2' });
    const line = lineOfKey(yaml, 'train.min_learning_rate');
    expect(await faultLines(file, 'train.learning_rate=0.1')).toEqual([
      `params.yaml:${line} train.min_learning_rate must be <= train.learning_rate (0.1), got 0.2`,
    ]);
  });

  it('checks the rules between keys even while other keys are wrong or unknown', async () => {
    const file = await write(editYaml(replaced(/^seed:/m, 'sead:'), { 'train.epochs': '1.5' }));
    expect(
      await faultLines(file, 'model.roi.mask_size=13', 'loss.focal_weight=0', 'loss.dice_weight=0'),
    ).toEqual([
      expect.stringContaining('sead is not a known key (did you mean seed?)'),
      expect.stringContaining('train.epochs must be a whole number, got 1.5'),
      '--set model.roi.mask_size must be even (the mask head doubles it), got 13',
      '--set loss.focal_weight must be > 0 when loss.dice_weight is 0: one of the mask terms is needed, got 0',
    ]);
  });

  it.each(['.', '..', '/', 'runs', 'own/samples', 'own'])(
    'refuses the prepared folder %s, in which something else lies',
    async (prepared) => {
      const lines = await faultLines(
        await paramsFile(),
        'data.custom=[own/samples]',
        `paths.prepared=${prepared}`,
      );
      expect(lines).toEqual([expect.stringContaining('--set paths.prepared must be a folder of its own')]);
    },
  );

  it('refuses to prepare data in the folder in which the command runs', async () => {
    const elsewhere = 'paths.runs=/elsewhere/runs';
    expect(await faultLines(await paramsFile(), elsewhere, 'paths.prepared=.')).toEqual([
      '--set paths.prepared must be a folder of its own, because data-prep replaces it: "." lies in it, got "."',
    ]);
  });

  it('reports a key that stands twice, beside the other faults', async () => {
    const text = replaced(/^ {2}epochs:/m, '  epochs: 3\n  epochs:').replace(
      /^( {2}warmup_steps:) \d+/m,
      '$1 -1',
    );
    const [epochs, warmup] = [lineOfKey(yaml, 'train.epochs') + 1, lineOfKey(yaml, 'train.warmup_steps') + 1];
    expect(await faultLines(await write(text))).toEqual([
      `params.yaml:${epochs} key epochs appears twice in its section; keep one of them`,
      `params.yaml:${warmup} train.warmup_steps must be >= 0, got -1`,
    ]);
  });

  it.each([
    ['a: 1\nb: [1, 2\nc: 3\n', /^broken\.yaml:3 is not valid YAML: /],
    ['a: "x\n', /^broken\.yaml:\d is not valid YAML: Missing closing/],
    ['a: *nowhere\n', /^broken\.yaml:1 is not valid YAML: .*nowhere/],
    ['', /^broken\.yaml:1 must hold sections/],
    ['- a\n', /^broken\.yaml:1 must hold sections/],
  ])('refuses %j', async (text, line) => {
    await writeFile(join(folder, 'broken.yaml'), text);
    expect((await faultLines(join(folder, 'broken.yaml')))[0]).toMatch(line);
  });

  it('says in one line that the file is not there, or is a folder', async () => {
    expect(await faultLines(join(folder, 'none.yaml'))).toEqual([
      expect.stringMatching(/^Cannot read params from none\.yaml: no such file; name one with --params FILE/),
    ]);
    expect(await faultLines(folder)).toEqual([expect.stringMatching(/it is a folder/)]);
  });
});
