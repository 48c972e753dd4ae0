import { isSpace, strip, stripEnd, stripStart } from '../../platform/python/text.ts';
import { equals, isDict, isList, PythonError, PythonTuple, type PythonValue } from '../../platform/python/value.ts';
import { type Arguments, asIndex, asText, bind } from './value.ts';

type TextMethod = (text: string, args: Arguments) => PythonValue;

/** `strip`, `lstrip` and `rstrip`, with the characters to take away or without. */
const stripping =
  (name: string, plain: (text: string) => string, start: boolean, end: boolean): TextMethod =>
  (text, args) => {
    const characters = bind(name, ['chars'], args).get('chars') ?? null;
    return characters === null ? plain(text) : stripCharacters(text, asText(characters, 'chars'), { start, end });
  };

function stripCharacters(
  text: string,
  characters: string,
  { start, end }: { readonly start: boolean; readonly end: boolean },
): string {
  const isOther = (character: string) => ![...characters].includes(character);
  const all = [...text];
  const first = start ? all.findIndex(isOther) : 0;
  if (first === -1) return '';
  return all.slice(first, end ? all.findLastIndex(isOther) + 1 : undefined).join('');
}

const plain =
  (name: string, method: (text: string) => PythonValue): TextMethod =>
  (text, args) => {
    bind(name, [], args);
    return method(text);
  };

const withText =
  (name: string, method: (text: string, other: string) => PythonValue): TextMethod =>
  (text, args) =>
    method(text, asText(bind(name, ['text'], args).get('text'), `the argument of ${name}`));

/** Those that templates of tasks use, and their like. */
const TEXT_METHODS: Readonly<Record<string, TextMethod>> = {
  strip: stripping('strip', strip, true, true),
  lstrip: stripping('lstrip', stripStart, true, false),
  rstrip: stripping('rstrip', stripEnd, false, true),
  lower: plain('lower', (text) => text.toLowerCase()),
  upper: plain('upper', (text) => text.toUpperCase()),
  capitalize: plain('capitalize', capitalize),
  isspace: plain('isspace', isSpace),
  startswith: withText('startswith', (text, start) => text.startsWith(start)),
  endswith: withText('endswith', (text, end) => text.endsWith(end)),
  count: withText('count', (text, part) => (part === '' ? [...text].length + 1 : text.split(part).length - 1)),
  find: withText('find', codePointIndex),
  index: withText('index', (text, part) => found(codePointIndex(text, part), 'substring not found')),
  removeprefix: withText('removeprefix', (text, start) => (text.startsWith(start) ? text.slice(start.length) : text)),
  removesuffix: withText('removesuffix', (text, end) =>
    end && text.endsWith(end) ? text.slice(0, -end.length) : text,
  ),
  replace: (text, args) => {
    const bound = bind('replace', ['old', 'new', 'count'], args);
    const [old, other] = [asText(bound.get('old'), 'old'), asText(bound.get('new'), 'new')];
    return replaceText(text, old, other, asIndex(bound.get('count') ?? -1, 'count'));
  },
  split: (text, args) => {
    const bound = bind('split', ['sep', 'maxsplit'], args);
    const separator = bound.get('sep') ?? null;
    return split(
      text,
      separator === null ? null : asText(separator, 'sep'),
      asIndex(bound.get('maxsplit') ?? -1, 'maxsplit'),
    );
  },
  join: (text, args) => {
    const items = bind('join', ['iterable'], args).get('iterable');
    return sequence(items)
      .map((item) => asText(item, 'an item to join'))
      .join(text);
  },
};

/** `str.capitalize`: the first character in title case, the others in lower case. */
export function capitalize(text: string): string {
  const [first = '', ...others] = text;
  const upper = first.toUpperCase();
  // ß and ligatures become one capital and small letters.
  const [initial = '', ...rest] = upper;
  return initial + rest.join('').toLowerCase() + others.join('').toLowerCase();
}

