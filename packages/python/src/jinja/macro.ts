import { PythonTuple } from '../value.ts';
import { JinjaScope } from './scope.ts';
import type { Body, JinjaExpression, Macro } from './syntax.ts';
import { type Arguments, Callable, type JinjaValue, TemplateError, Undefined } from './value.ts';

interface Renderer {
  readonly render: (body: Body, scope: JinjaScope) => string;
  readonly evaluate: (expression: JinjaExpression, scope: JinjaScope) => JinjaValue;
}

/** A macro as a function. It sees the names around its definition, not those around its call. */
export function macroCallable(macro: Macro, around: JinjaScope, renderer: Renderer): Callable {
  return new Callable(macro.name, (args) => {
    const scope = new JinjaScope(around);
    bindParameters(macro, args, scope, renderer);
    return renderer.render(macro.body, scope);
  });
}

/** As Jinja does it: `varargs`, `kwargs` and `caller` are there for a body that reads them. */
function bindParameters(
  { name, signature, names }: Macro,
  args: Arguments,
  scope: JinjaScope,
  renderer: Renderer,
): void {
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
  else if (left.size > 0) throw new TemplateError(`the macro ${name} takes no argument ${[...left.keys()].join(', ')}`);
  const more = args.positional.slice(parameters.length);
  if (takes('varargs')) scope.set('varargs', new PythonTuple<JinjaValue>(more));
  else if (more.length > 0) throw new TemplateError(`the macro ${name} takes at most ${parameters.length} arguments`);
  for (const [i, parameter] of parameters.entries()) {
    const value = values[i];
    const fallback = defaults[i - parameters.length + defaults.length];
    if (value !== undefined) scope.set(parameter, value);
    else if (fallback !== undefined) scope.set(parameter, renderer.evaluate(fallback, scope));
    else scope.set(parameter, new Undefined(`the parameter ${parameter} has no value`));
  }
}
