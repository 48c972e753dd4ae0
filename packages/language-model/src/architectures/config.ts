import { similarWord, UserError } from '@shadow-gate/platform';
import { isArithmeticFree } from './config-keys.ts';
import { KeyTypes, RESTORE, shown } from './key-types.ts';
import { ACTIVATIONS, type Activation } from './parts.ts';

type Values = Readonly<Record<string, unknown>>;

interface ConfigSource {
  readonly modelType: string;
  readonly file: string;
  readonly values: Values;
  readonly defaults: Values;
  /** Other names of keys that the family's own code accepts. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly types?: KeyTypes;
}

/** A key of a config that a family does not read. */
interface UnreadKey {
  /** `"key": value`. */
  readonly shown: string;
  /** A missing key of the family with nearly the same name: perhaps that was meant. */
  readonly similar: string | null;
}

/**
 * config.json as a family reads it, with the family's defaults for missing keys. It records the keys that were read, to
 * refuse unknown ones (`refuseUnread`).
 */
export class Config {
  readonly modelType: string;
  readonly #file: string;
  readonly #values: Values;
  readonly #defaults: Values;
  readonly #nameOf: (key: string) => string;
  readonly #types: KeyTypes;
  readonly #read = new Set<string>();

  constructor({ modelType, file, values, defaults, aliases = {}, types = new KeyTypes({}, []) }: ConfigSource) {
    this.modelType = modelType;
    this.#file = file;
    this.#defaults = defaults;
    this.#types = types;
    this.#nameOf = (key) => (Object.hasOwn(aliases, key) ? aliases[key] : undefined) ?? key;
    this.#values = Object.fromEntries(Object.entries(values).map(([key, value]) => [this.#nameOf(key), value]));
    for (const [key, value] of Object.entries(values)) {
      const name = this.#nameOf(key);
      if (!Object.is(this.#values[name], value)) {
        throw this.error(`${key} is ${shown(value)}, and ${name} has another value`);
      }
    }
  }

  /** Has the family read this key, by any name? */
  isRead(key: string): boolean {
    return this.#read.has(this.#nameOf(key));
  }

  /** Is the key there, even as null? */
  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  number(key: string): number {
    const value = this.has(key) ? this.optionalNumber(key) : this.#orDefault(key);
    if (typeof value !== 'number') throw this.error(`${key} is ${value === null ? 'null' : 'missing'}`);
    return value;
  }

  /** A positive integer. */
  size(key: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(key);
    if (!Number.isSafeInteger(value) || value <= 0) throw this.error(`${key} is ${value}, not a positive integer`);
    if (value > most) throw this.error(`${key} is ${value}, and can be at most ${most}`);
    return value;
  }

  /** A number for each of `count` layers (a list, or one number for all); null for a missing key without a default. */
  numberOfEach(key: string, count: number): number[] | null {
    const value = this.#orDefault(key) ?? null;
    if (value === null) return null;
    const numbers: unknown[] = Array.isArray(value) ? value : Array<unknown>(count).fill(value);
    if (numbers.length !== count) throw this.error(`${key} has ${numbers.length} entries for ${count} layers`);
    return numbers.map((item) => {
      if (typeof item === 'number' && Number.isFinite(item)) return item;
      throw this.error(`${key} has ${shown(item)}, not a number`);
    });
  }

  /** A positive integer; null for a missing key and for a word that stands for it. */
  sizeOrText(key: string, word: string): number | null {
    const value = this.#get(key) ?? null;
    return value === null || value === word ? null : this.size(key);
  }

  /** A positive number, such as a norm's epsilon. */
  positive(key: string): number {
    const value = this.number(key);
    if (value <= 0) throw this.error(`${key} is ${value}, and must be positive`);
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#orDefault(key);
    if (value === null && this.#types.canBeNull(key)) return false;
    if (typeof value !== 'boolean') throw this.error(`${key} is ${shown(value)}, neither true nor false`);
    return value;
  }

  /** A number or null; the family's default applies only if the key is missing. */
  numberOrNull(key: string): number | null {
    return this.has(key) ? this.optionalNumber(key) : ((this.#orDefault(key) as number | null | undefined) ?? null);
  }

  /** A number, without the default. */
  optionalNumber(key: string): number | null {
    const value = this.#get(key) ?? null;
    if (value !== null && (typeof value !== 'number' || !Number.isFinite(value))) {
      throw this.error(`${key} is ${shown(value)}, not a number`);
    }
    return value;
  }

  /** The number of a key, or the first of its list of numbers. */
  firstNumber(key: string): number {
    const value = this.#get(key);
    const [first] = Array.isArray(value) ? value : [value];
    if (typeof first !== 'number') throw this.error(`${key} is ${value === undefined ? 'missing' : shown(value)}`);
    return first;
  }

  /** A text, without the default. */
  text(key: string): string | null {
    const value = this.#get(key) ?? null;
    if (value !== null && typeof value !== 'string') throw this.error(`${key} is ${shown(value)}, not a text`);
    return value;
  }

  object(key: string): Values | null {
    const value = this.#get(key) ?? null;
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(`${key} is not an object`);
    return value as Values;
  }

  list(key: string): readonly unknown[] | null {
    const value = this.#get(key) ?? null;
    if (value !== null && !Array.isArray(value)) throw this.error(`${key} is not a list`);
    return value;
  }

  /** An activation function, by its name in transformers' `ACT2FN`. */
  activation(key: string): Activation {
    const name = this.#orDefault(key);
    const activation = typeof name === 'string' ? ACTIVATION_NAMES.get(name) : undefined;
    if (!activation) {
      throw this.error(
        `${key} ${shown(name)} is not supported`,
        `use a model with one of ${[...ACTIVATION_NAMES.keys()].join(', ')}`,
      );
    }
    return activation;
  }

  /** Refuse any other value: only this one is supported. */
  expect(key: string, value: unknown, why: string): void {
    const found = this.has(key) ? this.#get(key) : value;
    // To transformers, null is false where it is not refused.
    if (found === null && value === false) return;
    if (shown(found) !== shown(value)) throw this.error(`${key} is ${shown(found)}: ${why}`);
  }

  /** Accept keys that do not affect the logits of this family. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /**
   * Refuse keys that have not been read and may change the arithmetic.
   * @throws UserError
   */
  refuseUnread(): void {
    const isNull = (key: string) => this.#values[key] === null;
    const refused = Object.keys(this.#values).find(
      (key) => isNull(key) && this.#types.refusesNull(key, { isRead: this.#read.has(key) }),
    );
    if (refused !== undefined)
      throw this.error(`${refused} is null, which the key cannot be in ${this.modelType}`, RESTORE);
    const unread = this.unread();
    if (unread.length === 0) return;
    const shown = unread.slice(0, 5).map(({ shown, similar }) => (similar === null ? shown : `${shown} (${similar}?)`));
    const more = unread.length > shown.length ? ` and ${unread.length - shown.length} more` : '';
    throw this.error(
      `${shown.join(', ')}${more} may change what ${this.modelType} computes, and is not supported`,
      'remove the key if it has no effect on inference',
    );
  }

  /** The keys that have not been read and may change the arithmetic, sorted. */
  unread(): UnreadKey[] {
    const missing = [...this.#read].filter((key) => !Object.hasOwn(this.#values, key));
    return Object.keys(this.#values)
      .filter((key) => !this.#read.has(key) && !isArithmeticFree(key, this.#values[key]))
      .sort()
      .map((key) => ({
        shown: `${JSON.stringify(key)}: ${shorten(this.#values[key])}`,
        similar: similarWord(key, missing),
      }));
  }

  /** The error for a word that this family does not know. */
  unknownWord(key: string, found: unknown, known: readonly string[]): UserError {
    const words = known.map((word) => JSON.stringify(word)).join(', ');
    return this.error(`${key} is ${shown(found)}, which is not supported: ${this.modelType} has ${words}`);
  }

  error(message: string, hint = 'restore the file, or use a checkpoint of a supported family'): UserError {
    return new UserError(`${this.#file}: ${message}`, hint);
  }

  #get(key: string): unknown {
    this.#read.add(key);
    return this.#values[key];
  }

  /** The default is only for a missing key: null is a value. */
  #orDefault(key: string): unknown {
    const value = this.#get(key);
    return value === undefined ? this.#defaults[key] : value;
  }
}

const SHOWN_LENGTH = 60;

function shorten(value: unknown): string {
  const text = shown(value);
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

const ACTIVATION_NAMES = new Map<string, Activation>([
  ...ACTIVATIONS.filter((name) => name !== 'gelu_tanh' && name !== 'relu_squared' && name !== 'identity').map(
    (name) => [name, name] as const,
  ),
  ['swish', 'silu'],
  ['gelu_python', 'gelu'],
  ['gelu_new', 'gelu_tanh'],
  ['gelu_fast', 'gelu_tanh'],
  ['gelu_accurate', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['gelu_python_tanh', 'gelu_tanh'],
  ['relu2', 'relu_squared'],
  ['linear', 'identity'],
]);
