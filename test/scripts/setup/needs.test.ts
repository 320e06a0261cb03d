import { describe, expect, it } from 'vitest';
import { missingCompiler, missingPython, throwIfMissing } from '../../../scripts/setup/needs.ts';
import type { Python } from '../../../scripts/setup/python.ts';

const good: Python = {
  path: '/usr/bin/python3',
  major: 3,
  minor: 11,
  venv: true,
  ensurepip: true,
  pip: '23.0.1',
};

describe('missingCompiler', () => {
  it('names g++, or the compiler that CXX asks for', () => {
    expect(missingCompiler({ PATH: '/nowhere' })?.packages).toEqual(['g++']);
    expect(missingCompiler({ PATH: '/nowhere', CXX: 'clang++' })?.what).toBe('a C++ compiler (clang++)');
    expect(missingCompiler({ PATH: '/nowhere', CXX: process.execPath })).toBeUndefined();
  });
});

describe('missingPython', () => {
  it.each([
    ['a Python with ensurepip', good],
    ['a Python with ensurepip and no pip', { ...good, pip: null }],
    [
      'a Python without ensurepip whose pip fills other environments',
      { ...good, ensurepip: false, pip: '22.3' },
    ],
  ])('takes %s', (_, python) => {
    expect(missingPython([python])).toBeUndefined();
  });

  it.each([
    ['no Python', [], 'python3 python3-venv'],
    ['neither pip nor ensurepip', [{ ...good, ensurepip: false, pip: null }], 'python3-pip python3-venv'],
    ['no ensurepip and an old pip', [{ ...good, ensurepip: false, pip: '22.0.2' }], 'python3-venv'],
    ['no venv module', [{ ...good, venv: false }], 'python3-venv'],
    ['an old Python', [{ ...good, minor: 9 }], 'python3 python3-venv'],
  ])('names the packages for %s', (_, found, packages) => {
    expect(missingPython(found)?.packages.join(' ')).toBe(packages);
  });

  it('takes the second Python on PATH when the first will not do', () => {
    expect(missingPython([{ ...good, minor: 8 }, good])).toBeUndefined();
  });
});

describe('throwIfMissing', () => {
  it('names all in one line, each package once', () => {
    const python = missingPython([]);
    expect(() => throwIfMissing([missingCompiler({ PATH: '' }), undefined, python, python])).toThrow(
      /^missing: a C\+\+ compiler \(g\+\+\) and Python >= 3\.10 \(python3\) and .*: apt-get install -y g\+\+ python3 python3-venv$/,
    );
    expect(() => throwIfMissing([undefined])).not.toThrow();
  });
});
