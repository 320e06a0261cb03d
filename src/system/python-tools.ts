import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The project's own Python, which `make setup` makes, else the machine's. */
export function findPython(): string {
  const own = fileURLToPath(new URL('../../.tools/python/bin/python', import.meta.url));
  return existsSync(own) ? own : 'python3';
}

const VERSIONS_SCRIPT = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
def found(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None
print(json.dumps({name: found(name) for name in sys.argv[1:]}))
`;

/** @returns version of each Python package, null where it is not installed (or there is no Python) */
export async function readPythonPackages(
  names: readonly string[],
  python: string = findPython(),
): Promise<Map<string, string | null>> {
  const { exitCode, stdout } = await execa(python, ['-c', VERSIONS_SCRIPT, ...names], {
    reject: false,
    timeout: 30_000,
  });
  const versions: Record<string, string | null> = exitCode === 0 ? JSON.parse(stdout) : {};
  return new Map(names.map((name) => [name, versions[name] ?? null]));
}
