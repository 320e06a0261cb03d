#!/usr/bin/env node
/** `aerial`: from a checkout the TypeScript sources run as they are, in the production image the compiled ones. */
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `aerial needs Node >= 22.18, found ${process.versions.node}: run make setup, then eval "$(make -s env)", or install a newer Node\n`,
  );
  process.exitCode = 1;
} else if (!hasWorkingFolder()) {
  process.stderr.write('error: the working folder is gone: change into one that is there\n');
  process.exitCode = 1;
} else if (existsSync(new URL('../src/cli.ts', import.meta.url))) {
  await import('../src/cli.ts');
} else {
  await import('../dist/cli.js');
}

function hasWorkingFolder() {
  try {
    return process.cwd() !== '';
  } catch {
    return false;
  }
}
