import { UserError } from '@shadow-gate/platform';
import { isDict, type PythonDict, PythonFloat, type PythonValue } from '@shadow-gate/python';

/** Keys and values of a task, or of a mapping in one. A null counts as missing. */
export class Entries {
  readonly #values: ReadonlyMap<string, PythonValue>;
  /** `FILE`, or `FILE: metric_list`. */
  readonly #place: string;

  constructor(values: ReadonlyMap<string, PythonValue>, place: string) {
    this.#values = values;
    this.#place = place;
  }

  /** @throws UserError for a key that is not text */
  static of(dict: PythonDict, place: string): Entries {
    for (const key of dict.keys()) {
      if (typeof key !== 'string') throw new UserError(`${place}: a key is not text`, 'correct it');
    }
    return new Entries(dict as ReadonlyMap<string, PythonValue>, place);
  }

  get(key: string): PythonValue {
    return this.#values.get(key) ?? null;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  error(key: string, problem: string, hint: string): UserError {
    return new UserError(`${this.#place}: ${key} ${problem}`, hint);
  }

  /** @throws UserError that names the first key which is not among them */
  allow(keys: readonly string[]): void {
    const other = [...this.#values.keys()].find((key) => !keys.includes(key));
    if (other !== undefined) throw this.error(other, 'is not read', 'leave it out if it changes nothing');
  }

  /** A mapping within; empty if it is missing. */
  inner(key: string, keys: readonly string[]): Entries {
    const value = this.get(key);
    if (value !== null && !isDict(value)) throw this.error(key, 'is no mapping', 'correct it');
    const inner = Entries.of(value ?? new Map(), `${this.#place}: ${key}`);
    inner.allow(keys);
    return inner;
  }

  textOrNull(key: string): string | null {
    const value = this.get(key);
    if (value === null || typeof value === 'string') return value;
    throw this.error(key, 'is not text', 'put it in quotes');
  }

  text(key: string, fallback: string): string {
    return this.textOrNull(key) ?? fallback;
  }

  flag(key: string): boolean {
    const value = this.get(key) ?? false;
    if (typeof value !== 'boolean') throw this.error(key, 'is neither true nor false', 'correct it');
    return value;
  }

  /** A whole number from 0. */
  count(key: string, fallback: number): number {
    const value = this.get(key) ?? fallback;
    if (typeof value !== 'number' || value < 0) throw this.error(key, 'is no whole number from 0', 'correct it');
    return value;
  }

  number(key: string, fallback: number): number {
    const value = this.get(key) ?? fallback;
    if (value instanceof PythonFloat) return value.value;
    // Python reads 1e-3 as text, and the harness makes a number of it.
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || Number.isNaN(number)) throw this.error(key, 'is no number', 'correct it');
    return number;
  }

  texts(key: string): string[] {
    const value = this.get(key) ?? [];
    const list = typeof value === 'string' ? [value] : value;
    if (!Array.isArray(list) || !list.every((item) => typeof item === 'string')) {
      throw this.error(key, 'is no list of texts', 'put its items in quotes');
    }
    return list;
  }

  oneOf<T extends string>(key: string, values: readonly T[], fallback: T): T {
    const text = this.text(key, fallback);
    const value = values.find((known) => known === text);
    if (value === undefined) throw this.error(key, `is ${text}, which is not read`, `use one of ${values.join(', ')}`);
    return value;
  }

  /** Mappings of a list; null if it is missing. */
  list(key: string): Entries[] | null {
    const value = this.get(key);
    if (value === null) return null;
    if (!Array.isArray(value)) throw this.error(key, 'is no list', 'correct it');
    return value.map((item: PythonValue, i) => {
      if (!isDict(item)) throw this.error(`${key}.${i}`, 'is no mapping', 'correct it');
      return Entries.of(item, `${this.#place}: ${key}.${i}`);
    });
  }
}
