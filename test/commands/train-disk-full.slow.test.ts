import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointsIn, differences, halfWritten, readOutcome } from '../../scripts/endurance/traces.ts';
import { type Ending, startTraining, train } from '../../scripts/endurance/training.ts';
import { makePlace, makeWorkplace } from '../../scripts/endurance/workplace.ts';
import { readCheckpoint } from '../../src/train/checkpoint/checkpoint-file.ts';
import { useMounts } from '../support/mounts.ts';
import { useTempFolders } from '../support/temp-folder.ts';
import { untilStep } from '../support/train-process.ts';

const tempFolder = useTempFolders();
const mount = useMounts();

/** Room for a handful of checkpoints of this model. */
const DISK = 'size=6m';
/** More than that: what has room of it is written. */
const TOO_MUCH = Buffer.alloc(8 * 2 ** 20);
/** Of the 24; a checkpoint is made after every third. */
const FULL_AFTER = 4;

/** Takes all the room that there is, as another program would. @returns the file that does */
async function fillDisk(folder: string): Promise<string> {
  const path = join(folder, 'of-another-program');
  await expect(writeFile(path, TOO_MUCH)).rejects.toThrow('ENOSPC');
  return path;
}

const errorsOf = ({ lines }: Ending) => lines.filter((line) => line.startsWith('error:'));

describe('aerial train on a disk that becomes full', () => {
  it.for([
    ['that of the checkpoints', 'runs/train/checkpoints'],
    ['that of all results', 'runs/train'],
  ])(
    '%s: says so in one line, keeps what it has, and goes on when there is room',
    async ([, disk], { skip }) => {
      const workplace = await makeWorkplace(await tempFolder(), ['train.checkpoint.keep=1']);
      const reference = await makePlace(workplace, 'reference');
      const expected = await readOutcome(reference, (await train(reference)).summary!);

      const place = await makePlace(workplace, 'place');
      await mount(join(place, disk!), DISK, skip);
      const training = startTraining(place);
      await untilStep(place, training, FULL_AFTER);
      const filler = await fillDisk(join(place, disk!));
      const before = await Promise.all((await checkpointsIn(place)).map(({ path }) => readFile(path)));
      const ending = await training.ending;
      expect(ending.exitCode).toBe(1);
      expect(errorsOf(ending)).toEqual([
        expect.stringMatching(
          /^error: Cannot write runs\/train\/.*: the disk is full: free some space and run/,
        ),
      ]);

      const checkpoints = await checkpointsIn(place);
      const after = await Promise.all(checkpoints.map(({ path }) => readFile(path)));
      expect(before.length).toBeGreaterThan(0);
      expect(after.map((bytes) => before.some((old) => old.equals(bytes)))).toContain(true);
      for (const { path, step } of checkpoints) {
        expect((await readCheckpoint(path)).state.steps, relative(place, path)).toBe(step);
      }
      expect(await halfWritten(place)).toEqual([]);

      await rm(filler);
      const second = await train(place);
      expect(second).toMatchObject({
        exitCode: 0,
        summary: { finished: true, resumed_from: checkpoints.at(-1)!.step },
      });
      expect(differences(await readOutcome(place, second.summary!), expected)).toEqual([]);
    },
  );
});
