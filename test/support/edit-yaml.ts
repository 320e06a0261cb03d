import { isPair, isScalar, type Node, parseDocument, visit } from 'yaml';

/**
 * Replaces single values of a YAML text and leaves all else as it is, comments included.
 * @param values dotted key -> the new value as YAML; the key must be there
 */
export function editYaml(yaml: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values).reduce((text, [key, value]) => {
    const node = parseDocument(text).getIn(key.split('.'), true) as Node | undefined;
    if (!node?.range) throw new Error(`There is no ${key}`);
    const [start, end] = node.range;
    // The range of a section ends where the next key begins, line break and blanks included.
    const kept = /\s*$/.exec(text.slice(start, end))![0];
    return `${text.slice(0, start)}${value}${kept}${text.slice(end)}`;
  }, yaml);
}

/** @returns number of the line in which a key stands */
export function lineOfKey(yaml: string, key: string): number {
  const path = key.split('.');
  let line: number | undefined;
  visit(parseDocument(yaml), {
    Pair(_, pair, ancestors) {
      const keys = [...ancestors.filter(isPair), pair].map(({ key: name }) =>
        String(isScalar(name) ? name.value : name),
      );
      if (isScalar(pair.key) && pair.key.range && keys.join('.') === path.join('.')) {
        line = yaml.slice(0, pair.key.range[0]).split('\n').length;
      }
    },
  });
  if (line === undefined) throw new Error(`There is no ${key}`);
  return line;
}
