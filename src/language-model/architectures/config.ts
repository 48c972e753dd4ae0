import { UserError } from '../../platform/user-error.ts';
import { isArithmeticFree } from './config-keys.ts';
import { ACTIVATIONS, type Activation } from './decoder.ts';

type Values = Readonly<Record<string, unknown>>;

/**
 * config.json as a family reads it. Keys that are missing take the family's defaults; which keys were read is kept, so
 * that one which nobody read can be refused (`refuseUnread`).
 */
export class Config {
  readonly modelType: string;
  readonly #file: string;
  readonly #values: Values;
  readonly #defaults: Values;
  readonly #read = new Set<string>();

  /**
   * @param file for messages
   * @param aliases other names of a key, as the family's own code accepts them
   */
  constructor(
    modelType: string,
    file: string,
    values: Values,
    defaults: Values,
    aliases: Readonly<Record<string, string>> = {},
  ) {
    this.modelType = modelType;
    this.#file = file;
    this.#defaults = defaults;
    const nameOf = (key: string) => (Object.hasOwn(aliases, key) ? aliases[key] : undefined) ?? key;
    this.#values = Object.fromEntries(Object.entries(values).map(([key, value]) => [nameOf(key), value]));
    for (const [key, value] of Object.entries(values)) {
      const name = nameOf(key);
      if (this.#values[name] !== value)
        throw this.error(`${key} is ${JSON.stringify(value)}, and ${name} says another`);
    }
  }

  number(key: string): number {
    const value = this.optionalNumber(key) ?? this.#defaults[key];
    if (typeof value !== 'number') throw this.error(`${key} is missing`);
    return value;
  }

  /** A whole number above zero. */
  size(key: string, most = Number.MAX_SAFE_INTEGER): number {
    const value = this.number(key);
    if (!Number.isSafeInteger(value) || value <= 0 || value > most) throw this.error(`${key} is ${value}, not a size`);
    return value;
  }

  /** A number above zero, such as a norm's epsilon. */
  positive(key: string): number {
    const value = this.number(key);
    if (value <= 0) throw this.error(`${key} is ${value}, and must be above zero`);
    return value;
  }

  boolean(key: string): boolean {
    const value = this.#get(key) ?? this.#defaults[key];
    if (typeof value !== 'boolean')
      throw this.error(`${key} is ${JSON.stringify(value ?? null)}, neither true nor false`);
    return value;
  }

  /** A number, or null where the config has none; the family's default counts only where the key is absent. */
  numberOrNull(key: string): number | null {
    return key in this.#values
      ? this.optionalNumber(key)
      : ((this.#defaults[key] as number | null | undefined) ?? null);
  }

  /** A number that the config itself has. */
  optionalNumber(key: string): number | null {
    const value = this.#get(key) ?? null;
    if (value !== null && (typeof value !== 'number' || !Number.isFinite(value))) {
      throw this.error(`${key} is ${JSON.stringify(value)}, not a number`);
    }
    return value;
  }

  object(key: string): Values | null {
    const value = this.#get(key) ?? null;
    if (value === null) return null;
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(`${key} is not an object`);
    return Object.keys(value).length === 0 ? null : (value as Values);
  }

  list(key: string): readonly unknown[] | null {
    const value = this.#get(key) ?? null;
    if (value !== null && !Array.isArray(value)) throw this.error(`${key} is not a list`);
    return value;
  }

  /** The name of an activation function, as transformers' `ACT2FN` has them. */
  activation(key: string): Activation {
    const written = this.#get(key);
    const name = written === undefined ? this.#defaults[key] : written;
    const activation = typeof name === 'string' ? ACTIVATION_NAMES.get(name) : undefined;
    if (!activation) {
      throw this.error(
        `${key} ${JSON.stringify(name ?? null)} is not known`,
        `known: ${[...ACTIVATION_NAMES.keys()].join(', ')}`,
      );
    }
    return activation;
  }

  /** A key that must have this value (or none), since nothing else is built. */
  expect(key: string, value: unknown, why: string): void {
    const found = this.#get(key) ?? value;
    if (JSON.stringify(found) !== JSON.stringify(value)) throw this.error(`${key} is ${JSON.stringify(found)}: ${why}`);
  }

  /** Keys that this family's own code reads but that leave the logits alone. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /**
   * Refuse a key that no one read and that may change the arithmetic.
   * @throws UserError that names it
   */
  refuseUnread(): void {
    const unread = Object.keys(this.#values)
      .filter((key) => !this.#read.has(key) && !isArithmeticFree(key, this.#values[key]))
      .sort();
    if (unread.length === 0) return;
    const shown = unread.slice(0, 5).map((key) => `${JSON.stringify(key)}: ${shorten(this.#values[key])}`);
    const more = unread.length > shown.length ? ` and ${unread.length - shown.length} more` : '';
    throw this.error(
      `${shown.join(', ')}${more} may change what ${this.modelType} computes, and is not known`,
      'remove it if it has no effect on inference',
    );
  }

  error(message: string, mend = 'restore the file, or use a checkpoint of a supported family'): UserError {
    return new UserError(`${this.#file}: ${message}`, mend);
  }

  #get(key: string): unknown {
    this.#read.add(key);
    return this.#values[key];
  }
}

const SHOWN_LENGTH = 60;

function shorten(value: unknown): string {
  const text = JSON.stringify(value);
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
