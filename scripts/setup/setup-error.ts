/** What the user can mend: printed as one line, without a stack. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}
