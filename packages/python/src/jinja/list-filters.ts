import { isDict, isInt, PythonTuple } from '../value.ts';
import { dictView, getItem } from './attributes.ts';
import type { Environment, Filter } from './environment.ts';
import { calculate, compareJinjaValues } from './operators.ts';
import { jinjaText } from './print.ts';
import { testNamed } from './tests.ts';
import { lower } from './text.ts';
import {
  type Arguments,
  asText,
  bind,
  expectHash,
  GroupTuple,
  iterate,
  type JinjaValue,
  jinjaEquals,
  jinjaTruth,
  jinjaTypeName,
  listJinjaValues,
  PythonIterator,
  TemplateError,
  Undefined,
} from './value.ts';

/** The getter of `map(attribute='a.b')`: each part names an element or attribute. */
function attributeGetter(
  attribute: JinjaValue,
  { strict }: Environment,
  { fallback = null, ignoreCase = false }: { fallback?: JinjaValue; ignoreCase?: boolean } = {},
): (item: JinjaValue) => JinjaValue {
  const parts: readonly JinjaValue[] =
    attribute === null
      ? []
      : isInt(attribute)
        ? [attribute]
        : asText(attribute, 'an attribute')
            .split('.')
            .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  return (item) => {
    let value = item;
    for (const part of parts) {
      value = getItem(value, part, strict);
      if (value instanceof Undefined && fallback !== null) value = fallback;
    }
    return ignoreCase && typeof value === 'string' ? lower(value) : value;
  };
}

/** Jinja takes no item from a falsy value. */
const lazily = (value: JinjaValue, items: () => Generator<JinjaValue>): PythonIterator =>
  new PythonIterator(jinjaTruth(value) ? items() : [].values());

const map: Filter = (value, args, environment) =>
  lazily(value, function* () {
    const apply = mapper(args, environment);
    for (const item of iterate(value)) yield apply(item);
  });

function mapper({ positional, named }: Arguments, environment: Environment): (item: JinjaValue) => JinjaValue {
  const [name, ...rest] = positional;
  if (name !== undefined) {
    const filter = filterNamed(asText(name, 'a filter'), environment);
    return (item) => filter(item, { positional: rest, named }, environment);
  }
  const bound = bind('the filter map', ['attribute', 'default'], { positional, named }, { required: 1 });
  return attributeGetter(bound.get('attribute', null), environment, { fallback: bound.get('default', null) });
}

/** @throws TemplateError if there is no such filter */
export function filterNamed(name: string, { filters }: Environment): Filter {
  const filter = filters.get(name);
  if (filter === undefined) throw new TemplateError(`there is no filter ${name}`);
  return filter;
}

const selecting =
  (name: string, { keep, attribute }: { readonly keep: boolean; readonly attribute: boolean }): Filter =>
  (value, { positional, named }, environment) =>
    lazily(value, function* () {
      const [path, ...following] = positional;
      if (attribute && path === undefined) throw new TemplateError(`the filter ${name} has no attribute`);
      const get = attribute ? attributeGetter(path ?? null, environment) : (item: JinjaValue) => item;
      const [test, ...others] = attribute ? following : positional;
      const check = test === undefined ? jinjaTruth : checker(test, { positional: others, named }, environment);
      for (const item of iterate(value)) if (check(get(item)) === keep) yield item;
    });

function checker(name: JinjaValue, args: Arguments, environment: Environment) {
  const test = testNamed(asText(name, 'a test'), environment);
  return (item: JinjaValue) => test(item, args, environment);
}

