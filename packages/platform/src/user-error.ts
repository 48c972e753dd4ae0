/** Why a model cannot answer, where a comparison decides by it. */
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
 * The message says what is wrong and where (file, tensor, line), and the hint, an imperative clause, what to do about
 * it; if that takes lines of code, they are printed below the message.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string;
  /** Null where nothing decides by it. */
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

  /** The message without the hint. */
  get problem(): string {
    return this.message.slice(0, -` — ${this.hint}`.length);
  }
}

/** Give the errors of some work a code, unless they have one: for work of which every error means the same. */
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
  /** Absent for most errors. */
  readonly lines?: readonly string[];
}

/** What onnxruntime, its providers and Node write when an allocation fails. */
const ALLOCATION_FAILURE =
  /bad_alloc|failed to allocate memory|could not allocate|out of memory|allocation failed|worker initialization failure/i;

/** Did some work fail since there was no memory for it? */
export const isOutOfMemory = (error: Error): boolean =>
  !(error instanceof UserError) && ALLOCATION_FAILURE.test(error.message);

/**
 * An error in one line, for an entry point, and the lines of code that belong below it. What the system refuses (a
 * missing permission, a full disk) is not a bug.
 */
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
