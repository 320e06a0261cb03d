import { join } from 'node:path';
import { createPythonTools, type PythonTools } from './python-tools.ts';

/** What every step is given. */
export interface Project {
  /** Absolute path of the checkout. */
  root: string;
  environment: NodeJS.ProcessEnv;
  tools: PythonTools;
}

export function openProject(root: string, environment: NodeJS.ProcessEnv): Project {
  return { root, environment, tools: createPythonTools(join(root, '.tools'), environment) };
}

/** File to which everything that the commands of one step say is added. */
export function logFile(project: Project, name: string): string {
  return join(project.root, '.tools/logs', `${name}.log`);
}
