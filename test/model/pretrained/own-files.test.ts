import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { saveWeights } from '../../../src/model/checkpoint.ts';
import { createMaskRcnn } from '../../../src/model/mask-rcnn.ts';
import { importPretrained } from '../../../src/model/pretrained/import-weights.ts';
import type { Weights } from '../../../src/model/weights.ts';
import { useTempFolders } from '../../support/temp-folder.ts';
import { tinyParams } from '../../support/tiny-model.ts';

const newFolder = useTempFolders();

type Saved = ReturnType<typeof createMaskRcnn>;

const allValues = (weights: Weights) =>
  new Map([...weights.variables].map(([name, variable]) => [name, variable.dataSync()]));

describe('files of this program as pretrained weights', () => {
  it('come back as they were written', async () => {
    const path = join(await newFolder(), 'best.safetensors');
    const [saved, other] = [1, 2].map((seed) => createMaskRcnn({ ...tinyParams(), seed })) as [Saved, Saved];
    await saveWeights(path, saved.weights, { epoch: '3' });
    const report = await importPretrained(path, other.weights, { minMatched: 1 });
    expect(report).toMatchObject({ format: 'aerial', missing: [], unused: [], remade: [], backboneShare: 1 });
    expect(report.matched).toEqual([...other.weights.variables.keys()]);
    expect(allValues(other.weights)).toEqual(allValues(saved.weights));
  });
  it('may hold the backbone alone: the rest stays as it was', async () => {
    const path = join(await newFolder(), 'body.safetensors');
    const [saved, other] = [1, 2].map((seed) => createMaskRcnn({ ...tinyParams(), seed })) as [Saved, Saved];
    const body = [...saved.weights.variables].filter(([name]) => name.startsWith('backbone.'));
    await saveWeights(path, { variables: new Map(body) }, {});
    const before = allValues(other.weights);
    const report = await importPretrained(path, other.weights, { minMatched: 1 });
    const after = allValues(other.weights);
    expect(report.missing).toContain('fpn.lateral2.conv.kernel');
    for (const name of report.missing) expect(after.get(name)).toEqual(before.get(name));
    for (const [name, variable] of body) expect(after.get(name)).toEqual(variable.dataSync());
  });
  it('give the body to a model with another pyramid and other heads', async () => {
    const path = join(await newFolder(), 'best.safetensors');
    const other = structuredClone(tinyParams());
    Object.assign(other.model, { fpn_channels: 16, box_head_width: 8, mask_head_layers: 2 });
    const [saved, to] = [tinyParams(), { ...other, seed: 2 }].map((given) => createMaskRcnn(given)) as [
      Saved,
      Saved,
    ];
    await saveWeights(path, saved.weights, {});
    const before = allValues(to.weights);
    const report = await importPretrained(path, to.weights, { minMatched: 1 });
    const after = allValues(to.weights);
    for (const [name, values] of allValues(saved.weights)) {
      if (name.startsWith('backbone.')) expect(after.get(name)).toEqual(values);
    }
    const remade = report.remade.map(({ name }) => name);
    for (const name of remade) expect(after.get(name)).toEqual(before.get(name));
    // The norm behind a kernel of another shape is part of its layer, though its own shape fits.
    expect(remade).toEqual(expect.arrayContaining(['fpn.output5.norm.shift', 'mask.norm1.scale']));
    expect(report.missing).toEqual(['mask.conv2.kernel', 'mask.norm2.scale', 'mask.norm2.shift']);
  });
  it('are refused for a model with another body', async () => {
    const path = join(await newFolder(), 'best.safetensors');
    const other = structuredClone(tinyParams());
    other.model.custom.stage_widths = [8, 8, 16, 32];
    const [saved, to] = [other, tinyParams()].map((given) => createMaskRcnn(given)) as [Saved, Saved];
    await saveWeights(path, saved.weights, {});
    await expect(importPretrained(path, to.weights, { minMatched: 0 })).rejects.toThrow(
      /shapes differ: backbone\.stage5\.block0\.conv1\.kernel is \[3, 3, 16, 32\], expected \[3, 3, 16, 16\]; .* and \d+ more; the params \(.*\) must describe/,
    );
  });
});
