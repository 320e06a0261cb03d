/**
 * The params beside a run's results: what exactly the run was made with.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { UserError } from '../system/errors.ts';
import { writeFileAtomic } from '../system/files.ts';
import { type Params, paramsSchema } from './schema.ts';

/** Writes all params, overrides included, as YAML. */
export async function saveParams(path: string, params: Params): Promise<void> {
  await writeFileAtomic(path, `# The params of this run, overrides included.\n${stringify(params)}`);
}

/** sha256 of the params, whatever the file's layout. */
export function hashParams(params: Params): string {
  return createHash('sha256').update(JSON.stringify(params)).digest('hex');
}

/** @throws UserError where the file is missing or does not hold params that this version knows */
export async function readSavedParams(path: string): Promise<Params> {
  try {
    return paramsSchema.parse(parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new UserError(
      `${path} is missing, changed by hand or of another version: run \`aerial train\` again`,
      {
        cause: error,
      },
    );
  }
}
