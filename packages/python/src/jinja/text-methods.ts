import { isSpace } from '../text.ts';
import { PythonTuple } from '../value.ts';
import { jinjaRepr, jinjaText } from './print.ts';
import {
  capitalizeAsPython,
  codePointIndex,
  isLower,
  isUpper,
  lower,
  replaceText,
  split,
  splitFromEnd,
  splitLines,
  stripped,
  title,
  upper,
} from './text.ts';
import {
  type Arguments,
  asIndex,
  asText,
  bind,
  type JinjaValue,
  jinjaTruth,
  listJinjaValues,
  NotRead,
  TemplateError,
} from './value.ts';

type Method = (text: string, args: Arguments) => JinjaValue;

const plain =
  (name: string, method: (text: string) => JinjaValue): Method =>
  (text, args) => {
    bind(name, [], args);
    return method(text);
  };

/** Methods that take no argument by its name. */
const positional = (name: string, args: Arguments): readonly JinjaValue[] => {
  if (args.named.size > 0) throw new TemplateError(`${name} takes no arguments by their names`);
  return args.positional;
};

/** The only argument of a method. @throws NotRead for bounds behind it */
const onlyPart = (name: string, args: Arguments): JinjaValue | undefined => {
  const [part, ...bounds] = positional(name, args);
  if (bounds.length > 0) throw new NotRead(`${name} with bounds is not read`);
  return part;
};

const stripping =
  (name: string, side: 'both' | 'start' | 'end'): Method =>
  (text, args) => {
    const [characters = null] = positional(name, args);
    return stripped(text, characters === null ? null : asText(characters, 'an argument of strip'), side);
  };

const searching =
  (name: string, fromEnd: boolean, mustFind: boolean): Method =>
  (text, args) => {
    const index = codePointIndex(text, asText(onlyPart(name, args), `the argument of ${name}`), fromEnd);
    if (index < 0 && mustFind) throw new TemplateError('a part of a text is not found');
    return index;
  };

const beginning =
  (name: string, begins: (text: string, part: string) => boolean): Method =>
  (text, args) => {
    const parts = onlyPart(name, args);
    const all = parts instanceof PythonTuple ? parts.items : [parts];
    return all.some((part) => begins(text, asText(part as JinjaValue | undefined, `the argument of ${name}`)));
  };

const splitting =
  (name: string, cut: typeof split): Method =>
  (text, args) => {
    const bound = bind(name, ['sep', 'maxsplit'], args);
    const separator = bound.get('sep', null);
    const most = asIndex(bound.get('maxsplit', -1), 'maxsplit');
    return cut(text, separator === null ? null : asText(separator, 'a separator'), most);
  };

const parting =
  (name: string, fromEnd: boolean): Method =>
  (text, args) => {
    const separator = asText(positional(name, args)[0], 'a separator');
    if (separator === '') throw new TemplateError(`${name} has an empty separator`);
    const at = fromEnd ? text.lastIndexOf(separator) : text.indexOf(separator);
    if (at < 0) return new PythonTuple<JinjaValue>(fromEnd ? ['', '', text] : [text, '', '']);
    return new PythonTuple<JinjaValue>([text.slice(0, at), separator, text.slice(at + separator.length)]);
  };

const padding =
  (name: string, pad: (text: string, missing: number, fill: string) => string): Method =>
  (text, args) => {
    const [width = null, fill = ' '] = positional(name, args);
    const missing = asIndex(width, 'a width') - [...text].length;
    const character = asText(fill, 'a fill character');
    if ([...character].length !== 1) throw new TemplateError('a fill is not one character');
    return missing <= 0 ? text : pad(text, missing, character);
  };

const matching = (name: string, pattern: RegExp): Method => plain(name, (text) => pattern.test(text));

