import { describe, expect, it } from 'vitest';
import { hashOfFiles, uniqueNames } from '../../src/data/write-prepared.ts';

describe('uniqueNames', () => {
  it('changes later names only, whatever their case', () => {
    expect(uniqueNames(['a.jpg', 'A.JPG', 'b', 'a.jpg', 'b', 'a.png'])).toEqual([
      'a.jpg',
      'A-2.JPG',
      'b',
      'a-3.jpg',
      'b-2',
      'a.png',
    ]);
  });

  it('does not run into a name that looks like a changed one', () => {
    expect(uniqueNames(['a.jpg', 'a-2.jpg', 'a.jpg'])).toEqual(['a.jpg', 'a-2.jpg', 'a-3.jpg']);
    expect(uniqueNames(['a.jpg', 'a.jpg', 'a-2.jpg'])).toEqual(['a.jpg', 'a-2.jpg', 'a-2-2.jpg']);
  });
});

describe('hashOfFiles', () => {
  it('does not depend on the order in which files were written', () => {
    expect(hashOfFiles({ a: '1', b: '2' })).toBe(hashOfFiles({ b: '2', a: '1' }));
  });

  it('tells names and contents apart', () => {
    const hashes = [{ a: '1', b: '2' }, { a: '2', b: '1' }, { a: '1' }, { a: '1', c: '2' }, {}].map(
      hashOfFiles,
    );
    expect(new Set(hashes).size).toBe(5);
  });
});
