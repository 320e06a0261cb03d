import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { programsOnPath } from './programs.ts';

/** One Python of the machine and what it brings. */
export interface Python {
  /** What it calls its own executable: the real one behind a shim. */
  path: string;
  major: number;
  minor: number;
  venv: boolean;
  ensurepip: boolean;
  /** Version of its pip, or null without pip. */
  pip: string | null;
}

const PROBE = `
import json, sys
from importlib.util import find_spec
try:
    import pip
    pip_version = pip.__version__
except Exception:
    pip_version = None
print(json.dumps({"path": sys.executable, "major": sys.version_info[0], "minor": sys.version_info[1], "pip": pip_version,
    "venv": find_spec("venv") is not None, "ensurepip": find_spec("ensurepip") is not None}))
`;

/**
 * The Pythons on PATH that start, in PATH's order. Those in `toolsFolder` are left out: after `eval "$(make -s env)"`
 * the first one on PATH is the environment that the set-up itself makes.
 */
export async function findPythons(path: string, toolsFolder: string): Promise<Python[]> {
  const found: Python[] = [];
  for (const program of programsOnPath('python3', path, toolsFolder)) {
    try {
      const { stdout } = await promisify(execFile)(program, ['-c', PROBE], { timeout: 30_000 });
      found.push(JSON.parse(stdout));
    } catch {
      // A shim whose Python is not installed, say. The next one on PATH may do.
    }
  }
  return found;
}
