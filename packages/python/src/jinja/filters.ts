import { isInt, narrow, PythonFloat, PythonTuple, pythonNumber } from '../value.ts';
import { ownAttribute } from './attributes.ts';
import type { Environment, Filter } from './environment.ts';
import { LIST_FILTERS } from './list-filters.ts';
import { percentFormat } from './percent.ts';
import { jinjaText } from './print.ts';
import { capitalizeAsPython, lower, replaceText, splitLines, stripped, titleWords, upper } from './text.ts';
import { tojsonFilter } from './to-json.ts';
import {
  asIndex,
  asText,
  bind,
  type JinjaValue,
  jinjaLength,
  jinjaTruth,
  jinjaTypeName,
  Markup,
  NotRead,
  TemplateError,
  Undefined,
} from './value.ts';

const plain =
  (name: string, filter: (value: JinjaValue) => JinjaValue): Filter =>
  (value, args) => {
    bind(`the filter ${name}`, [], args);
    return filter(value);
  };

const onText = (name: string, filter: (text: string) => JinjaValue) => plain(name, (value) => filter(jinjaText(value)));

const round: Filter = (value, args) => {
  const bound = bind('the filter round', ['precision', 'method'], args);
  const precision = asIndex(bound.get('precision', 0), 'the precision');
  if (bound.get('method', 'common') !== 'common' || precision < 0) throw new NotRead('this way to round is not read');
  if (value instanceof Undefined) value.fail();
  if (isInt(value)) return typeof value === 'boolean' ? Number(value) : value;
  if (!(value instanceof PythonFloat))
    throw new TemplateError(`a value of type ${jinjaTypeName(value)} is not rounded`);
  return new PythonFloat(rounded(value.value, precision));
};

/** `round`: exact halves go to the even digit. */
function rounded(value: number, precision: number): number {
  if (!Number.isFinite(value) || precision > 100) return value;
  const scaled = value * 10 ** precision;
  if (Math.abs(scaled % 1) === 0.5 && scaled / 10 ** precision === value) {
    return (2 * Math.round(scaled / 2)) / 10 ** precision;
  }
  return Number(value.toFixed(precision));
}

const toInteger: Filter = (value, args) => {
  const bound = bind('the filter int', ['default', 'base'], args);
  if (bound.get('base', 10) !== 10) throw new NotRead('the filter int with a base is not read');
  const fallback = bound.get('default', 0);
  if (value instanceof Undefined) value.fail();
  if (isInt(value)) return typeof value === 'boolean' ? Number(value) : value;
  if (typeof value === 'string') {
    const text = stripped(value, null, 'both').replace(/(?<=\d)_(?=\d)/g, '');
    if (/^[-+]?\d+$/.test(text)) return narrow(BigInt(text.replace('+', '')));
    return isFloat(text) && Number.isFinite(Number(text)) ? narrow(BigInt(Math.trunc(Number(text)))) : fallback;
  }
  const number = pythonNumber(value);
  return number === null || !Number.isFinite(number) ? fallback : narrow(BigInt(Math.trunc(number)));
};

const isFloat = (text: string): boolean => /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);

const toFloat: Filter = (value, args) => {
  const fallback = bind('the filter float', ['default'], args).get('default', new PythonFloat(0));
  if (value instanceof Undefined) value.fail();
  if (typeof value === 'string') {
    const text = stripped(value, null, 'both').replace(/(?<=\d)_(?=\d)/g, '');
    if (/inf|nan/i.test(text)) throw new NotRead('a float that is no number is not read');
    return isFloat(text) ? new PythonFloat(Number(text)) : fallback;
  }
  const number = typeof value === 'bigint' ? Number(value) : pythonNumber(value);
  return number === null ? fallback : new PythonFloat(number);
};

