/**
 * Many dotted names as short text, as a shell's braces: `a.x.k, a.y.k, a.y.b` are `a.{x.k, y.{k, b}}`.
 */

/** What follows a part of a name. */
interface Parts {
  /** A name ends here. */
  ends: boolean;
  next: Map<string, Parts>;
}

/** What follows a part of names, parts that go on in the same ways together. */
interface Groups {
  /** Parts with which names end. */
  last: string[];
  branches: { parts: string[]; rest: string; next: Parts }[];
}

/**
 * @param width characters; a longer text is split where names part, unless none do
 * @returns a text for each first part of the names, or for several of them, in their order
 */
export function groupNames(names: Iterable<string>, width = Number.POSITIVE_INFINITY): string[] {
  const root: Parts = { ends: false, next: new Map() };
  for (const name of names) {
    let at = root;
    for (const part of name.split('.')) {
      const next = at.next.get(part) ?? { ends: false, next: new Map() };
      at.next.set(part, next);
      at = next;
    }
    at.ends = true;
  }
  return split(root, '', width);
}

function split(parts: Parts, start: string, width: number): string[] {
  const { last, branches } = groupsOf(parts);
  const ends = start === '' ? last.join(', ') : start + braced(last);
  const texts = branches.flatMap((branch) => {
    const begin = `${start}${braced(branch.parts)}.`;
    return (begin + branch.rest).length <= width ? [begin + branch.rest] : split(branch.next, begin, width);
  });
  return last.length === 0 ? texts : [ends, ...texts];
}

function groupsOf({ next: all }: Parts): Groups {
  const last: string[] = [];
  const branches = new Map<string, Groups['branches'][number]>();
  for (const [part, next] of all) {
    if (next.ends) last.push(part);
    if (next.next.size === 0) continue;
    const rest = textOf(next);
    const same = branches.get(rest);
    if (same) same.parts.push(part);
    else branches.set(rest, { parts: [part], rest, next });
  }
  return { last, branches: [...branches.values()] };
}

function textOf(parts: Parts): string {
  const { last, branches } = groupsOf(parts);
  return braced([...last, ...branches.map((branch) => `${braced(branch.parts)}.${branch.rest}`)]);
}

function braced(texts: readonly string[]): string {
  return texts.length === 1 ? texts[0]! : `{${texts.join(', ')}}`;
}
