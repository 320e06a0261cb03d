import { describe, expect, it } from 'vitest';
import { DataType } from '../../../src/graph/graph.ts';
import { placeNodes } from '../../../src/graph/passes/placement.ts';
import { createRandom } from '../../../src/system/random.ts';
import { graphNode, placeholder } from '../../support/graph-nodes.ts';
import { randomGraph } from './random-graph.ts';

const GPU = '/device:GPU:0';
const CPU = '/device:CPU:0';
const FLOAT = { dtype: { type: DataType.FLOAT } };
const handle = (name: string, device = '') => ({ ...graphNode(name, 'VarHandleOp', [], FLOAT), device });
const devicesOf = (graph: readonly { name: string; device: string }[]) =>
  Object.fromEntries(graph.map(({ name, device }) => [name, device]));

describe('placeNodes', () => {
  it('gives a device to the nodes that have none', () => {
    const graph = [placeholder('x', []), { ...placeholder('y', []), device: CPU }];
    expect(devicesOf(placeNodes(graph, GPU))).toEqual({ x: GPU, y: CPU });
    expect(graph[0]?.device).toBe('');
  });
  it('keeps what uses a variable with it, through handles that are passed on', () => {
    const graph = [
      handle('here'),
      handle('there', CPU),
      placeholder('x', []),
      graphNode('passed', 'Identity', ['there'], { T: { type: DataType.RESOURCE } }),
      graphNode('read', 'ReadVariableOp', ['passed'], FLOAT),
      graphNode('update', 'AssignVariableOp', ['there', 'x', '^here'], FLOAT),
      graphNode('value', 'Identity', ['read', '^there'], { T: { type: DataType.FLOAT } }),
      graphNode('other read', 'ReadVariableOp', ['here', '^there'], FLOAT),
    ];
    expect(devicesOf(placeNodes(graph, GPU))).toEqual({
      here: GPU,
      there: CPU,
      x: GPU,
      passed: CPU,
      read: CPU,
      update: CPU,
      value: GPU,
      'other read': GPU,
    });
  });
  it('refuses to part an operation from its variable', () => {
    const read = { ...graphNode('read', 'ReadVariableOp', ['weights'], FLOAT), device: CPU };
    expect(() => placeNodes([handle('weights'), read], GPU)).toThrow(
      'placeNodes: read is on /device:CPU:0 but the variable that it uses is on /device:GPU:0',
    );
  });
  it('refuses variables of two devices in one operation', () => {
    const update = graphNode('update', 'ResourceApplyMomentum', ['weights', 'momentum', 'x', 'x', 'x']);
    const graph = [handle('weights', CPU), handle('momentum', GPU), placeholder('x', []), update];
    expect(() => placeNodes(graph, GPU)).toThrow(
      'placeNodes: update uses variables on /device:CPU:0 and on /device:GPU:0',
    );
  });
  it('changes nothing but empty devices, and nothing the second time', () => {
    for (let seed = 0; seed < 20; seed++) {
      const graph = randomGraph(createRandom('placement', seed), 60).map((node) =>
        node.op.includes('Variable') ? { ...node, device: '' } : node,
      );
      const placed = placeNodes(graph, GPU);
      expect(placed.map((node, i) => ({ ...node, device: graph[i]!.device }))).toEqual(graph);
      for (const [i, node] of graph.entries()) {
        expect(placed[i]!.device).not.toBe('');
        if (node.device !== '') expect(placed[i]!.device).toBe(node.device);
      }
      expect(placeNodes(placed, CPU)).toEqual(placed);
    }
  });
});
