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
  #items: IterableIterator<JinjaValue>;
  #length: number | null;
  #before: JinjaValue | undefined;
  #current: JinjaValue | undefined;
  #after: JinjaValue | undefined;
  #changed: readonly JinjaValue[] | null = null;

  constructor(
    items: JinjaValue | IterableIterator<JinjaValue>,
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
    return Loop.#ATTRIBUTES.get(name)?.(this);
  }

  static readonly #ATTRIBUTES = new Map<string, (loop: Loop) => JinjaValue | undefined>([
    ['index0', (loop) => loop.index0],
    ['index', (loop) => loop.index0 + 1],
    ['length', (loop) => loop.#lengthOf()],
    ['revindex0', (loop) => loop.#lengthOf() - loop.index0 - 1],
    ['revindex', (loop) => loop.#lengthOf() - loop.index0],
    ['first', (loop) => loop.index0 === 0],
    ['last', (loop) => loop.#peek() === undefined],
    ['previtem', (loop) => (loop.index0 === 0 ? new Undefined('there is no previous item') : loop.#before)],
    ['nextitem', (loop) => (loop.#peek() === undefined ? new Undefined('there is no next item') : loop.#after)],
    ['depth0', (loop) => loop.#depth0],
    ['depth', (loop) => loop.#depth0 + 1],
    ['cycle', (loop) => new Callable('cycle', ({ positional }) => loop.#cycle(positional))],
    ['changed', (loop) => new Callable('changed', ({ positional }) => loop.#hasChanged(positional))],
  ]);

  #cycle(values: readonly JinjaValue[]): JinjaValue {
    const turn = this.index0;
    const value = values[turn % values.length];
    if (value === undefined) throw new TemplateError('cycle has no values');
    return value;
  }

  #hasChanged(values: readonly JinjaValue[]): boolean {
    const isSame = this.#changed !== null && jinjaEquals(this.#changed, values);
    this.#changed = values;
    return !isSame;
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
      const rest = [...this.#items];
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

const isIterator = (items: JinjaValue | IterableIterator<JinjaValue>): items is IterableIterator<JinjaValue> =>
  typeof items === 'object' && items !== null && 'next' in items && !(items instanceof Special);
