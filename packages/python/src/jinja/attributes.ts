import { isDict, isInt, isList, PythonFloat, PythonTuple } from '../value.ts';
import { Loop } from './loop.ts';
import { jinjaRepr } from './print.ts';
import { textMethod } from './text-methods.ts';
import {
  type Arguments,
  asIndex,
  bind,
  Callable,
  GroupTuple,
  getDictItem,
  type JinjaDict,
  type JinjaValue,
  jinjaEquals,
  jinjaTypeName,
  Namespace,
  NotRead,
  sequenceItems,
  TemplateError,
  Undefined,
  View,
} from './value.ts';

/** `object.name` in a template: the attribute, otherwise the element of that name. */
export function getAttribute(object: JinjaValue, name: string, strict: boolean): JinjaValue {
  if (object instanceof Undefined) object.fail();
  const attribute = ownAttribute(object, name);
  if (attribute !== undefined) return attribute;
  const element = isDict(object) ? getDictItem(object, name) : undefined;
  return element === undefined ? missing(object, name, strict) : element;
}

/** `object[key]` in a template: the element, otherwise the attribute of that name. */
export function getItem(object: JinjaValue, key: JinjaValue, strict: boolean): JinjaValue {
  if (object instanceof Undefined) object.fail();
  const element = ownElement(object, key);
  if (element !== undefined) return element;
  const attribute = typeof key === 'string' ? ownAttribute(object, key) : undefined;
  return attribute === undefined ? missing(object, key, strict) : attribute;
}

function missing(object: JinjaValue, key: JinjaValue, strict: boolean): Undefined {
  if (strict && typeof key === 'string' && PRIVATE.test(key)) throw new NotRead(`the attribute ${key} is not read`);
  const what = typeof key === 'string' ? key : jinjaRepr(key);
  return new Undefined(`a value of type ${jinjaTypeName(object)} has no attribute ${what}`, { strict });
}

function ownElement(object: JinjaValue, key: JinjaValue): JinjaValue | undefined {
  if (isDict(object)) {
    // Values without a hash are not keys.
    return isList(key) || isDict(key) ? undefined : getDictItem(object, key);
  }
  if (!isInt(key) || (object instanceof View && object.type !== 'range')) return undefined;
  const items = typeof object === 'string' ? [...object] : sequenceItems(object);
  return items?.at(asIndex(key, 'an index'));
}

/** The sandbox hides these attributes. */
const PRIVATE = /^_/;

/** `getattr`. @returns undefined without the attribute; an Undefined if the sandbox hides it */
export function ownAttribute(object: JinjaValue, name: string): JinjaValue | undefined {
  if (PRIVATE.test(name)) return undefined;
  if (typeof object === 'string') {
    const method = textMethod(name);
    return method && new Callable(name, (args) => method(object, args));
  }
  if (isDict(object)) return dictAttribute(object, name);
  if (object instanceof Namespace) return object.values.get(name);
  if (object instanceof Loop) return object.attribute(name);
  if (object instanceof GroupTuple && (name === 'grouper' || name === 'list')) {
    return object.items[name === 'grouper' ? 0 : 1];
  }
  if (isList(object) || object instanceof PythonTuple) return listAttribute(object, name);
  if (NUMBER_ATTRIBUTES.has(name) && (isInt(object) || object instanceof PythonFloat)) {
    throw new NotRead(`the attribute ${name} of a number is not read`);
  }
  if (object instanceof View || object instanceof Callable) {
    if (OTHER_ATTRIBUTES.has(name)) throw new NotRead(`the attribute ${name} is not read`);
  }
  return undefined;
}

const NUMBER_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['as_integer_ratio', 'bit_count', 'bit_length', 'conjugate', 'denominator', 'fromhex', 'from_bytes', 'hex'],
  ...['imag', 'is_integer', 'numerator', 'real', 'to_bytes'],
]);
const OTHER_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...['start', 'stop', 'step', 'count', 'index', 'mapping', 'isdisjoint'],
  ...['name', 'arguments', 'catch_kwargs', 'catch_varargs', 'caller', 'explicit_caller', 'fromkeys'],
]);

const CHANGES_LIST = ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'];
const CHANGES_DICT = ['clear', 'pop', 'popitem', 'setdefault', 'update'];

const unsafe = (name: string): Undefined => new Undefined(`${name} would change a value, which a template must not`);

function listAttribute(object: readonly JinjaValue[] | PythonTuple<JinjaValue>, name: string): JinjaValue | undefined {
  const items = object instanceof PythonTuple ? object.items : object;
  if (isList(object) && CHANGES_LIST.includes(name)) return unsafe(name);
  if (isList(object) && name === 'copy') return new Callable(name, () => [...items]);
  if (name !== 'count' && name !== 'index') return undefined;
  return new Callable(name, (args) => {
    const value = only(name, args);
    if (name === 'count') return items.filter((item) => jinjaEquals(item, value)).length;
    const index = items.findIndex((item) => jinjaEquals(item, value));
    if (index < 0) throw new TemplateError('a value is not in a list');
    return index;
  });
}

function only(name: string, args: Arguments): JinjaValue {
  const [value, ...others] = args.positional;
  if (others.length > 0) throw new NotRead(`${name} with bounds is not read`);
  if (value === undefined || args.named.size > 0) throw new TemplateError(`${name} takes one argument`);
  return value;
}

function dictAttribute(dict: JinjaDict, name: string): JinjaValue | undefined {
  if (CHANGES_DICT.includes(name)) return unsafe(name);
  const method = (call: (args: Arguments) => JinjaValue) => new Callable(name, call);
  if (name === 'get') {
    return method((args) => {
      if (args.named.size > 0) throw new TemplateError('get takes no arguments by their names');
      const bound = bind('get', ['key', 'default'], args, { required: 1 });
      const value = getDictItem(dict, bound.get('key', null));
      return value === undefined ? bound.get('default', null) : value;
    });
  }
  if (name === 'items' || name === 'keys' || name === 'values') {
    return method((args) => {
      bind(name, [], args);
      return dictView(dict, name);
    });
  }
  if (name === 'fromkeys') throw new NotRead('fromkeys is not read');
  return name === 'copy' ? method(() => new Map(dict)) : undefined;
}

export function dictView(dict: JinjaDict, kind: 'items' | 'keys' | 'values'): View {
  if (kind === 'keys') return new View('dict_keys', [...dict.keys()]);
  if (kind === 'values') return new View('dict_values', [...dict.values()]);
  const entries = [...dict].map((entry) => new PythonTuple<JinjaValue>(entry));
  return new View('dict_items', entries);
}