const indent: Filter = (value, args) => {
  const bound = bind('the filter indent', ['width', 'first', 'blank'], args);
  const width = bound.get('width', 4);
  const margin = typeof width === 'string' ? width : ' '.repeat(Math.max(0, asIndex(width, 'a width')));
  const lines = splitLines(`${asText(value, 'what is indented')}\n`, false);
  const isBlank = jinjaTruth(bound.get('blank', false));
  const [head = '', ...rest] = lines;
  const indented = [head, ...rest.map((line) => (line !== '' || isBlank ? margin + line : line))].join('\n');
  return (jinjaTruth(bound.get('first', false)) ? margin : '') + indented;
};

const abs: Filter = plain('abs', (value) => {
  if (value instanceof PythonFloat) return new PythonFloat(Math.abs(value.value));
  if (value instanceof Undefined) value.fail();
  if (!isInt(value)) throw new TemplateError(`a value of type ${jinjaTypeName(value)} has no absolute value`);
  return typeof value === 'bigint' ? (value < 0n ? -value : value) : Math.abs(Number(value));
});

const length = (name: string) => plain(name, jinjaLength);

const fallback =
  (name: string): Filter =>
  (value, args) => {
    const bound = bind(`the filter ${name}`, ['default_value', 'boolean'], args);
    const isMissing = value instanceof Undefined || (jinjaTruth(bound.get('boolean', false)) && !jinjaTruth(value));
    return isMissing ? bound.get('default_value', '') : value;
  };

const SCALAR_FILTERS: Readonly<Record<string, Filter>> = {
  abs,
  attr: (value, args, { strict }) => {
    const name = asText(bind('the filter attr', ['name'], args).get('name'), 'a name');
    if (value instanceof Undefined) value.fail();
    const attribute = ownAttribute(value, name);
    return attribute === undefined ? new Undefined(`there is no attribute ${name}`, { strict }) : attribute;
  },
  capitalize: onText('capitalize', capitalizeAsPython),
  count: length('count'),
  d: fallback('d'),
  default: fallback('default'),
  float: toFloat,
  format: (value, { positional, named }) => {
    if (named.size > 0 && positional.length > 0) throw new TemplateError('format takes names or values');
    return percentFormat(jinjaText(value), named.size > 0 ? new Map(named) : new PythonTuple<JinjaValue>(positional));
  },
  indent,
  int: toInteger,
  length: length('length'),
  lower: onText('lower', lower),
  replace: (value, args) => {
    const bound = bind('the filter replace', ['old', 'new', 'count'], args, { required: 2 });
    const count = bound.get('count', null);
    const [old, other] = [jinjaText(bound.get('old', null)), jinjaText(bound.get('new', null))];
    return replaceText(jinjaText(value), old, other, count === null ? -1 : asIndex(count, 'count'));
  },
  round,
  safe: plain('safe', (value) => new Markup(jinjaText(value))),
  string: plain('string', jinjaText),
  title: onText('title', titleWords),
  tojson: tojsonFilter,
  trim: (value, args) => {
    const characters = bind('the filter trim', ['chars'], args).get('chars') ?? null;
    return stripped(jinjaText(value), characters === null ? null : asText(characters, 'chars'), 'both');
  },
  upper: onText('upper', upper),
};

/** Filters that make HTML, numbers for people, or something random. */
const NOT_READ = [
  ...['batch', 'center', 'e', 'escape', 'filesizeformat', 'forceescape', 'pprint', 'random', 'slice'],
  ...['striptags', 'truncate', 'urlencode', 'urlize', 'wordcount', 'wordwrap', 'xmlattr'],
];

const notRead = (name: string): [string, Filter] => [
  name,
  () => {
    throw new NotRead(`the filter ${name} is not read`);
  },
];

/** The filters of Jinja 3.1, with transformers' `tojson`. */
export const FILTERS: Environment['filters'] = new Map([
  ...NOT_READ.map(notRead),
  ...Object.entries(SCALAR_FILTERS),
  ...Object.entries(LIST_FILTERS),
]);
