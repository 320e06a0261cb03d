import { UserError } from '../../src/system/errors.ts';

/**
 * A peer that computes something else is no measure.
 * @param tolerance largest difference allowed between two numbers; null agrees with null alone
 * @throws UserError naming the first value of `peer`, at any depth, that `ours` lacks or has otherwise
 */
export function assertAgree(ours: unknown, peer: unknown, tolerance: number, path = ''): void {
  if (peer !== null && typeof peer === 'object') {
    for (const [key, value] of Object.entries(peer)) {
      assertAgree((ours as Record<string, unknown> | null)?.[key], value, tolerance, `${path}.${key}`);
    }
    return;
  }
  const agrees =
    typeof ours === 'number' && typeof peer === 'number' ? Math.abs(ours - peer) <= tolerance : ours === peer;
  if (agrees) return;
  throw new UserError(
    `The sides disagree: ${path.slice(1)} is ${ours} in ours, ${peer} in the peer; expected a difference of at most ${tolerance}`,
  );
}