const itemsOfDict: Filter = (value, args) => {
  bind('the filter items', [], args);
  return new PythonIterator(
    (function* () {
      if (value instanceof Undefined) return;
      if (!isDict(value)) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no items`);
      yield* dictView(value, 'items').items;
    })(),
  );
};

const first: Filter = (value, args, { strict }) => {
  bind('the filter first', [], args);
  const next = iterate(value).next();
  return next.done ? new Undefined('there is no first item', { strict }) : next.value;
};

const last: Filter = (value, args, { strict }) => {
  bind('the filter last', [], args);
  if (value instanceof PythonIterator) throw new TemplateError('a generator has no last item');
  const item = listJinjaValues(value).at(-1);
  return item === undefined ? new Undefined('there is no last item', { strict }) : item;
};

const join: Filter = (value, args, environment) => {
  const bound = bind('the filter join', ['d', 'attribute'], args);
  const get = attributeGetter(bound.get('attribute', null), environment);
  return listJinjaValues(value)
    .map((item) => jinjaText(get(item)))
    .join(jinjaText(bound.get('d', '')));
};

const reverse: Filter = (value, args) => {
  bind('the filter reverse', [], args);
  const reversed = listJinjaValues(value).reverse();
  if (typeof value === 'string') return reversed.map(jinjaText).join('');
  return value instanceof PythonIterator ? reversed : new PythonIterator(reversed.values());
};

/** Equal items keep their order, even in reverse. */
function sorted(items: readonly JinjaValue[], key: (item: JinjaValue) => JinjaValue, reverse: boolean): JinjaValue[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  // A single item is never compared.
  keyed.sort((a, b) => (reverse ? compareJinjaValues(b.key, a.key) : compareJinjaValues(a.key, b.key)));
  return keyed.map(({ item }) => item);
}

const sort: Filter = (value, args, environment) => {
  const bound = bind('the filter sort', ['reverse', 'case_sensitive', 'attribute'], args);
  const attribute = bound.get('attribute', null);
  const ignoreCase = !jinjaTruth(bound.get('case_sensitive', false));
  // Several attributes, separated by commas, are compared in turn.
  const paths = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const getters = paths.map((path) => attributeGetter(path, environment, { ignoreCase }));
  const key = (item: JinjaValue) => getters.map((get) => get(item));
  return sorted(listJinjaValues(value), key, jinjaTruth(bound.get('reverse', false)));
};

const dictsort: Filter = (value, args) => {
  const bound = bind('the filter dictsort', ['case_sensitive', 'by', 'reverse'], args);
  const by = bound.get('by', 'key');
  if (by !== 'key' && by !== 'value') throw new TemplateError('dictsort is by key or value');
  if (value instanceof Undefined) value.fail();
  if (!isDict(value)) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no items`);
  const ignoreCase = !jinjaTruth(bound.get('case_sensitive', false));
  const key = (entry: JinjaValue) => {
    const part = entry instanceof PythonTuple ? (entry.items[by === 'key' ? 0 : 1] ?? null) : null;
    return ignoreCase && typeof part === 'string' ? lower(part) : part;
  };
  const entries = [...value].map((entry) => new PythonTuple<JinjaValue>(entry));
  return sorted(entries, key, jinjaTruth(bound.get('reverse', false)));
};

const groupby: Filter = (value, args, environment) => {
  const names = ['attribute', 'default', 'case_sensitive'];
  const bound = bind('the filter groupby', names, args, { required: 1 });
  const options = { fallback: bound.get('default', null) };
  const ignoreCase = !jinjaTruth(bound.get('case_sensitive', false));
  const attribute = bound.get('attribute', null);
  const key = attributeGetter(attribute, environment, { ...options, ignoreCase });
  const shown = attributeGetter(attribute, environment, options);
  const groups: { key: JinjaValue; items: JinjaValue[] }[] = [];
  for (const item of sorted(listJinjaValues(value), key, false)) {
    const group = groups.at(-1);
    if (group !== undefined && jinjaEquals(group.key, key(item))) group.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map(({ items }) => new GroupTuple([shown(items[0] ?? null), items]));
};

const unique: Filter = (value, args, environment) => {
  const bound = bind('the filter unique', ['case_sensitive', 'attribute'], args);
  const ignoreCase = !jinjaTruth(bound.get('case_sensitive', false));
  const key = attributeGetter(bound.get('attribute', null), environment, { ignoreCase });
  function* distinct(): Generator<JinjaValue> {
    const seen: JinjaValue[] = [];
    for (const item of iterate(value)) {
      const own = key(item);
      expectHash(own);
      if (seen.some((other) => jinjaEquals(other, own))) continue;
      seen.push(own);
      yield item;
    }
  }
  return new PythonIterator(distinct());
};

const extreme =
  (name: string, sign: 1 | -1): Filter =>
  (value, args, environment) => {
    const bound = bind(`the filter ${name}`, ['case_sensitive', 'attribute'], args);
    const ignoreCase = !jinjaTruth(bound.get('case_sensitive', false));
    const key = attributeGetter(bound.get('attribute', null), environment, { ignoreCase });
    const [head, ...others] = listJinjaValues(value);
    if (head === undefined) return new Undefined('there is no item', environment);
    return others.reduce((best, item) => (sign * compareJinjaValues(key(item), key(best)) > 0 ? item : best), head);
  };

const sum: Filter = (value, args, environment) => {
  const bound = bind('the filter sum', ['attribute', 'start'], args);
  const get = attributeGetter(bound.get('attribute', null), environment);
  const start = bound.get('start', 0);
  if (typeof start === 'string') throw new TemplateError('texts are joined, not added');
  return listJinjaValues(value).reduce((total, item) => calculate('+', total, get(item)), start);
};

export const LIST_FILTERS: Readonly<Record<string, Filter>> = {
  dictsort,
  first,
  groupby,
  items: itemsOfDict,
  join,
  last,
  list: (value, args) => {
    bind('the filter list', [], args);
    return listJinjaValues(value);
  },
  map,
  max: extreme('max', 1),
  min: extreme('min', -1),
  reject: selecting('reject', { keep: false, attribute: false }),
  rejectattr: selecting('rejectattr', { keep: false, attribute: true }),
  reverse,
  select: selecting('select', { keep: true, attribute: false }),
  selectattr: selecting('selectattr', { keep: true, attribute: true }),
  sort,
  sum,
  unique,
};
