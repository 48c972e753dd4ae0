/** A failure that can be temporary. */
export class TransientError extends Error {
  /** How long the server asks to wait; null if it does not say. */
  readonly waitMilliseconds: number | null;

  constructor(message: string, waitMilliseconds: number | null = null) {
    super(message);
    this.waitMilliseconds = waitMilliseconds;
  }
}

/** The error for a wrong response that can be right at the next attempt. */
export function transientError(message: string): TransientError {
  return new TransientError(message);
}
