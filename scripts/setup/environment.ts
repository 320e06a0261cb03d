import { dirname, join, sep } from 'node:path';

/**
 * What the shell is to evaluate so that `aerial`, the project's Node (where the set-up fetched one), `dvc` and `wandb` are
 * found first on PATH.
 * @param node path of the Node that runs
 */
export function environmentLines(root: string, node: string): string {
  const ownNode = node.startsWith(join(root, '.tools') + sep) ? [dirname(node)] : [];
  const folders = [join(root, 'bin'), ...ownNode, join(root, '.tools/python/bin')];
  return `export PATH=${quote(folders.join(':'))}:"$PATH"\n`;
}

/** One word for a POSIX shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
