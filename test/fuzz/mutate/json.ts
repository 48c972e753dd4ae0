import { at } from '@shadow-gate/platform';
import type { Random } from '@shadow-gate/probes/random';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const STRINGS: readonly string[] = [
  '',
  ' ',
  'x',
  '\0',
  'a\nb\r\nc',
  '\u001b[31mred\u001b[0m\u009b2J\u0007',
  '::error::planted',
  '%0A::set-output name=a::b',
  '\u202egnp.exe\u2066',
  '\ud800',
  '𝒳'.repeat(40),
  '__proto__',
  'constructor',
  'toString',
  '../../secret/model.safetensors',
  '../secret/config.json',
  '/etc/hostname',
  '(a+)+$',
  '(.*a){20}',
  '[',
  '{{ x }}',
  '|'.repeat(50),
  'x'.repeat(5000),
  '<!-- --> <img src=x> | `code` @team #1',
  'NaN',
  '1e999',
];

const NUMBERS: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -1.5,
  1e-320,
  1e308,
  -1e308,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 - 1,
  -(2 ** 63),
  1e12,
  65535,
];

const KEYS: readonly string[] = [
  '__proto__',
  'constructor',
  'length',
  '',
  'a\nb',
  'weight',
  'x'.repeat(300),
  '\u001b[2J',
];

/** A value that readers do not expect. */
function strange(random: Random, depth = 0): Json {
  switch (random.int(0, 9)) {
    case 0:
      return null;
    case 1:
      return random.int(0, 1) === 0;
    case 2:
    case 3:
      return random.pick(NUMBERS);
    case 4:
    case 5:
      return random.pick(STRINGS);
    case 6:
      return [];
    case 7:
      return depth > 2 ? {} : { [random.pick(KEYS)]: strange(random, depth + 1) };
    case 8:
      return depth > 2 ? [] : Array.from({ length: random.int(1, 4) }, () => strange(random, depth + 1));
    default:
      return nested(random.pick([3, 40, 400]));
  }
}

function nested(depth: number): Json {
  let value: Json = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

/** A copy of a JSON value with one to three edits. */
export function mutateJson(value: unknown, random: Random): unknown {
  let copy = value as Json;
  for (let edits = random.int(1, 3); edits > 0; edits -= 1) copy = edit(copy, copy, random);
  return copy;
}

/** Walk down to a random place, and edit there: deep places are as likely as shallow ones. */
function edit(value: Json, whole: Json, random: Random): Json {
  if (Array.isArray(value) && value.length > 0 && random.int(0, 5) > 0) {
    const index = random.int(0, value.length - 1);
    if (random.int(0, 7) === 0) return editList(value, index, random);
    return value.map((item, i) => (i === index ? edit(item, whole, random) : item));
  }
  if (isRecord(value) && Object.keys(value).length > 0 && random.int(0, 5) > 0) {
    const entries = Object.entries(value);
    const index = random.int(0, entries.length - 1);
    const [key, item] = at(entries, index);
    if (random.int(0, 7) === 0) return fromEntries(editEntries(entries, index, random));
    return fromEntries(entries.map((entry, i) => (i === index ? [key, edit(item, whole, random)] : entry)));
  }
  return leaf(value, whole, random);
}

function leaf(value: Json, whole: Json, random: Random): Json {
  if (typeof value === 'number' && random.int(0, 2) > 0) {
    return random.pick([value + 1, value - 1, -value, value * 1e9, value / 3, value * 2]);
  }
  if (typeof value === 'string' && random.int(0, 2) === 0) {
    const cut = random.int(0, value.length);
    return random.pick([value.slice(0, cut), value + value, value + random.pick(STRINGS), value.toUpperCase()]);
  }
  return random.int(0, 3) === 0 ? somewhere(whole, random) : strange(random);
}

function editList(list: readonly Json[], index: number, random: Random): Json {
  const item = at(list, index);
  return random.pick<readonly Json[]>([
    list.filter((_, i) => i !== index),
    [...list, item],
    [...list, strange(random)],
    Array.from({ length: random.pick([20, 2000]) }, () => item),
    [...list].reverse(),
    [],
  ]);
}

function editEntries(entries: ReadonlyArray<[string, Json]>, index: number, random: Random): Array<[string, Json]> {
  const [key, item] = at(entries, index);
  return random.pick<Array<[string, Json]>>([
    entries.filter((_, i) => i !== index),
    entries.map((entry, i) => (i === index ? [random.pick(KEYS), item] : entry)),
    entries.map((entry, i) => (i === index ? [`${key}${random.pick(STRINGS)}`, item] : entry)),
    [...entries, [random.pick(KEYS), strange(random)]],
    [],
  ]);
}

/** Some value inside another one. */
function somewhere(value: Json, random: Random): Json {
  if (random.int(0, 3) === 0) return value;
  if (Array.isArray(value) && value.length > 0) return somewhere(random.pick(value), random);
  if (isRecord(value) && Object.keys(value).length > 0) return somewhere(random.pick(Object.values(value)), random);
  return value;
}

/** `__proto__` is a key like others here. */
function fromEntries(entries: ReadonlyArray<readonly [string, Json]>): Json {
  const made: Record<string, Json> = {};
  for (const [key, value] of entries) {
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

function isRecord(value: Json): value is { readonly [key: string]: Json } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The text of a JSON value; in one of six it is damaged as a text. */
export function jsonBytes(value: unknown, random: Random): Uint8Array {
  const text = JSON.stringify(value) ?? 'null';
  return new TextEncoder().encode(random.int(0, 5) === 0 ? damage(text, random) : text);
}

function damage(text: string, random: Random): string {
  const cut = random.int(0, text.length);
  switch (random.int(0, 8)) {
    case 0:
      return text.slice(0, cut);
    case 1:
      return `${text.slice(0, cut)}${random.pick(STRINGS)}${text.slice(cut)}`;
    case 2:
      return `\ufeff${text}`;
    case 3:
      return text.replace(/\d+/, () => random.pick(['NaN', 'Infinity', '-Infinity', '1e999', '007', '1'.repeat(400)]));
    case 4: {
      const depth = random.pick([600, 20_000]);
      return `${text.slice(0, cut)}${'['.repeat(depth)}${']'.repeat(depth)}${text.slice(cut)}`;
    }
    case 5:
      // A key twice: loaders differ in which of the two they use.
      return text.replace(/"([^"]+)":([^,{}[\]]+)/, '"$1":$2,"$1":null');
    case 6:
      return text.replaceAll(',', ',\n\n');
    case 7:
      return text + text;
    default:
      return `{"a":${'{"a":'.repeat(random.pick([600, 20_000]))}`;
  }
}
