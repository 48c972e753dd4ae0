import { UserError } from '@shadow-gate/platform';
import { PythonFloat, type PythonValue } from '@shadow-gate/python';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, Scalar } from 'yaml';

/** A Python function in a file, and the key whose value it is: `process_docs`, `metric_list.0.metric`. */
interface FunctionReference {
  readonly key: string;
  readonly name: string;
}

export interface YamlEntry {
  readonly value: PythonValue;
  readonly functions: readonly FunctionReference[];
}

/** PyYAML's `SafeLoader` reads scalars without quotes by these (YAML 1.1, not 1.2). */
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const TRUE = /^(?:yes|true|on)$/i;
const NULL = /^(?:~|null|Null|NULL|)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$/;
const FLOAT = /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/;
const SPECIAL_FLOAT = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const DATE = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt \t]+\d{1,2}:\d{2}:\d{2})/;

/** Brackets in texts count too: nothing is parsed yet. */
const DEEPEST = 200;
const LISTS_IN_LISTS = new RegExp(`(?:[-?][ \\t]+){${DEEPEST}}`);

const NULL_TAG = 'tag:yaml.org,2002:null';

/** Aliases of one file; a task has none or a few. */
const MOST_ALIASES = 100;

/** Read like PyYAML; `!function` stays a reference. @throws UserError with file and line of other YAML and values */
export function readYamlEntries(text: string, file: string): Map<string, YamlEntry> {
  if (deepestNesting(text) > DEEPEST || LISTS_IN_LISTS.test(text)) {
    throw new UserError(`${file} nests more than ${DEEPEST} levels`, 'check the path');
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    schema: 'failsafe',
    version: '1.1',
    lineCounter: lines,
    uniqueKeys: false,
    customTags: [
      { tag: '!function', resolve: (name: string) => name },
      { tag: NULL_TAG, resolve: (text: string) => text },
    ],
    strict: false,
    logLevel: 'error',
  });
  const [syntax] = [...document.errors, ...document.warnings];
  if (syntax !== undefined) {
    const what = syntax.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '');
    throw new UserError(`${file}:${syntax.linePos?.[0].line ?? 1}: ${what}`, 'correct the YAML');
  }
  const { contents } = document;
  if (!isMap(contents)) throw new UserError(`${file} is not a mapping of keys`, 'give a task of lm-evaluation-harness');
  const resolve = (node: Node): Node => {
    if (!isAlias(node)) return node;
    const source = node.resolve(document);
    if (source !== undefined) return source;
    throw new UserError(`${file}: the alias ${node.source} has no anchor`, 'correct the YAML');
  };
  return new Reader(file, lines, resolve).entries(contents.items as Pair<Node, Node | null>[]);
}

class Reader {
  readonly #file: string;
  readonly #lines: LineCounter;
  readonly #resolve: (node: Node) => Node;
  #aliases = 0;
  #functions: FunctionReference[] = [];

  constructor(file: string, lines: LineCounter, resolve: (node: Node) => Node) {
    this.#file = file;
    this.#lines = lines;
    this.#resolve = resolve;
  }

  entries(pairs: readonly Pair<Node, Node | null>[]): Map<string, YamlEntry> {
    const entries = new Map<string, YamlEntry>();
    for (const { key, value } of pairs) {
      const name = this.#value(key, '');
      if (typeof name !== 'string') throw this.#error(key, 'a key is not text', 'correct it');
      this.#functions = [];
      entries.set(name, { value: this.#value(value, name), functions: this.#functions });
    }
    return entries;
  }

  #value(given: Node | null, key: string): PythonValue {
    if (given === null) return null;
    const node = this.#resolve(given);
    if (node !== given) {
      this.#aliases += 1;
      if (this.#aliases > MOST_ALIASES)
        throw this.#error(given, `has more than ${MOST_ALIASES} aliases`, 'write values out');
    }
    if (isScalar(node)) return this.#scalar(node as Scalar, key);
    if (isSeq(node)) return node.items.map((item, i) => this.#value(item as Node | null, `${key}.${i}`));
    if (!isMap(node)) throw this.#error(node, 'has something that is no value', 'correct it');
    const dict = new Map<PythonValue, PythonValue>();
    for (const { key: inner, value } of node.items as Pair<Node, Node | null>[]) {
      const name = this.#value(inner, key);
      dict.set(name, this.#value(value, `${key}.${String(name)}`));
    }
    return dict;
  }

  #scalar(node: Scalar, key: string): PythonValue {
    const text = String(node.value ?? '');
    if (node.tag === '!function') {
      this.#functions.push({ key, name: text });
      return null;
    }
    if (node.tag === NULL_TAG) return null;
    const isPlain = node.type === Scalar.PLAIN && (node.tag === undefined || node.tag === 'tag:yaml.org,2002:str');
    if (node.source?.startsWith('!!') || !isPlain || node.tag === '!') return text;
    if (NULL.test(text)) return null;
    if (BOOLEAN.test(text)) return TRUE.test(text);
    if (INTEGER.test(text)) return toInt(text);
    if (FLOAT.test(text)) return new PythonFloat(Number(text.replaceAll('_', '')));
    if (SPECIAL_FLOAT.test(text) || SEXAGESIMAL.test(text) || DATE.test(text) || text === '<<' || text === '=') {
      throw this.#error(node, `${key}: Python does not read ${text} as text`, 'put it in quotes if it is text');
    }
    return text;
  }

  #error(node: Node, problem: string, hint: string): UserError {
    const line = node.range ? this.#lines.linePos(node.range[0]).line : 1;
    return new UserError(`${this.#file}:${line}: ${problem}`, hint);
  }
}

function toInt(text: string): number | bigint {
  const digits = text.replaceAll('_', '').replace(/^[-+]/, '');
  const plain = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const size = BigInt(plain);
  const value = text.startsWith('-') ? -size : size;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Deepest nesting of brackets, quoted ones included. Parsers recurse, and a full stack can end the process. */
function deepestNesting(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const character of text) {
    if ('[{'.includes(character)) depth += 1;
    else if (']}'.includes(character)) depth = Math.max(0, depth - 1);
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
