import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { missingPython, pythonFault, throwIfMissing } from './needs.ts';
import { findPythons, type Python } from './python.ts';

/** A command and its first arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** The machine's Python and a pip, looked up when first asked for. */
export interface PythonTools {
  /** All Pythons on PATH that start. */
  found(): Promise<readonly Python[]>;
  /** The first of them that is good for the set-up. */
  python(): Promise<Python>;
  /** A pip that runs: that of the project's environment, else the machine's. */
  pip(): Promise<Command>;
}

/** @param toolsFolder the project's `.tools`; its environment is in `python/` */
export function createPythonTools(toolsFolder: string, environment: NodeJS.ProcessEnv): PythonTools {
  let search: Promise<readonly Python[]> | undefined;
  const found = () => {
    search ??= findPythons(environment.PATH ?? '', toolsFolder);
    return search;
  };
  const python = async () => {
    const pythons = await found();
    throwIfMissing([missingPython(pythons)]);
    return pythons.find((candidate) => pythonFault(candidate) === undefined)!;
  };
  const pip = async (): Promise<Command> => {
    const folder = join(toolsFolder, 'python/bin');
    const program = existsSync(join(folder, 'pip')) ? join(folder, 'python') : (await python()).path;
    return [program, '-m', 'pip'];
  };
  return { found, python, pip };
}
