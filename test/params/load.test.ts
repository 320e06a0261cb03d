import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadParams } from '../../src/params/load.ts';
import { UsageError } from '../../src/system/errors.ts';

const DEFAULT = new URL('../../params.yaml', import.meta.url);
let yaml: string;
let folder: string;

beforeAll(async () => {
  yaml = await readFile(DEFAULT, 'utf8');
  folder = await mkdtemp(join(tmpdir(), 'aerial-params-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The default params with some texts replaced; every text must be there. */
async function paramsFile(...changes: [from: string, to: string][]): Promise<string> {
  let text = yaml;
  for (const [from, to] of changes) {
    if (!text.includes(from)) throw new Error(`params.yaml does not hold ${from}`);
    text = text.replace(from, to);
  }
  const file = join(folder, 'params.yaml');
  await writeFile(file, text);
  return file;
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

/** Number of the line that `text` stands in, in the file made last. */
async function lineOf(text: string): Promise<number> {
  const before = (await readFile(join(folder, 'params.yaml'), 'utf8')).split(text)[0]!;
  return before.split('\n').length;
}

describe('loadParams', () => {
  it('reads the params that come with the program, frozen all the way down', async () => {
    const params = await loadParams(await paramsFile(), []);
    expect(params.train.model_type).toBe('custom');
    expect(params.model.anchor_sizes).toEqual([8, 16, 32, 64, 128]);
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
      'data.synthetic={size: 256, train: 1, valid: 2, test: 3}',
    ]);
    expect(params.train).toMatchObject({
      epochs: 4,
      max_minutes: 2.5,
      augment: false,
      learning_rate: 0.005,
    });
    expect(params.data.custom).toEqual(['a', 'b c']);
    expect(params.data.synthetic).toEqual({ size: 256, train: 1, valid: 2, test: 3 });
  });

  it('names line, key, rule and value of a number out of range', async () => {
    const file = await paramsFile(['learning_rate: 0.002', 'learning_rate: -0.001']);
    const line = await lineOf('learning_rate: -0.001');
    expect(await faultLines(file)).toEqual([
      `params.yaml:${line} train.learning_rate must be > 0, got -0.001`,
    ]);
  });

  it.each<[from: string, to: string, message: string]>([
    ['epochs: 12', 'epochs: ten', 'train.epochs must be a whole number, got "ten"'],
    ['epochs: 12', 'epochs: 1.5', 'train.epochs must be a whole number, got 1.5'],
    ['epochs: 12', 'epochs: 0', 'train.epochs must be > 0, got 0'],
    ['momentum: 0.9', 'momentum: 1', 'train.momentum must be < 1, got 1'],
    ['focal_alpha: 0.5', 'focal_alpha: 1.5', 'loss.focal_alpha must be <= 1, got 1.5'],
    ['dice_weight: 1', 'dice_weight: .nan', 'loss.dice_weight must be a number, got NaN'],
    ['augment: true', 'augment: "yes"', 'train.augment must be true or false, got "yes"'],
    ['max_minutes: null', 'max_minutes: soon', 'train.max_minutes must be a number or null, got "soon"'],
    ['model_type: custom', 'model_type: foo', 'train.model_type must be one of custom, transfer, got "foo"'],
    ['image_size: 128', 'image_size: 129', 'data.image_size must be a multiple of 32, got 129'],
    ['cbam_kernel: 7', 'cbam_kernel: 4', 'model.custom.cbam_kernel must be odd, got 4'],
    ['custom: []', 'custom: data/custom', 'data.custom must be a list of folders, got "data/custom"'],
    ['custom: []', 'custom: [a, 3]', 'data.custom[1] must be a text, got 3'],
    ['anchor_ratios: [0.5, 1, 2]', 'anchor_ratios: []', 'model.anchor_ratios must not be empty, got []'],
    ['[8, 16,', '[16,', 'model.anchor_sizes must be a list of 5 numbers, got [16,32,64,128]'],
    ['entity: null', 'entity: ""', 'tracking.entity must not be empty, got ""'],
    [
      'repo: keremberke/',
      'repo: ',
      'data.hub.repo must look like owner/name, got "satellite-building-segmentation"',
    ],
  ])('refuses %s -> %s', async (from, to, message) => {
    const file = await paramsFile([from, to]);
    expect(await faultLines(file)).toEqual([`params.yaml:${await lineOf(to)} ${message}`]);
  });

  it('refuses a section that is a single value', async () => {
    const file = await paramsFile();
    expect(await faultLines(file, 'loss=5')).toEqual([
      '--set loss must be a section with keys of its own, got 5',
    ]);
  });

  it('names an unknown key, the nearest known one, and does not call that one missing', async () => {
    const file = await paramsFile(['  learning_rate:', '  learningrate:']);
    const line = await lineOf('  learningrate:');
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
    const file = await paramsFile(['  epochs: 12', '  # epochs: 12']);
    expect(await faultLines(file)).toEqual([
      `params.yaml:${await lineOf('train:  ')} train.epochs is missing; add a line "epochs: ..." under train`,
    ]);
  });

  it('names a missing section once', async () => {
    const text = yaml.slice(0, yaml.indexOf('\ntracking:'));
    await writeFile(join(folder, 'params.yaml'), text);
    expect(await faultLines(join(folder, 'params.yaml'))).toEqual([
      'params.yaml:1 tracking is missing; add the section "tracking:"',
    ]);
  });

  it('tells a bad value of --set from one of the file', async () => {
    const file = await paramsFile(['batch_size: 8', 'batch_size: 0']);
    expect(await faultLines(file, 'train.learning_rate=-0.001', 'model.fpn_channels=65')).toEqual([
      `params.yaml:${await lineOf('batch_size: 0')} train.batch_size must be > 0, got 0`,
      '--set train.learning_rate must be > 0, got -0.001',
      '--set model.fpn_channels must be a multiple of model.group_norm_groups (8), got 65',
    ]);
  });

  it.each([
    ['train.epochs', '--set must look like KEY=VALUE, as in train.epochs=1, got "train.epochs"'],
    ['=1', '--set must look like KEY=VALUE, as in train.epochs=1, got "=1"'],
    ['data.custom=[a', '--set data.custom must have a YAML value after =, got "[a"'],
  ])('refuses --set %s', async (set, line) => {
    expect(await faultLines(await paramsFile(), set)).toEqual([line]);
  });

  it.each<[sets: string[], message: string]>([
    [['data.source=local'], 'data.path must name a folder when data.source is local, got null'],
    [
      ['model.rpn.positive_iou=0.2'],
      'model.rpn.negative_iou must be <= model.rpn.positive_iou (0.2), got 0.3',
    ],
    [
      ['model.group_norm_groups=32'],
      'model.custom.stem_width must be a multiple of model.group_norm_groups (32), got 16',
    ],
    [
      ['train.learning_rate=0.00001'],
      'train.min_learning_rate must be <= train.learning_rate (0.00001), got 0.00002',
    ],
  ])('checks keys against each other: %s', async (sets, message) => {
    const lines = await faultLines(await paramsFile(), ...sets);
    expect(lines[0]).toContain(message);
  });

  it('checks the rules between keys even while other keys are wrong or unknown', async () => {
    const file = await paramsFile(['seed: 17', 'sead: 17'], ['epochs: 12', 'epochs: 1.5']);
    expect(
      await faultLines(file, 'model.roi.mask_size=13', 'loss.focal_weight=0', 'loss.dice_weight=0'),
    ).toEqual([
      expect.stringContaining('sead is not a known key (did you mean seed?)'),
      expect.stringContaining('train.epochs must be a whole number, got 1.5'),
      '--set model.roi.mask_size must be even (the mask head doubles it), got 13',
      '--set loss.focal_weight must be > 0 when loss.dice_weight is 0: one of the mask terms is needed, got 0',
    ]);
  });

  it.each(['data', '.', '..', '/', 'data/raw', 'runs', 'own/samples', 'own'])(
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

  it('reports a key that stands twice, beside the other faults', async () => {
    const file = await paramsFile(
      ['  batch_size: 8', '  epochs: 3\n  batch_size: 8'],
      ['warmup_steps: 40', 'warmup_steps: -1'],
    );
    expect(await faultLines(file)).toEqual([
      `params.yaml:${await lineOf('epochs: 3')} key epochs appears twice in its section; keep one of them`,
      `params.yaml:${await lineOf('warmup_steps: -1')} train.warmup_steps must be >= 0, got -1`,
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
