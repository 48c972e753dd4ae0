import { isDict } from '../value.ts';
import {
  Callable,
  iterate,
  type JinjaValue,
  jinjaEquals,
  Special,
  sequenceItems,
  TemplateError,
  Undefined,
} from './value.ts';

/** `loop` within a `for`. It looks one item ahead, and takes all items if their number is needed. */
export class Loop extends Special {
  readonly type = 'LoopContext';
  index0 = -1;
  readonly #depth0: number;
  /** Renders the body for items one level deeper; null without `recursive`. */
  readonly #recurse: ((items: JinjaValue, depth0: number) => string) | null;
  #items: Iterator<JinjaValue>;
  #length: number | null;
  #before: JinjaValue | undefined;
  #current: JinjaValue | undefined;
  #after: JinjaValue | undefined;
  #changed: readonly JinjaValue[] | null = null;

  constructor(
    items: JinjaValue | Iterator<JinjaValue>,
    depth0: number,
    recurse: ((items: JinjaValue, depth0: number) => string) | null,
  ) {
    super();
    const isValue = !isIterator(items);
    this.#items = isValue ? iterate(items) : items;
    this.#length = isValue ? knownLength(items) : null;
    this.#depth0 = depth0;
    this.#recurse = recurse;
  }

  /** @returns undefined after the last item */
  next(): JinjaValue | undefined {
    const value = this.#peek();
    this.#after = undefined;
    if (value === undefined) return undefined;
    this.index0 += 1;
    this.#before = this.#current;
    this.#current = value;
    return value;
  }

  attribute(name: string): JinjaValue | undefined {
    switch (name) {
      case 'index0':
        return this.index0;
      case 'index':
        return this.index0 + 1;
      case 'length':
        return this.#lengthOf();
      case 'revindex0':
        return this.#lengthOf() - this.index0 - 1;
      case 'revindex':
        return this.#lengthOf() - this.index0;
      case 'first':
        return this.index0 === 0;
      case 'last':
        return this.#peek() === undefined;
      case 'previtem':
        return this.index0 === 0 ? new Undefined('there is no previous item') : this.#before;
      case 'nextitem':
        return this.#after === undefined && this.#peek() === undefined
          ? new Undefined('there is no next item')
          : this.#after;
      case 'depth0':
        return this.#depth0;
      case 'depth':
        return this.#depth0 + 1;
      case 'cycle':
        return new Callable(name, ({ positional }) => {
          const turn = this.index0;
          const value = positional[turn % positional.length];
          if (value === undefined) throw new TemplateError('cycle has no values');
          return value;
        });
      case 'changed':
        return new Callable(name, ({ positional }) => {
          const same = this.#changed !== null && jinjaEquals(this.#changed, positional);
          this.#changed = positional;
          return !same;
        });
    }
    return undefined;
  }

  call(items: JinjaValue): string {
    if (this.#recurse === null) throw new TemplateError('a loop without recursive is called');
    return this.#recurse(items, this.#depth0 + 1);
  }

  #peek(): JinjaValue | undefined {
    if (this.#after === undefined) {
      const next = this.#items.next();
      this.#after = next.done ? undefined : next.value;
    }
    return this.#after;
  }

  #lengthOf(): number {
    if (this.#length === null) {
      const rest: JinjaValue[] = [];
      for (let next = this.#items.next(); !next.done; next = this.#items.next()) rest.push(next.value);
      this.#length = rest.length + this.index0 + 1 + Number(this.#after !== undefined);
      this.#items = rest.values();
    }
    return this.#length;
  }
}

function knownLength(items: JinjaValue): number | null {
  if (typeof items === 'string') return [...items].length;
  return isDict(items) ? items.size : (sequenceItems(items)?.length ?? null);
}

const isIterator = (items: JinjaValue | Iterator<JinjaValue>): items is Iterator<JinjaValue> =>
  typeof items === 'object' && items !== null && 'next' in items && !(items instanceof Special);
