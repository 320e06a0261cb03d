import { isProgram, programsOnPath } from './programs.ts';
import type { Python } from './python.ts';
import { SetupError } from './setup-error.ts';

/** What a step needs from the machine. */
export type Need = 'compiler' | 'python';

/** Something missing, and the Debian packages that bring it. */
export interface Missing {
  what: string;
  packages: readonly string[];
}

/** The C++ compiler: what `CXX` says, else g++. */
export function compilerName(environment: NodeJS.ProcessEnv): string {
  return environment.CXX || 'g++';
}

export function missingCompiler(environment: NodeJS.ProcessEnv): Missing | undefined {
  const name = compilerName(environment);
  const found = name.includes('/')
    ? isProgram(name)
    : programsOnPath(name, environment.PATH ?? '').length > 0;
  return found ? undefined : { what: `a C++ compiler (${name})`, packages: ['g++'] };
}

/** @param found the Pythons on PATH, in its order; the first that is good for the set-up decides */
export function missingPython(found: readonly Python[]): Missing | undefined {
  if (found.some((python) => pythonFault(python) === undefined)) return undefined;
  const first = found[0];
  if (!first) return { what: 'Python >= 3.10 (python3)', packages: ['python3', 'python3-venv'] };
  return pythonFault(first);
}

/** @returns why this Python cannot make the environment for DVC and wandb, or undefined */
export function pythonFault(python: Python): Missing | undefined {
  const { major, minor, path } = python;
  if (major < 3 || (major === 3 && minor < 10)) {
    return {
      what: `Python >= 3.10 (${path} is ${major}.${minor})`,
      packages: ['python3', 'python3-venv'],
    };
  }
  if (python.venv && (python.ensurepip || pipFillsOtherEnvironments(python.pip))) return undefined;
  if (python.pip === null) return { what: `pip for ${path}`, packages: ['python3-pip', 'python3-venv'] };
  return { what: `the venv module of ${path}`, packages: ['python3-venv'] };
}

/** pip's option `--python`, by which one pip installs into a venv that has none, came with 22.3. */
function pipFillsOtherEnvironments(version: string | null): boolean {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 3);
}

/** @throws SetupError naming in one line all that is missing and how to install it */
export function throwIfMissing(items: readonly (Missing | undefined)[]): void {
  const missing = items.filter((item) => item !== undefined);
  if (missing.length === 0) return;
  const whats = missing.map(({ what }) => what).join(' and ');
  const packages = [...new Set(missing.flatMap((item) => item.packages))].join(' ');
  throw new SetupError(`missing: ${whats}; on Debian or Ubuntu: apt-get install -y ${packages}`);
}
