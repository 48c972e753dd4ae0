import type { JinjaValue } from './value.ts';

export class JinjaScope {
  readonly #values = new Map<string, JinjaValue>();
  readonly #parent: JinjaScope | null;

  constructor(parent: JinjaScope | null, values: Iterable<readonly [string, JinjaValue]> = []) {
    this.#parent = parent;
    for (const [name, value] of values) this.#values.set(name, value);
  }

  get(name: string): JinjaValue | undefined {
    const value = this.#values.get(name);
    return value === undefined ? this.#parent?.get(name) : value;
  }

  set(name: string, value: JinjaValue): void {
    this.#values.set(name, value);
  }
}