const METHODS: Readonly<Record<string, Method>> = {
  capitalize: plain('capitalize', capitalizeAsPython),
  center: padding('center', (text, missing, fill) => {
    const width = [...text].length + missing;
    const left = Math.floor(missing / 2) + (missing & width & 1);
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }),
  count: (text, args) => {
    const wanted = asText(onlyPart('count', args), 'the argument of count');
    return wanted === '' ? [...text].length + 1 : text.split(wanted).length - 1;
  },
  endswith: beginning('endswith', (text, part) => text.endsWith(part)),
  find: searching('find', false, false),
  format: (text, args) => formatBraces(text, args),
  index: searching('index', false, true),
  isalnum: matching('isalnum', /^[\p{L}\p{N}]+$/u),
  isalpha: matching('isalpha', /^\p{L}+$/u),
  isdecimal: matching('isdecimal', /^\p{Nd}+$/u),
  isdigit: matching('isdigit', /^[\p{Nd}\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089]+$/u),
  islower: plain('islower', isLower),
  isspace: plain('isspace', isSpace),
  isupper: plain('isupper', isUpper),
  join: (text, args) => {
    const [items = null] = positional('join', args);
    return listJinjaValues(items)
      .map((item) => asText(item, 'an item to join'))
      .join(text);
  },
  ljust: padding('ljust', (text, missing, fill) => text + fill.repeat(missing)),
  lower: plain('lower', lower),
  lstrip: stripping('lstrip', 'start'),
  partition: parting('partition', false),
  removeprefix: (text, args) => {
    const start = asText(positional('removeprefix', args)[0], 'the argument of removeprefix');
    return text.startsWith(start) ? text.slice(start.length) : text;
  },
  removesuffix: (text, args) => {
    const end = asText(positional('removesuffix', args)[0], 'the argument of removesuffix');
    return end !== '' && text.endsWith(end) ? text.slice(0, -end.length) : text;
  },
  replace: (text, args) => {
    const [old, other, count = -1] = positional('replace', args);
    return replaceText(text, asText(old, 'old'), asText(other, 'new'), asIndex(count, 'count'));
  },
  rfind: searching('rfind', true, false),
  rindex: searching('rindex', true, true),
  rjust: padding('rjust', (text, missing, fill) => fill.repeat(missing) + text),
  rpartition: parting('rpartition', true),
  rsplit: splitting('rsplit', splitFromEnd),
  rstrip: stripping('rstrip', 'end'),
  split: splitting('split', split),
  splitlines: (text, args) => {
    const bound = bind('splitlines', ['keepends'], args);
    return splitLines(text, jinjaTruth(bound.get('keepends', false)));
  },
  startswith: beginning('startswith', (text, part) => text.startsWith(part)),
  strip: stripping('strip', 'both'),
  title: plain('title', title),
  upper: plain('upper', upper),
  zfill: (text, args) => {
    const [width = null] = positional('zfill', args);
    const [, sign = '', digits = ''] = /^([-+]?)([\s\S]*)$/.exec(text) ?? [];
    const missing = asIndex(width, 'a width') - [...text].length;
    return sign + '0'.repeat(Math.max(0, missing)) + digits;
  },
};

const NOT_READ = `casefold encode expandtabs format_map isascii isidentifier isnumeric isprintable istitle maketrans
  swapcase translate`.split(/\s+/);

/** Undefined if Python has no such method of a text. */
export function textMethod(name: string): Method | undefined {
  if (Object.hasOwn(METHODS, name)) return METHODS[name];
  if (!NOT_READ.includes(name)) return undefined;
  return () => {
    throw new NotRead(`the method ${name} of a text is not read`);
  };
}

/** `'{} and {name}'.format(…)`, without attributes, elements and format specifications. @throws NotRead for these */
function formatBraces(template: string, { positional, named }: Arguments): string {
  let automatic = 0;
  return template.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field?: string) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    if (field === undefined) throw new TemplateError('a format has a single brace');
    const [, name = '', conversion] = /^([^!:.[]*)(?:!([rs]))?$/.exec(field) ?? notRead(field);
    const key = name === '' ? String(automatic++) : name;
    const value: JinjaValue | undefined = /^\d+$/.test(key) ? positional[Number(key)] : named.get(key);
    if (value === undefined) throw new TemplateError(`a format has no value ${key}`);
    return conversion === 'r' ? jinjaRepr(value) : jinjaText(value);
  });
}

function notRead(field: string): never {
  throw new NotRead(`the format {${field}} is not read`);
}
