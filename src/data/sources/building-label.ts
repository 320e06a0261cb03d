import { UserError } from '../../system/errors.ts';
import { printable } from '../../system/printable.ts';

/** Whether a category, label or class means buildings: "building" or "buildings", in any case, with spaces around. */
export function isBuildingLabel(name: string): boolean {
  return /^buildings?$/i.test(name.trim());
}

/** Names that a message lists. */
const MOST_SHOWN = 10;

/**
 * @param label what to call the file or folder in the message
 * @param names those that it has instead
 */
export function noBuildingLabel(label: string, names: Iterable<string>): UserError {
  const distinct = [...new Set(names)];
  const shown = distinct.slice(0, MOST_SHOWN).map((name) => `"${printable(name)}"`);
  const more = distinct.length > MOST_SHOWN ? ` and ${distinct.length - MOST_SHOWN} more` : '';
  return new UserError(
    `${label} has no category "building", only ${shown.join(', ') || 'none'}${more}: rename the category that means buildings`,
  );
}
