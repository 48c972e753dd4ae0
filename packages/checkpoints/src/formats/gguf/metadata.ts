import { UserError } from '@shadow-gate/platform';
import { type NumberType, readGgufNumber, VALUE_BYTES } from './value-types.ts';

/** A value of a header. Those of arrays stay in its bytes until they are asked for: vocabularies have 260,000 texts. */
export type GgufValue =
  | { readonly type: NumberType; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly of: NumberType | 'bool'; readonly length: number; readonly bytes: Buffer }
  | { readonly type: 'array'; readonly of: 'string'; readonly length: number; readonly texts: GgufTexts };

/** Texts of an array: the bytes of all, and where each one begins (after its length) and ends. */
interface GgufTexts {
  readonly bytes: Buffer;
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
}

/** The keys and values of a GGUF file. */
export class GgufMetadata {
  readonly #file: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  /** @param file its path, for errors */
  constructor(file: string, values: ReadonlyMap<string, GgufValue>) {
    this.#file = file;
    this.#values = values;
  }

  /** The path of the file, for errors. */
  get file(): string {
    return this.#file;
  }

  /** In the order of the file. */
  keys(): string[] {
    return [...this.#values.keys()];
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** How a value is stored, and what of it: null if there is no such key. */
  get(key: string): GgufValue | null {
    return this.#values.get(key) ?? null;
  }

  /** @returns null if there is no such key. @throws UserError for a value of another type, here and below */
  number(key: string): number | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (typeof value === 'object' && 'value' in value && typeof value.value === 'number') return value.value;
    throw this.#wrong(key, value, 'a number');
  }

  boolean(key: string): boolean | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (value.type === 'bool') return value.value;
    throw this.#wrong(key, value, 'true or false');
  }

  /** @throws UserError also for bytes that are no UTF-8 */
  string(key: string): string | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (value.type !== 'string') throw this.#wrong(key, value, 'a text');
    return this.#decode(value.bytes, key);
  }

  /** All texts of an array. @throws UserError also for bytes that are no UTF-8 */
  strings(key: string): string[] | null {
    return this.bytesOfStrings(key)?.map((bytes, i) => this.#decode(bytes, `${key}[${i}]`)) ?? null;
  }

  /** The same as they are stored. */
  bytesOfStrings(key: string): Buffer[] | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (value.type !== 'array' || value.of !== 'string') throw this.#wrong(key, value, 'a list of texts');
    const { bytes, begins, ends } = value.texts;
    return Array.from(begins, (begin, i) => bytes.subarray(begin, ends[i]));
  }

  /** All numbers of an array. */
  numbers(key: string): number[] | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (value.type !== 'array' || value.of === 'string' || value.of === 'bool') {
      throw this.#wrong(key, value, 'a list of numbers');
    }
    const { bytes, of, length } = value;
    return Array.from({ length }, (_, i) => readGgufNumber(bytes, of, i * VALUE_BYTES[of]));
  }

  /** All values of an array of truth values. */
  booleans(key: string): boolean[] | null {
    const value = this.#values.get(key);
    if (value === undefined) return null;
    if (value.type !== 'array' || value.of !== 'bool') throw this.#wrong(key, value, 'a list of true and false');
    return Array.from(value.bytes, (byte) => byte !== 0);
  }

  #decode(bytes: Buffer, what: string): string {
    const text = bytes.toString('utf8');
    // What is no UTF-8 comes out as this character, which may also stand there itself.
    if (!text.includes('\ufffd') || Buffer.from(text).equals(bytes)) return text;
    throw new UserError(`${this.#file}: ${JSON.stringify(what)} is not valid UTF-8`, 'convert the model again');
  }

  #wrong(key: string, value: GgufValue, wanted: string): UserError {
    const found = value.type === 'array' ? `an array of ${value.of}` : value.type;
    return new UserError(
      `${this.#file}: ${JSON.stringify(key)} is not ${wanted}: its type is ${found}`,
      'convert the model again',
    );
  }
}
