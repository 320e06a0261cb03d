import { UserError } from '../../system/errors.ts';
import { type Fault, type Id, shown } from './entry-fields.ts';

/** Images or categories in the order of their ids. */
export interface Places<T extends { id: Id }> {
  list: readonly T[];
  /**
   * @param id as another entry refers to it
   * @throws (what `fault` makes) where there is none of that id
   */
  indexOf(id: unknown, fault: Fault): number;
}

/** Where they stand, for messages. */
interface PlacesName<T> {
  path: string;
  /** The key of their list. */
  list: string;
  /** The field by which other entries refer to them. */
  field: string;
  /** What one is called. */
  show: (entry: T) => string;
}

/** Of those that an entry could have meant. */
const MOST_SHOWN = 3;

/**
 * @param entries in the order of the file
 * @throws UserError where an id is there twice, or some are numbers and others texts
 */
export function createPlaces<T extends { id: Id }>(
  entries: readonly T[],
  { path, list, field, show }: PlacesName<T>,
): Places<T> {
  assertDistinct(entries, `${path}: ${list}`);
  const sorted = entries.toSorted((a, b) => compareIds(a.id, b.id));
  const indices = new Map<unknown, number>(sorted.map(({ id }, i) => [id, i]));
  return {
    list: sorted,
    indexOf: (id, fault) => {
      const index = indices.get(id);
      if (index !== undefined) return index;
      const some = sorted.slice(0, MOST_SHOWN).map(show);
      const known = `${some.join(', ')}${sorted.length > MOST_SHOWN ? ', ...' : ''}`;
      const what = `${field} must be the id of one of the ${list} of ${path} (${known}), got ${shown(id)}`;
      throw fault(`${what}: mend it, or leave the entry out`);
    },
  };
}

function assertDistinct(entries: readonly { id: Id }[], name: string): void {
  const seen = new Map<Id, number>();
  const kind = typeof entries[0]?.id;
  for (const [index, { id }] of entries.entries()) {
    const first = seen.get(id);
    const place = `${name}[${index}] (id ${shown(id)})`;
    if (first !== undefined) {
      throw new UserError(`${place}: id must be unique, but [${first}] has it too: leave one of them out`);
    }
    if (typeof id !== kind) {
      throw new UserError(
        `${place}: id must be a ${kind} like that of [0], got a ${typeof id}: write all alike`,
      );
    }
    seen.set(id, index);
  }
}

function compareIds(a: Id, b: Id): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
