import type { Environment } from './environment.ts';
import { called, evaluate, filtered } from './evaluate.ts';
import { Loop } from './loop.ts';
import { macroCallable } from './macro.ts';
import { jinjaText } from './print.ts';
import { JinjaScope } from './scope.ts';
import type { AssignmentTarget, Body, JinjaStatement } from './syntax.ts';
import { iterate, type JinjaValue, jinjaTruth, listJinjaValues, Namespace, TemplateError } from './value.ts';

/**
 * A parsed template with these variables, as Jinja 3.1 renders it.
 * @throws TemplateError where Python or Jinja raises, NotRead for what is not read here
 */
export function renderJinja(
  body: Body,
  variables: Iterable<readonly [string, JinjaValue]>,
  environment: Environment,
): string {
  return new Rendering(environment).text(body, new JinjaScope(new JinjaScope(null, variables)));
}

type After = 'next' | 'break' | 'continue';

class Rendering {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  text(body: Body, scope: JinjaScope): string {
    const out: string[] = [];
    this.#body(body, scope, out);
    return out.join('');
  }

  #body(body: Body, scope: JinjaScope, out: string[]): After {
    for (const statement of body) {
      const after = this.#statement(statement, scope, out);
      if (after !== 'next') return after;
    }
    return 'next';
  }

  #statement(statement: JinjaStatement, scope: JinjaScope, out: string[]): After {
    switch (statement.kind) {
      case 'text':
        out.push(statement.text);
        return 'next';
      case 'output':
        out.push(jinjaText(evaluate(statement.value, scope, this.#environment)));
        return 'next';
      case 'if': {
        const branch = statement.branches.find(({ test }) => jinjaTruth(evaluate(test, scope, this.#environment)));
        return this.#body(branch?.body ?? statement.otherwise, scope, out);
      }
      case 'for':
        this.#for(statement, evaluate(statement.iterable, scope, this.#environment), scope, out, 0);
        return 'next';
      case 'set':
        this.#assign(statement.target, evaluate(statement.value, scope, this.#environment), scope);
        return 'next';
      case 'set-block':
      case 'filter-block': {
        const inner: string[] = [];
        const after = this.#body(statement.body, new JinjaScope(scope), inner);
        if (after !== 'next') return after;
        const text = inner.join('');
        const value = statement.filter === null ? text : filtered(statement.filter, text, scope, this.#environment);
        if (statement.kind === 'set-block') this.#assign(statement.target, value, scope);
        else out.push(jinjaText(value));
        return 'next';
      }
      case 'macro':
        scope.set(statement.name, this.#macro(statement, scope));
        return 'next';
      case 'call':
        out.push(jinjaText(called(statement.call, this.#macro(statement.macro, scope), scope, this.#environment)));
        return 'next';
      case 'with': {
        const inner = new JinjaScope(scope);
        const values = statement.values.map((value) => evaluate(value, scope, this.#environment));
        for (const [i, target] of statement.targets.entries()) this.#assign(target, values[i] ?? null, inner);
        return this.#body(statement.body, inner, out);
      }
      case 'generation':
        out.push(this.text(statement.body, new JinjaScope(scope)));
        return 'next';
      default:
        return statement.kind;
    }
  }

  #macro(macro: JinjaStatement & { readonly kind: 'macro' }, scope: JinjaScope) {
    return macroCallable(macro, scope, {
      render: (body, inner) => this.text(body, inner),
      evaluate: (value, inner) => evaluate(value, inner, this.#environment),
    });
  }

  #for(
    statement: JinjaStatement & { readonly kind: 'for' },
    items: JinjaValue,
    scope: JinjaScope,
    out: string[],
    depth: number,
  ): void {
    const { target, test, recursive, body, otherwise } = statement;
    const again = (inner: JinjaValue, innerDepth: number): string => {
      const text: string[] = [];
      this.#for(statement, inner, scope, text, innerDepth);
      return text.join('');
    };
    const loop = new Loop(
      test === null ? items : this.#filter(items, target, test, scope),
      depth,
      recursive ? again : null,
    );
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      const inner = new JinjaScope(scope, [['loop', loop]]);
      this.#assign(target, item, inner);
      if (this.#body(body, inner, out) === 'break') return;
    }
    if (loop.index0 < 0) this.#body(otherwise, new JinjaScope(scope), out);
  }

  *#filter(
    items: JinjaValue,
    target: AssignmentTarget,
    test: Parameters<typeof evaluate>[0],
    scope: JinjaScope,
  ): Generator<JinjaValue> {
    const all = iterate(items);
    for (let next = all.next(); !next.done; next = all.next()) {
      const inner = new JinjaScope(scope);
      this.#assign(target, next.value, inner);
      if (jinjaTruth(evaluate(test, inner, this.#environment))) yield next.value;
    }
  }

  #assign(target: AssignmentTarget, value: JinjaValue, scope: JinjaScope): void {
    if (target.kind === 'name') {
      scope.set(target.name, value);
    } else if (target.kind === 'tuple') {
      const values = listJinjaValues(value);
      if (values.length !== target.items.length) {
        throw new TemplateError(`${target.items.length} names are given ${values.length} values`);
      }
      for (const [i, item] of target.items.entries()) this.#assign(item, values[i] ?? null, scope);
    } else {
      const namespace = evaluate({ kind: 'name', name: target.name }, scope, this.#environment);
      if (!(namespace instanceof Namespace)) throw new TemplateError(`${target.name} is no namespace`);
      setIn(namespace, target.attribute, value);
    }
  }
}

/** @throws TemplateError for a name that transformers does not allow */
export function setIn(namespace: Namespace, name: string, value: JinjaValue): void {
  if (name.startsWith('_')) throw new TemplateError(`a namespace cannot have the attribute ${name}`);
  namespace.values.set(name, value);
}
