import { toText } from '../../platform/python/print.ts';
import { compileRegex, type RegexMatch, replaceAll } from '../../platform/python/regex.ts';
import { SPACE, strip } from '../../platform/python/text.ts';
import {
  elementsOf,
  isDict,
  isTrue,
  numberOf,
  PythonError,
  PythonFloat,
  PythonTuple,
  type PythonValue,
} from '../../platform/python/value.ts';
import { capitalize, replaceText } from './methods.ts';
import { type Arguments, asIndex, asText, bind } from './value.ts';

type Filter = (value: PythonValue, args: Arguments) => PythonValue;

const plain =
  (name: string, filter: (value: PythonValue) => PythonValue): Filter =>
  (value, args) => {
    bind(`the filter ${name}`, [], args);
    return filter(value);
  };

/** Filters of Jinja (3.1), and `regex_replace` of lm-evaluation-harness. */
const FILTERS: Readonly<Record<string, Filter>> = {
  string: plain('string', toText),
  trim: plain('trim', (value) => strip(toText(value))),
  lower: plain('lower', (value) => toText(value).toLowerCase()),
  upper: plain('upper', (value) => toText(value).toUpperCase()),
  capitalize: plain('capitalize', (value) => capitalize(toText(value))),
  title: plain('title', (value) => {
    const words = toText(value).split(new RegExp(`([-({[<${SPACE}]+)`, 'u'));
    return words.map(capitalize).join('');
  }),
  length: plain('length', lengthOf),
  count: plain('count', lengthOf),
  list: plain('list', (value) => [...items(value)]),
  first: plain('first', (value) => at(items(value), 0)),
  last: plain('last', (value) => at(items(value), -1)),
  int: (value, args) => {
    const fallback = bind('the filter int', ['default'], args).get('default') ?? 0;
    if (typeof value === 'string') {
      const text = strip(value);
      if (/^[-+]?\d+$/.test(text)) return asSafe(Number(text));
      // Jinja tries int(float(text)) then.
      if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) return asSafe(Math.trunc(Number(text)));
      return fallback;
    }
    const number = numberOf(value);
    return number === null || !Number.isFinite(number) ? fallback : Math.trunc(number);
  },
  float: plain('float', (value) => {
    const number = typeof value === 'string' ? Number(strip(value) || 'NaN') : numberOf(value);
    return new PythonFloat(number === null || Number.isNaN(number) ? 0 : number);
  }),
  join: (value, args) => {
    const bound = bind('the filter join', ['d'], args);
    return items(value)
      .map(toText)
      .join(toText(bound.get('d') ?? ''));
  },
  replace: (value, args) => {
    const bound = bind('the filter replace', ['old', 'new', 'count'], args);
    const [old, other] = [toText(bound.get('old') ?? null), toText(bound.get('new') ?? null)];
    return replaceText(toText(value), old, other, asIndex(bound.get('count') ?? -1, 'count'));
  },
  default: (value, args) => {
    const bound = bind('the filter default', ['default_value', 'boolean'], args);
    return isTrue(bound.get('boolean') ?? false) && !isTrue(value) ? (bound.get('default_value') ?? '') : value;
  },
  regex_replace: (value, args) => {
    const bound = bind('the filter regex_replace', ['pattern', 'repl', 'count'], args);
    const regex = compileRegex(asText(bound.get('pattern'), 'pattern'));
    const replacement = templateOf(asText(bound.get('repl'), 'repl'), regex.names);
    return replaceAll(regex, asText(value, 'the value'), replacement, asIndex(bound.get('count') ?? 0, 'count'));
  },
  map: (value, args) => {
    const [filter, ...positional] = args.positional;
    const attribute = args.named.get('attribute');
    if (filter !== undefined) {
      return items(value).map((item) =>
        applyFilter(asText(filter, 'a filter'), item, { positional, named: args.named }),
      );
    }
    bind('the filter map', ['attribute', 'default'], args);
    return items(value).map((item) => attributeOf(item, asText(attribute, 'attribute')));
  },
};

export const hasFilter = (name: string): boolean => Object.hasOwn(FILTERS, name);

/** @throws PythonError for a filter that is not read */
export function applyFilter(name: string, value: PythonValue, args: Arguments): PythonValue {
  const filter = hasFilter(name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw new PythonError(`the filter ${name} is not read`);
  return filter(value, args);
}

function items(value: PythonValue): readonly PythonValue[] {
  const elements = elementsOf(value);
  if (elements === null) throw new PythonError('it is not a list');
  return elements;
}

function lengthOf(value: PythonValue): number {
  return isDict(value) ? value.size : items(value).length;
}

function at(list: readonly PythonValue[], index: number): PythonValue {
  const item = list.at(index);
  if (item === undefined) throw new PythonError('a list is empty');
  return item;
}

function asSafe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new PythonError('a whole number is too large');
  return value;
}

/** `map(attribute='a.b')`: an element of a dict or list by each part. */
function attributeOf(value: PythonValue, path: string): PythonValue {
  return path.split('.').reduce((inner: PythonValue, part) => {
    const item = isDict(inner)
      ? inner.get(part)
      : /^\d+$/.test(part) && !(inner instanceof PythonTuple)
        ? items(inner)[Number(part)]
        : undefined;
    if (item === undefined) throw new PythonError(`the attribute ${path} is undefined`);
    return item;
  }, value);
}

const CONTROLS: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };

/** The replacement of `re.sub`: `\1`, `\g<1>`, `\g<name>`. */
function templateOf(text: string, names: ReadonlyMap<string, number>): (match: RegexMatch) => string {
  return (match) =>
    text.replace(/\\(?:g<(\w+)>|([1-9]\d?)|([\s\S]?))/g, (_, group?: string, digits?: string, letter?: string) => {
      const name = group ?? digits;
      if (name !== undefined) {
        const index = names.get(name) ?? Number(name);
        if (index === 0) return match.text;
        if (!(index <= match.groups.length)) throw new PythonError(`there is no group ${name}`);
        return match.groups[index - 1] ?? '';
      }
      const control = CONTROLS[letter ?? ''];
      if (control === undefined) throw new PythonError(`the replacement has the escape \\${letter}`);
      return control;
    });
}
