/**
 * Where in the user's own code something happens: the innermost call outside of this room, of packages and of Node.
 */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.dirname;
const PACKAGES = '/node_modules/';
/** Deep enough to reach the user's call through tfjs' engine, gradients and kernels. */
const STACK_DEPTH = 200;

/** A call in the user's code. */
export interface UserCall {
  /** `src/model/fpn.ts:42:10`, relative to the working directory; `an unknown line` where no frame is the user's. */
  line: string;
  /** The function that this line calls, as far as the stack tells: `arraySync`. */
  callee: string;
}

/** The user's call that is running. */
export function userCall(): UserCall {
  let callee = '';
  for (const { name, file, position } of stackFrames(STACK_DEPTH)) {
    if (isUsers(file)) return { line: `${relative(process.cwd(), file)}:${position}`, callee };
    callee = name || callee;
  }
  return { line: 'an unknown line', callee };
}

/** The names of the functions of packages that are running, innermost first. @param depth how far to look, in calls */
export function callingPackages(depth: number): string[] {
  return stackFrames(depth)
    .filter(({ file }) => file.includes(PACKAGES))
    .map(({ name }) => name);
}

interface Frame {
  /** Without what tfjs adds: `Module.randomNormal__op` → `randomNormal`. */
  name: string;
  file: string;
  position: string;
}

function isUsers(file: string): boolean {
  return file.startsWith('/') && !file.startsWith(`${HERE}/`) && !file.includes(PACKAGES);
}

function stackFrames(depth: number): Frame[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = depth;
  const { stack = '' } = new Error('where');
  Error.stackTraceLimit = limit;
  return stack.split('\n').slice(1).map(parseFrame);
}

/** `    at Module.randomNormal__op (file:///a/b.js:12:3)` or `    at file:///a/b.js:12:3` */
function parseFrame(line: string): Frame {
  const [, call = '', place = ''] = /^\s*at (?:(.*) \()?(.*?)\)?$/.exec(line) ?? [];
  const [, path = '', position = ''] = /^(.*?):(\d+:\d+)$/.exec(place) ?? [];
  const name = call.replace(/ \[as .*\]$/, '').replace(/^(async |new )/, '');
  return {
    name: name.slice(name.lastIndexOf('.') + 1).replace(/_?_op$|_$/, ''),
    file: path.startsWith('file://') ? fileURLToPath(path) : path,
    position,
  };
}
