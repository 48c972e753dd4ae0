import { createHash } from 'node:crypto';
import { UserError } from '@shadow-gate/platform';
import { FIXED_SIZE, type NumberType } from './value-types.ts';

/** A value of a header. Arrays stay in its bytes until they are requested: vocabularies have 260,000 texts. */
export type GgufValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly of: NumberType | 'bool'; readonly length: number; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly of: 'string'; readonly length: number; readonly texts: GgufTexts };

/** All texts of an array, and where each begins (after its length) and ends. */
interface GgufTexts {
  readonly bytes: Buffer;
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
}

/** The keys and values of a GGUF file. Getters return null for a missing key. */
export class GgufMetadata {
  readonly file: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  constructor(file: string, values: ReadonlyMap<string, GgufValue>) {
    this.file = file;
    this.#values = values;
  }

  keys(): string[] {
    return [...this.#values.keys()];
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  get(key: string): GgufValue | null {
    return this.#values.get(key) ?? null;
  }

  /** @throws UserError for a value of another type, here and below */
  number(key: string): number | null {
    return this.#read(key, 'a number', (value) =>
      'value' in value && typeof value.value === 'number' ? value.value : null,
    );
  }

  boolean(key: string): boolean | null {
    return this.#read(key, 'true or false', (value) => (value.type === 'bool' ? value.value : null));
  }

  /** @throws UserError also for invalid UTF-8 */
  string(key: string): string | null {
    const bytes = this.#read(key, 'a text', (value) => (value.type === 'string' ? value.bytes : null));
    return bytes && this.#decode(bytes, key);
  }

  /** @throws UserError also for invalid UTF-8 */
  strings(key: string): string[] | null {
    return this.bytesOfStrings(key)?.map((bytes, i) => this.#decode(bytes, `${key}[${i}]`)) ?? null;
  }

  bytesOfStrings(key: string): Buffer[] | null {
    return this.#read(key, 'a list of texts', (value) => {
      if (value.type !== 'array' || value.of !== 'string') return null;
      const { bytes, begins, ends } = value.texts;
      return Array.from(begins, (begin, i) => bytes.subarray(begin, ends[i]));
    });
  }

  numbers(key: string): number[] | null {
    return this.#read(key, 'a list of numbers', (value) => {
      if (value.type !== 'array' || value.of === 'string' || value.of === 'bool') return null;
      const { bytes, of, length } = value;
      return Array.from({ length }, (_, i) => FIXED_SIZE[of].read(bytes, i * FIXED_SIZE[of].size));
    });
  }

  booleans(key: string): boolean[] | null {
    return this.#read(key, 'a list of true and false', (value) =>
      value.type === 'array' && value.of === 'bool' ? Array.from(value.bytes, (byte) => byte !== 0) : null,
    );
  }

  #decode(bytes: Buffer, what: string): string {
    const text = bytes.toString('utf8');
    // Invalid UTF-8 decodes to this character, which may also be there itself.
    if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
    throw new UserError(`${this.file}: ${JSON.stringify(what)} is not valid UTF-8`, 'convert the model again');
  }

  /** @param read returns null for a value of another type */
  #read<T>(key: string, wanted: string, read: (value: GgufValue) => T | null): T | null {
    const value = this.get(key);
    const found = value && read(value);
    if (value === null || found !== null) return found;
    throw new UserError(
      `${this.file}: ${JSON.stringify(key)} is not ${wanted}: its type is ${value.type === 'array' ? `an array of ${value.of}` : value.type}`,
      'convert the model again',
    );
  }
}

/** SHA-256, hexadecimal, of some keys with their types and the bytes of their values, in any order. */
export function digestKeys(metadata: GgufMetadata, keys: readonly string[]): string {
  const hash = createHash('sha256');
  for (const key of [...keys].sort()) {
    const value = metadata.get(key);
    hash.update(JSON.stringify([key, value?.type, value?.type === 'array' ? [value.of, value.length] : null]));
    if (value === null) continue;
    if ('value' in value) hash.update(String(value.value));
    else if ('texts' in value) {
      for (const bytes of metadata.bytesOfStrings(key) ?? []) hash.update(`${bytes.length}:`).update(bytes);
    } else hash.update(value.bytes);
  }
  return hash.digest('hex');
}
