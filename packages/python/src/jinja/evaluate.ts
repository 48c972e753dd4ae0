import { isDict, PythonFloat, PythonTuple } from '../value.ts';
import { getAttribute, getItem } from './attributes.ts';
import type { Environment } from './environment.ts';
import { filterNamed } from './list-filters.ts';
import { Loop } from './loop.ts';
import { calculate, compares, concatenate, signed, slice } from './operators.ts';
import type { JinjaScope } from './scope.ts';
import type { CallArguments, CallExpression, FilterExpression, JinjaExpression, Slice } from './syntax.ts';
import { testNamed } from './tests.ts';
import {
  type Arguments,
  Callable,
  expectHash,
  type JinjaDict,
  type JinjaValue,
  jinjaTruth,
  jinjaTypeName,
  listJinjaValues,
  Markup,
  NotRead,
  TemplateError,
  Undefined,
} from './value.ts';

/** Evaluates expressions with the names of a scope. @throws TemplateError if Python or Jinja raises an exception */
export class Evaluation {
  readonly #scope: JinjaScope;
  readonly #environment: Environment;

  constructor(scope: JinjaScope, environment: Environment) {
    this.#scope = scope;
    this.#environment = environment;
  }

  value(expression: JinjaExpression): JinjaValue {
    switch (expression.kind) {
      case 'constant':
        return expression.value;
      case 'float':
        return new PythonFloat(expression.value);
      case 'name':
        return this.#name(expression.name);
      case 'list':
        return this.#all(expression.items);
      case 'tuple':
        return new PythonTuple<JinjaValue>(this.#all(expression.items));
      case 'dict':
        return this.#dict(expression.entries);
      case 'and':
      case 'or': {
        const left = this.value(expression.left);
        return jinjaTruth(left) === (expression.kind === 'and') ? this.value(expression.right) : left;
      }
      case 'not':
        return !jinjaTruth(this.value(expression.operand));
      case 'negative':
      case 'positive':
        return signed(this.#plain(expression.operand), expression.kind === 'negative');
      case 'compare':
        return this.#compare(expression);
      case 'binary':
        return this.#calculate(expression);
      case 'concatenation':
        return concatenate(this.#all(expression.parts));
      case 'condition':
        if (jinjaTruth(this.value(expression.test))) return this.value(expression.then);
        if (expression.otherwise !== null) return this.value(expression.otherwise);
        return new Undefined('a condition without else is false');
      case 'attribute':
        return getAttribute(this.#plain(expression.object), expression.name, this.#environment.strict);
      case 'item':
        return this.#item(this.#plain(expression.object), expression.index);
      case 'call':
        return this.call(expression, null);
      case 'filter':
        return this.filter(expression, null);
      case 'test': {
        const test = testNamed(expression.name, this.#environment);
        return test(this.value(expression.operand), this.#arguments(expression.args), this.#environment);
      }
    }
  }

  /** @throws NotRead for a result of `safe`, which is not ordinary text in Python */
  #plain(expression: JinjaExpression): JinjaValue {
    const value = this.value(expression);
    if (value instanceof Markup) throw new NotRead('what the filter safe gives is only printed here');
    return value;
  }

  #all(expressions: readonly JinjaExpression[]): JinjaValue[] {
    return expressions.map((expression) => this.value(expression));
  }

  #name(name: string): JinjaValue {
    const { globals, strict } = this.#environment;
    const own = this.#scope.get(name);
    const value = own === undefined ? globals.get(name) : own;
    return value === undefined ? new Undefined(`${name} is undefined`, { strict }) : value;
  }

  #dict(entries: ReadonlyArray<readonly [JinjaExpression, JinjaExpression]>): JinjaDict {
    return new Map(
      entries.map(([key, value]) => {
        const name = this.value(key);
        expectHash(name);
        return [name, this.value(value)];
      }),
    );
  }

  #calculate({ operator, left, right }: JinjaExpression & { readonly kind: 'binary' }): JinjaValue {
    const operand = (expression: JinjaExpression) =>
      operator === '+' ? this.value(expression) : this.#plain(expression);
    return calculate(operator, operand(left), operand(right));
  }

  #compare({ first, rest }: JinjaExpression & { readonly kind: 'compare' }): boolean {
    let left = this.#plain(first);
    for (const { operator, operand } of rest) {
      const right = this.#plain(operand);
      if (!compares(operator, left, right)) return false;
      left = right;
    }
    return true;
  }

  #item(object: JinjaValue, index: JinjaExpression | Slice): JinjaValue {
    if (index.kind !== 'slice') return getItem(object, this.#plain(index), this.#environment.strict);
    if (object instanceof Undefined) object.fail();
    const bound = (expression: JinjaExpression | null) => (expression === null ? null : this.value(expression));
    return slice(object, bound(index.start), bound(index.stop), bound(index.step));
  }

  /** @param body the text of a block that the filter is applied to */
  filter({ operand, name, args }: FilterExpression, body: string | null): JinjaValue {
    const value =
      operand === null
        ? (body ?? '')
        : operand.kind === 'filter'
          ? this.filter(operand, body)
          : name === 'safe'
            ? this.value(operand)
            : this.#plain(operand);
    return filterNamed(name, this.#environment)(value, this.#arguments(args), this.#environment);
  }

  /** @param caller the body of a `call` block */
  call({ callee, args }: CallExpression, caller: Callable | null): JinjaValue {
    const target = this.value(callee);
    if (target instanceof Undefined) target.fail();
    const { positional, named } = this.#arguments(args);
    const all: Arguments = { positional, named: caller === null ? named : new Map([...named, ['caller', caller]]) };
    if (target instanceof Callable) return target.call(all);
    const [items] = positional;
    if (target instanceof Loop && items !== undefined) return target.call(items);
    throw new TemplateError(`a value of type ${jinjaTypeName(target)} is called`);
  }

  #arguments({ positional, named, rest, namedRest }: CallArguments): Arguments {
    const all = this.#all(positional);
    const byName = new Map<string, JinjaValue>();
    const add = (name: string, value: JinjaValue) => {
      if (byName.has(name)) throw new TemplateError(`there are two arguments ${name}`);
      byName.set(name, value);
    };
    for (const [name, value] of named) add(name, this.value(value));
    if (rest !== null) all.push(...listJinjaValues(this.value(rest)));
    if (namedRest !== null) {
      const more = this.value(namedRest);
      if (!isDict(more)) throw new TemplateError(`** stands before a value of type ${jinjaTypeName(more)}`);
      for (const [name, value] of more) {
        if (typeof name !== 'string') throw new TemplateError('a name of an argument is not text');
        add(name, value);
      }
    }
    return { positional: all, named: byName };
  }
}
