import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addonStep } from '../../../scripts/setup/addon.ts';
import { openProject } from '../../../scripts/setup/project.ts';
import { SetupError } from '../../../scripts/setup/setup-error.ts';
import { isDone, makeStep, type Step } from '../../../scripts/setup/step.ts';
import { filesIn, useTempFolders } from '../../support/temp-folder.ts';

const silent = { line: () => {}, watch: () => () => {} };
const tempFolder = useTempFolders();

const root = join(import.meta.dirname, '../../..');
const PACKAGE = 'node_modules/@tensorflow/tfjs-node-gpu';
const ADDON = `${PACKAGE}/lib/napi-v8/tfjs_binding.node`;
const OWN_SOURCE = 'native/session_options.cc';

/** Stands for g++: notes its words, makes empty objects, and links by copying the addon of this project. */
const COMPILER = `#!/bin/sh
cd -P . && echo "$*" >>compiler-calls
for output; do :; done
case "$*" in
  *" -c "*"$FAILING"*) echo "$FAILING:1:1: error: no such thing" >&2; exit 1 ;;
  *" -c "*) : >"$output" ;;
  *) cp '${join(root, ADDON)}' "$output" ;;
esac
`;

/** A project with what the addon's step reads; `failing`: the source that does not compile. */
async function newProject(failing = 'nothing fails') {
  const folder = await tempFolder();
  await mkdir(join(folder, PACKAGE), { recursive: true });
  for (const name of ['native', 'package-lock.json']) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  const compiler = join(folder, 'compiler');
  await writeFile(compiler, COMPILER.replaceAll('$FAILING', failing));
  await chmod(compiler, 0o755);
  // The library itself: the new addon is loaded.
  const runtime = dirname(await realpath(join(root, PACKAGE, 'deps/lib')));
  const step = () => addonStep(openProject(folder, { CXX: compiler }), runtime, {} as Step);
  return { folder, step };
}

describe('addonStep', () => {
  it('compiles each source with the names that are changed in it alone, and links them all', async () => {
    const { folder, step } = await newProject();
    const made = await step();
    await makeStep(made, silent);
    expect(await isDone(made)).toBe(true);
    const calls = (await readFile(join(folder, 'compiler-calls'), 'utf8')).trim().split('\n');
    const changes = calls
      .slice(0, -1)
      .map((call) => [
        call.match(/ -c .*?(\S+\.cc) -o \S+\.o$/)?.[1],
        [...call.matchAll(/-D(\w+=\w+_(?:module_v1|NewSessionOptions))/g)].map((match) => match[1]),
      ]);
    expect(changes).toHaveLength(3);
    expect(Object.fromEntries(changes)).toEqual({
      [OWN_SOURCE]: [],
      [`${PACKAGE}/binding/tfjs_backend.cc`]: ['TF_NewSessionOptions=aerial_NewSessionOptions'],
      [`${PACKAGE}/binding/tfjs_binding.cc`]: ['napi_register_module_v1=tfjs_register_module_v1'],
    });
    expect(calls.at(-1)).toMatch(
      /tfjs_backend\.cc\.o \S+tfjs_binding\.cc\.o \S+session_options\.cc\.o -shared /,
    );
    expect(existsSync(join(folder, '.tools/tmp/addon'))).toBe(false);
  });

  it.each([OWN_SOURCE, 'tfjs_backend.cc'])('says in one line that %s does not compile', async (failing) => {
    const { folder, step } = await newProject(failing);
    await mkdir(dirname(join(folder, ADDON)), { recursive: true });
    await writeFile(join(folder, ADDON), 'the one before');
    const making = makeStep(await step(), silent);
    await expect(making).rejects.toThrow(SetupError);
    await expect(making).rejects.toThrow(
      /^Compiling \S+\.cc failed: compiler failed with exit code 1: \S+\.cc:1:1: error: no such thing \(.*\)$/,
    );
    expect(await readFile(join(folder, ADDON), 'utf8')).toBe('the one before');
    expect(await filesIn(dirname(join(folder, ADDON)))).toEqual(['tfjs_binding.node']);
  });

  it('is to be made again when a source of ours changes, and not otherwise', async () => {
    const { folder, step } = await newProject();
    const before = (await step()).key;
    expect((await step()).key).toBe(before);
    const source = join(folder, OWN_SOURCE);
    await writeFile(source, `${await readFile(source, 'utf8')}// changed\n`);
    expect((await step()).key).not.toBe(before);
  });
});
