/** Reasons why a model cannot answer that a comparison distinguishes. */
export const ERROR_CODES = [
  /** The tokenizer or the chat template is missing, cannot be read, or is not the model's. */
  'no-tokenizer',
  /** The family, a key of config.json or the layout of the weights is not understood, or they do not match. */
  'unsupported-model',
  /** Too long for the context of the model. */
  'does-not-fit',
  /** NaN or Inf instead of probabilities. */
  'not-finite',
  'not-enough-memory',
  'no-device',
  /** A server does not answer, or not with what is needed. */
  'server',
  /** A server contradicts itself, or changed its model. */
  'untrusted-server',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An error that the user can fix: bad input or wrong usage. The entry points print it in one line; every other error is
 * a bug and keeps its stack.
 *
 * The message says what is wrong and where (file, tensor, line). The hint, an imperative clause, says what to do; its
 * lines of code, if any, are printed below.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string;
  /** Null if nothing depends on it. */
  readonly code: ErrorCode | null;
  readonly lines: readonly string[];

  constructor(
    message: string,
    hint: string,
    { code = null, lines = [] }: { readonly code?: ErrorCode | null; readonly lines?: readonly string[] } = {},
  ) {
    super(`${message} — ${hint}`);
    this.hint = hint;
    this.code = code;
    this.lines = lines;
  }

  get problem(): string {
    return this.message.slice(0, -` — ${this.hint}`.length);
  }
}

/** Give errors of some work a code, unless they have one. */
export async function withErrorCode<T>(code: ErrorCode, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== null) throw error;
    throw new UserError(error.problem, error.hint, { code, lines: error.lines });
  }
}

export interface DescribedError {
  readonly kind: 'error' | 'internal error';
  readonly message: string;
  readonly lines?: readonly string[];
}

/** Messages of onnxruntime, its providers and Node when an allocation fails. */
const ALLOCATION_FAILURE =
  /bad_alloc|failed to allocate memory|could not allocate|out of memory|allocation failed|worker initialization failure/i;

export const isOutOfMemory = (error: Error): boolean =>
  !(error instanceof UserError) && ALLOCATION_FAILURE.test(error.message);

/** An error in one line for an entry point, and the lines of code below it. Errors of the system are not bugs. */
export function describeError(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { kind: 'internal error', message: String(error) };
  const { path, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof UserError) {
    const { message, lines } = error;
    return { kind: 'error', message, ...(lines.length > 0 ? { lines } : {}) };
  }
  if (isOutOfMemory(error)) {
    const hint = 'use a machine with more memory, or a higher limit (ulimit -v)';
    return { kind: 'error', message: `${error.message} — ${hint}` };
  }
  if (syscall === undefined) return { kind: 'internal error', message: error.message };
  const place = path === undefined ? 'the machine' : 'that path, its permissions';
  return { kind: 'error', message: `${error.message} — check ${place} and the disk` };
}
