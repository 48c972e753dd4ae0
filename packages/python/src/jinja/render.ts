import { PythonTuple } from '../value.ts';
import type { Environment } from './environment.ts';
import { Evaluation } from './evaluate.ts';
import { Loop } from './loop.ts';
import { jinjaText } from './print.ts';
import { JinjaScope } from './scope.ts';
import type { AssignmentTarget, Body, ForStatement, JinjaExpression, JinjaStatement, Macro } from './syntax.ts';
import {
  type Arguments,
  Callable,
  iterate,
  type JinjaValue,
  jinjaTruth,
  listJinjaValues,
  Namespace,
  TemplateError,
  Undefined,
} from './value.ts';

/** @throws TemplateError if Python or Jinja 3.1 raises an exception, NotRead for features that are not read here */
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

  #in(scope: JinjaScope): Evaluation {
    return new Evaluation(scope, this.#environment);
  }

  #statement(statement: JinjaStatement, scope: JinjaScope, out: string[]): After {
    const here = this.#in(scope);
    switch (statement.kind) {
      case 'text':
        out.push(statement.text);
        return 'next';
      case 'output':
        out.push(jinjaText(here.value(statement.value)));
        return 'next';
      case 'if': {
        const branch = statement.branches.find(({ test }) => jinjaTruth(here.value(test)));
        return this.#body(branch?.body ?? statement.otherwise, scope, out);
      }
      case 'for':
        this.#for(statement, here.value(statement.iterable), scope, out, 0);
        return 'next';
      case 'set':
        this.#assign(statement.target, here.value(statement.value), scope);
        return 'next';
      case 'set-block':
      case 'filter-block': {
        const inner: string[] = [];
        const after = this.#body(statement.body, new JinjaScope(scope), inner);
        if (after !== 'next') return after;
        const text = inner.join('');
        const value = statement.filter === null ? text : here.filter(statement.filter, text);
        if (statement.kind === 'set-block') this.#assign(statement.target, value, scope);
        else out.push(jinjaText(value));
        return 'next';
      }
      case 'macro':
        scope.set(statement.name, this.#macro(statement, scope));
        return 'next';
      case 'call':
        out.push(jinjaText(here.call(statement.call, this.#macro(statement.macro, scope))));
        return 'next';
      case 'with': {
        const inner = new JinjaScope(scope);
        const values = statement.values.map((value) => here.value(value));
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

  /** A macro sees the names around its definition, not those around its call. */
  #macro(macro: Macro, around: JinjaScope): Callable {
    return new Callable(macro.name, (args) => {
      const scope = new JinjaScope(around);
      this.#bindParameters(macro, args, scope);
      return this.text(macro.body, scope);
    });
  }

  /** As in Jinja, `varargs`, `kwargs` and `caller` exist only for a body that reads them. */
  #bindParameters({ name, signature, names }: Macro, args: Arguments, scope: JinjaScope): void {
    const { names: parameters, defaults } = signature;
    const left = new Map(args.named);
    const values = parameters.map((parameter, i) => {
      if (i < args.positional.length) return args.positional[i];
      const value = left.get(parameter);
      left.delete(parameter);
      return value;
    });
    const takes = (special: string) => names.has(special) && !parameters.includes(special);
    if (takes('caller')) {
      scope.set('caller', left.get('caller') ?? new Undefined('there is no caller'));
      left.delete('caller');
    }
    if (takes('kwargs')) scope.set('kwargs', new Map(left));
    else if (left.size > 0)
      throw new TemplateError(`the macro ${name} takes no argument ${[...left.keys()].join(', ')}`);
    const more = args.positional.slice(parameters.length);
    if (takes('varargs')) scope.set('varargs', new PythonTuple<JinjaValue>(more));
    else if (more.length > 0) throw new TemplateError(`the macro ${name} takes at most ${parameters.length} arguments`);
    for (const [i, parameter] of parameters.entries()) {
      const value = values[i];
      const fallback = defaults[i - parameters.length + defaults.length];
      if (value !== undefined) scope.set(parameter, value);
      else if (fallback !== undefined) scope.set(parameter, this.#in(scope).value(fallback));
      else scope.set(parameter, new Undefined(`the parameter ${parameter} has no value`));
    }
  }

  #for(statement: ForStatement, items: JinjaValue, scope: JinjaScope, out: string[], depth: number): void {
    const { target, test, recursive, body, otherwise } = statement;
    const again = (inner: JinjaValue, innerDepth: number): string => {
      const text: string[] = [];
      this.#for(statement, inner, scope, text, innerDepth);
      return text.join('');
    };
    const taken = test === null ? items : this.#filter(items, target, test, scope);
    const loop = new Loop(taken, depth, recursive ? again : null);
    for (let item = loop.next(); item !== undefined; item = loop.next()) {
      const inner = new JinjaScope(scope, [['loop', loop]]);
      this.#assign(target, item, inner);
      if (this.#body(body, inner, out) === 'break') return;
    }
    if (loop.index0 < 0) this.#body(otherwise, new JinjaScope(scope), out);
  }

  *#filter(items: JinjaValue, target: AssignmentTarget, test: JinjaExpression, scope: JinjaScope) {
    for (const item of iterate(items)) {
      const inner = new JinjaScope(scope);
      this.#assign(target, item, inner);
      if (jinjaTruth(this.#in(inner).value(test))) yield item;
    }
  }

  #assign(target: AssignmentTarget, value: JinjaValue, scope: JinjaScope): void {
    if (target.kind === 'name') scope.set(target.name, value);
    else if (target.kind === 'tuple') {
      const values = listJinjaValues(value);
      if (values.length !== target.items.length) {
        throw new TemplateError(`${target.items.length} names are given ${values.length} values`);
      }
      for (const [i, item] of target.items.entries()) this.#assign(item, values[i] ?? null, scope);
    } else {
      const namespace = this.#in(scope).value({ kind: 'name', name: target.name });
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
