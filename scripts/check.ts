/**
 * The one gate: `npm run check`. Runs every part, the fast ones first, also after one has failed, prints the output of
 * what failed, and ends with a line for each. `npm run check -- lint types` runs only the parts named.
 */
import { execa } from 'execa';

const PARTS = ['format', 'lint', 'boundaries', 'unused', 'types', 'test'];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) {
  console.error(`check: unknown part ${unknown.join(', ')}; expected ${PARTS.join(', ')}`);
  process.exit(2);
}

const failed: string[] = [];
for (const part of PARTS.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  const started = performance.now();
  const { exitCode, all } = await execa('npm', ['run', '--silent', part], { reject: false, all: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (exitCode === 0) {
    console.log(`ok      ${part} (${seconds} s)`);
  } else {
    console.log(`${all}\nFAILED  ${part} (${seconds} s): npm run ${part}`);
    failed.push(part);
  }
}
console.log(failed.length === 0 ? 'check: all is well' : `check: ${failed.join(', ')} failed`);
process.exitCode = failed.length === 0 ? 0 : 1;
