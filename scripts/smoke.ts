/**
 * `make smoke`: the three stages on params.yaml as it stands, then what came out of them: how well the model does on the
 * test split, the comparison images and the report. Fails when a stage fails or leaves less than it should.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const RESULTS = 'runs/inference_results';
const REPORT = 'report.html';
const MIN_IMAGES = 4;
/** Far below what params.yaml reaches as it stands: less means that something does not learn. */
const MIN_MASK_AP50 = 0.3;

async function runStage(stage: string): Promise<void> {
  const start = performance.now();
  console.error(`smoke: aerial ${stage}`);
  const { exitCode } = await execa(process.execPath, ['bin/aerial.js', stage], {
    stdio: 'inherit',
    reject: false,
  });
  if (exitCode !== 0) throw new Error(`aerial ${stage} ended with exit code ${exitCode}`);
  console.error(`smoke: aerial ${stage} took ${secondsSince(start)} s`);
}

async function readResults(): Promise<{ maskAp50: number; images: number }> {
  const metrics = JSON.parse(await readFile(join(RESULTS, 'metrics.json'), 'utf8'));
  const maskAp50: unknown = metrics.mask?.ap50;
  if (typeof maskAp50 !== 'number') {
    throw new Error(`${RESULTS}/metrics.json must hold mask.ap50 as a number, got ${maskAp50}`);
  }
  const names = await readdir(RESULTS, { recursive: true });
  if (!names.includes(REPORT)) throw new Error(`${RESULTS} must hold ${REPORT}`);
  const images = names.filter((name) => name.endsWith('.png')).length;
  if (images < MIN_IMAGES)
    throw new Error(`${RESULTS} must hold ${MIN_IMAGES} PNG files or more, got ${images}`);
  if (maskAp50 < MIN_MASK_AP50) {
    throw new Error(`test mask mAP50 must reach ${MIN_MASK_AP50}, got ${maskAp50.toFixed(3)}`);
  }
  return { maskAp50, images };
}

function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(0);
}

try {
  const start = performance.now();
  for (const stage of ['data-prep', 'train', 'inference']) await runStage(stage);
  const { maskAp50, images } = await readResults();
  console.log(
    `smoke: test mask mAP50 ${maskAp50.toFixed(3)}, ${images} comparison PNGs and ${REPORT} in ${RESULTS}`,
  );
  console.error(`smoke: the three stages took ${secondsSince(start)} s`);
} catch (error) {
  console.error(`smoke: failed: ${(error as Error).message}`);
  process.exitCode = 1;
}
