import { isDict } from '../value.ts';
import { setIn } from './render.ts';
import {
  type Arguments,
  asIndex,
  Callable,
  expectHash,
  type JinjaDict,
  type JinjaValue,
  listJinjaValues,
  Namespace,
  NotRead,
  TemplateError,
  View,
} from './value.ts';

/** The limit of Jinja's sandbox. */
const MAX_RANGE = 100_000;

function range({ positional, named }: Arguments): JinjaValue {
  if (named.size > 0 || positional.length === 0 || positional.length > 3)
    throw new TemplateError('range takes 1 to 3 numbers');
  const [first = 0, second, step = 1] = positional.map((value) => asIndex(value, 'an argument of range'));
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new TemplateError('range has the step 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  if (length > MAX_RANGE) throw new TemplateError(`a range of ${length} numbers is too long`);
  const items = Array.from({ length }, (_, i) => start + i * step);
  return new View('range', items, `range(${start}, ${stop}${step === 1 ? '' : `, ${step}`})`);
}

/** `dict(mapping or pairs, **more)`. */
function dictOf({ positional, named }: Arguments): JinjaDict {
  if (positional.length > 1) throw new TemplateError('dict takes one argument without a name');
  const [given = new Map<JinjaValue, JinjaValue>()] = positional;
  const entries = isDict(given) ? [...given] : listJinjaValues(given).map(pairOf);
  return new Map([...entries, ...named]);
}

function pairOf(value: JinjaValue): [JinjaValue, JinjaValue] {
  const [key, item, ...others] = listJinjaValues(value);
  if (key === undefined || item === undefined || others.length > 0) throw new TemplateError('dict takes pairs');
  expectHash(key);
  return [key, item];
}

function namespace(args: Arguments): Namespace {
  const created = new Namespace();
  for (const [name, value] of dictOf(args)) {
    if (typeof name !== 'string') throw new NotRead('a namespace with names that are not text is not read');
    setIn(created, name, value);
  }
  return created;
}

const notRead = (name: string) =>
  new Callable(name, () => {
    throw new NotRead(`${name} is not read`);
  });

export const GLOBALS: ReadonlyMap<string, JinjaValue> = new Map<string, JinjaValue>(
  [
    new Callable('range', range),
    new Callable('dict', dictOf),
    new Callable('namespace', namespace),
    ...['lipsum', 'cycler', 'joiner'].map(notRead),
  ].map((callable) => [callable.name, callable]),
);
