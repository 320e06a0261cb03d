import { describe, expect, it } from 'vitest';
import { groupNames } from '../../../src/model/pretrained/group-names.ts';
import { resNetShapes } from '../../support/torch-state-dicts.ts';

/** All names that a text with braces stands for; those beside inner braces come several times. */
function expand(text: string): string[] {
  const [braces, parts] = /\{([^{}]*)\}/.exec(text) ?? [];
  if (braces === undefined) return [text];
  return parts!.split(', ').flatMap((part) => expand(text.replace(braces, part)));
}

describe('groupNames', () => {
  it.each([
    ['nothing', [], []],
    ['one name', ['a.b.c'], ['a.b.c']],
    [
      'the parts of a layer',
      ['a.kernel', 'a.norm.scale', 'a.norm.shift'],
      ['a.{kernel, norm.{scale, shift}}'],
    ],
    ['layers with the same parts', ['a.1.k', 'a.1.b', 'a.2.k', 'a.2.b'], ['a.{1, 2}.{k, b}']],
    ['layers of which one lacks a part', ['a.1.k', 'a.1.b', 'a.2.k'], ['a.{1.{k, b}, 2.k}']],
    ['first parts', ['a.k', 'b.x', 'c.k'], ['{a, c}.k', 'b.x']],
    ['names without parts', ['u', 'v', 'w.x'], ['u, v', 'w.x']],
    ['a name that goes on in another', ['a.b', 'a.b.c'], ['a.{b, b.c}']],
    ['names of every object', ['constructor.k', '__proto__.k'], ['{constructor, __proto__}.k']],
    ['empty parts', ['a..b', 'a.'], ['a.{, .b}']],
  ])('writes %s', (_, names, expected) => {
    expect(groupNames(names)).toEqual(expected);
  });
  it('splits what is too long where names part, and no further', () => {
    const names = ['net.first.kernel', 'net.first.bias', 'net.second.kernel', 'net.second.bias', 'net.third'];
    expect(groupNames(names, 50)).toEqual(['net.{third, {first, second}.{kernel, bias}}']);
    expect(groupNames(names, 40)).toEqual(['net.third', 'net.{first, second}.{kernel, bias}']);
    expect(groupNames(names, 5)).toEqual(['net.third', 'net.{first, second}.{kernel, bias}']);
  });
  it('loses none of 522 names in a page of text', () => {
    const names = [...resNetShapes('resnet101').keys()];
    const texts = groupNames(names, 106);
    expect(texts.length).toBeLessThan(25);
    expect(new Set(texts.flatMap(expand))).toEqual(new Set(names));
  });
});
