/** One record of a probe file, before anything is known of its keys but that they are there. */
export interface ProbeRecord {
  /** Where it begins, counted from 1. */
  readonly line: number;
  /** `FILE:12`, for errors. */
  readonly where: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const LONGEST_QUOTE = 60;

/** A value as an error prints it: on one line, and cut where it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}
