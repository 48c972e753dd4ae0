import { parseJson } from '../json/parse-json.ts';

/**
 * A value of a parquet file as in JSON. Integers beyond exact numbers are text, and so are dates, times of day and
 * timestamps (ISO 8601, in UTC if they are moments). Numbers can be NaN or infinite, as in the file.
 */
export type ParquetValue =
  | null
  | boolean
  | number
  | string
  | readonly ParquetValue[]
  | { readonly [field: string]: ParquetValue };

const strict = new TextDecoder('utf-8', { fatal: true });

/** The text; for other bytes, such as an image, their number, which no reader mistakes for text. */
function textOrSize(bytes: Uint8Array): string | { bytes: number } {
  try {
    return strict.decode(bytes);
  } catch {
    return { bytes: bytes.byteLength };
  }
}

/** JSON stays text if it cannot be parsed. */
function parsed(bytes: Uint8Array): unknown {
  const text = textOrSize(bytes);
  if (typeof text !== 'string') return text;
  try {
    return parseJson(text, { name: 'a value', hint: 'shorten it' });
  } catch {
    return text;
  }
}

const MILLISECONDS_PER_DAY = 86_400_000;

/** `2026-01-02T03:04:05.678901Z`, without trailing zeros. Out of the range of dates, the number itself. */
function timestamp(count: bigint, perSecond: bigint): string {
  const fraction = ((count % perSecond) + perSecond) % perSecond;
  const date = new Date(Number((count - fraction) / perSecond) * 1000);
  if (Number.isNaN(date.getTime())) return String(count);
  const width = String(perSecond).length - 1;
  const digits = String(fraction).padStart(width, '0').replace(/0+$/, '');
  return `${date.toISOString().slice(0, -'.000Z'.length)}${digits === '' ? '' : `.${digits}`}Z`;
}

function day(days: number): string {
  const date = new Date(days * MILLISECONDS_PER_DAY);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().slice(0, -'T00:00:00.000Z'.length);
}

/** Parsers of hyparquet for bytes and counts. Only those for bytes are called with missing values. */
export const PARSERS = {
  timestampFromMilliseconds: (count: bigint) => timestamp(count, 1000n),
  timestampFromMicroseconds: (count: bigint) => timestamp(count, 1_000_000n),
  timestampFromNanoseconds: (count: bigint) => timestamp(count, 1_000_000_000n),
  dateFromDays: day,
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && textOrSize(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && parsed(bytes),
};

/** @param value as hyparquet returns it */
export function plainValue(value: unknown): ParquetValue {
  if (value === undefined || value === null) return null;
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'string':
      return value;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  if (value instanceof Uint8Array) return { bytes: value.byteLength };
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plainValue);
  const entries = Object.entries(value).map(([name, inner]) => [name, plainValue(inner)] as const);
  return Object.fromEntries(entries);
}
