import { UserError } from '../user-error.ts';

/** Conversion to JSONL with pandas, which hubs use, too. */
const CONVERT =
  "write it again: python -c \"import pandas; pandas.read_parquet('FILE.parquet').to_json('FILE.jsonl', orient='records', lines=True)\"";

export function damaged(name: string, what: string): UserError {
  return new UserError(`${name} cannot be read as parquet: ${what}`, CONVERT);
}

/** Errors of hyparquet are about the file; errors of the source are clear already and pass. */
export function explained(error: unknown, name: string): unknown {
  const isOfSource = error instanceof UserError || (error as NodeJS.ErrnoException).syscall !== undefined;
  if (isOfSource || !(error instanceof Error)) return error;
  return damaged(name, error.message.replace(/\p{Cc}+/gu, ' '));
}

export function reading<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explained(error, name);
  }
}
