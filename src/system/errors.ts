/**
 * An error that the user can mend. It is printed as one line, without a stack.
 * The message says what failed, the value, what was expected and how to mend it.
 */
export class UserError extends Error {
  /** 1 = the work failed, 2 = wrong usage or wrong params. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'UserError';
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Wrong flags, wrong arguments or wrong params: exit code 2. */
export class UsageError extends UserError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: 2 });
    this.name = 'UsageError';
  }
}