/** `str.replace`. @param count below 0: all */
export function replaceText(text: string, old: string, other: string, count: number): string {
  const parts = old === '' ? ['', ...text, ''] : text.split(old);
  const splits = count < 0 ? parts.length - 1 : Math.min(count, parts.length - 1);
  const rest = parts.slice(splits).join(old);
  return [...parts.slice(0, splits), rest].join(other);
}

function split(text: string, separator: string | null, most: number): string[] {
  if (separator === '') throw new PythonError('split has an empty separator');
  if (separator !== null) {
    const parts = text.split(separator);
    if (most < 0 || parts.length <= most + 1) return parts;
    return [...parts.slice(0, most), parts.slice(most).join(separator)];
  }
  const words: string[] = [];
  let rest = stripStart(text);
  while (rest !== '') {
    if (most >= 0 && words.length === most) return [...words, stripEnd(rest)];
    const end = [...rest].findIndex(isSpace);
    const word = end < 0 ? rest : [...rest].slice(0, end).join('');
    words.push(word);
    rest = stripStart(rest.slice(word.length));
  }
  return words;
}

function codePointIndex(text: string, part: string): number {
  const index = text.indexOf(part);
  return index < 0 ? -1 : [...text.slice(0, index)].length;
}

function found(index: number, problem: string): number {
  if (index < 0) throw new PythonError(problem);
  return index;
}

function sequence(value: PythonValue | undefined): readonly PythonValue[] {
  if (value instanceof PythonTuple) return value.items;
  if (value === undefined || !isList(value)) throw new PythonError('it is not a list');
  return value;
}

type ListMethod = (items: readonly PythonValue[], value: PythonValue | undefined) => PythonValue;
const LIST_METHODS: Readonly<Record<string, ListMethod>> = {
  index: (items, value = null) =>
    found(
      items.findIndex((item) => equals(item, value)),
      'a value is not in the list',
    ),
  count: (items, value = null) => items.filter((item) => equals(item, value)).length,
};

/** Every attribute of a dict in Python: `doc.items` is its method, even if it has a key of that name. */
const DICT_ATTRIBUTES = [
  'clear',
  'copy',
  'fromkeys',
  'get',
  'items',
  'keys',
  'pop',
  'popitem',
  'setdefault',
  'update',
  'values',
];

/** Whether a value has a method of that name, known here or not. */
export function hasMethod(owner: PythonValue, name: string): boolean {
  if (typeof owner === 'string') return Object.hasOwn(TEXT_METHODS, name);
  if (isDict(owner)) return DICT_ATTRIBUTES.includes(name);
  return (owner instanceof PythonTuple || isListLike(owner)) && Object.hasOwn(LIST_METHODS, name);
}

const isListLike = (value: PythonValue): boolean => isList(value);

/** @throws PythonError for a method that is not read, or arguments that it does not take */
export function callMethod(owner: PythonValue, name: string, args: Arguments): PythonValue {
  if (typeof owner === 'string') {
    const method = TEXT_METHODS[name];
    if (method !== undefined && Object.hasOwn(TEXT_METHODS, name)) return method(owner, args);
  } else if (isDict(owner)) {
    return callDict(owner, name, args);
  } else {
    const method = LIST_METHODS[name];
    const value = bind(name, ['value'], args).get('value');
    if (method !== undefined && value !== undefined) return method(sequence(owner), value);
  }
  throw new PythonError(`the method ${name} is not read`);
}

function callDict(owner: ReadonlyMap<PythonValue, PythonValue>, name: string, args: Arguments): PythonValue {
  if (name === 'get') {
    const bound = bind('get', ['key', 'default'], args);
    return owner.get(bound.get('key') ?? null) ?? bound.get('default') ?? null;
  }
  bind(name, [], args);
  if (name === 'keys') return [...owner.keys()];
  if (name === 'values') return [...owner.values()];
  if (name === 'items') return [...owner].map((entry) => new PythonTuple(entry));
  throw new PythonError(`the method ${name} is not read`);
}
