import { reprFloat } from '../print.ts';
import { isDict, isList, PythonFloat, PythonTuple } from '../value.ts';
import { compareJinjaValues } from './operators.ts';
import { type Arguments, asText, bind, type JinjaValue, jinjaTruth, jinjaTypeName, TemplateError } from './value.ts';

interface Format {
  readonly ascii: boolean;
  /** A step of indentation; null for one line. */
  readonly indent: string | null;
  readonly comma: string;
  readonly colon: string;
  readonly sorted: boolean;
}

/** transformers' filter `tojson`: `json.dumps` without the escapes of HTML that Jinja's own filter has. */
export function tojsonFilter(value: JinjaValue, args: Arguments): string {
  const bound = bind('the filter tojson', ['ensure_ascii', 'indent', 'separators', 'sort_keys'], args);
  const indent = indentOf(bound.get('indent', null));
  const separators = bound.get('separators', null);
  const [comma, colon] = separators === null ? [indent === null ? ', ' : ',', ': '] : pairOf(separators);
  const ascii = jinjaTruth(bound.get('ensure_ascii', false));
  return write(value, { ascii, indent, comma, colon, sorted: jinjaTruth(bound.get('sort_keys', false)) }, '\n');
}

function indentOf(indent: JinjaValue): string | null {
  if (indent === null || typeof indent === 'string') return indent;
  if (typeof indent === 'number' || typeof indent === 'boolean') return ' '.repeat(Math.max(0, Number(indent)));
  throw new TemplateError('the indent of tojson is no number');
}

function pairOf(value: JinjaValue): readonly [string, string] {
  const items = value instanceof PythonTuple ? value.items : isList(value) ? value : [];
  if (items.length !== 2) throw new TemplateError('the separators of tojson are not two texts');
  return [asText(items[0], 'a separator'), asText(items[1], 'a separator')];
}

function write(value: JinjaValue, format: Format, line: string): string {
  if (typeof value === 'string') return quoted(value, format);
  if (value instanceof PythonTuple || isList(value)) {
    const items = value instanceof PythonTuple ? value.items : value;
    return enclosed('[', ']', items, format, line, (item, inner) => write(item, format, inner));
  }
  if (isDict(value)) {
    const entries = [...value];
    if (format.sorted) entries.sort(([a], [b]) => compareJinjaValues(a, b));
    return enclosed('{', '}', entries, format, line, ([key, item], inner) => {
      return quoted(keyOf(key), format) + format.colon + write(item, format, inner);
    });
  }
  return scalar(value);
}

function scalar(value: JinjaValue): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (!(value instanceof PythonFloat))
    throw new TemplateError(`a value of type ${jinjaTypeName(value)} cannot be JSON`);
  if (Number.isNaN(value.value)) return 'NaN';
  if (!Number.isFinite(value.value)) return value.value > 0 ? 'Infinity' : '-Infinity';
  return reprFloat(value.value);
}

function keyOf(key: JinjaValue): string {
  if (typeof key === 'string') return key;
  if (key instanceof PythonTuple) throw new TemplateError('a tuple cannot be a key of JSON');
  return scalar(key);
}

function enclosed<T>(
  open: string,
  close: string,
  items: readonly T[],
  { indent, comma }: Format,
  line: string,
  writeItem: (item: T, line: string) => string,
): string {
  if (items.length === 0) return open + close;
  const inner = indent === null ? '' : line + indent;
  const written = items.map((item) => writeItem(item, inner)).join(comma + inner);
  return open + inner + written + (indent === null ? '' : line) + close;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\f': '\\f',
  '\b': '\\b',
};

const CONTROL = String.raw`\0-\x1f`;
const CONTROLS = new RegExp(`["\\\\${CONTROL}]`, 'g');
const BEYOND_ASCII = /[^ !#-[\]-~]/g;

function quoted(text: string, { ascii }: Format): string {
  // Without the flag u, escapes are UTF-16 units, as in Python.
  const escaped = text.replace(
    ascii ? BEYOND_ASCII : CONTROLS,
    (unit) => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}
