import { UserError } from '../user-error.ts';

/** How pandas, which hubs use too, writes a parquet file that is not read here as JSONL. */
const CONVERT =
  "write it again: python -c \"import pandas; pandas.read_parquet('FILE.parquet').to_json('FILE.jsonl', orient='records', lines=True)\"";

export function damaged(name: string, what: string): UserError {
  return new UserError(`${name} cannot be read as parquet: ${what}`, CONVERT);
}

/** What hyparquet throws is about the file; an error of the source, which a user can understand already, passes. */
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
