import { PickleBytes } from './pickle-bytes.ts';
import { PickleError } from './pickle-error.ts';
import { Global, Items, List, PickleDict, PickleInstance, type PickleValue, pickleKind, Tuple } from './values.ts';

/**
 * Interprets pickles, protocols 0 to 5 (Python 3.13, Lib/pickletools.py). It calls nothing, and stops at names outside
 * its vocabulary. Time and memory are linear in the length.
 */

export interface PickleVocabulary {
  /** @throws PickleError for an unknown name */
  readonly find: (module: string, name: string) => Global;
  /** The result of a known function, or an object of a known class. @throws PickleError for wrong arguments */
  readonly call: (callee: Global, args: readonly PickleValue[]) => PickleValue;
  readonly load: (id: PickleValue) => PickleValue;
}

/** A model has some hundred opcodes per tensor, and the largest 10⁵ tensors. */
const MAX_OPCODES = 16_000_000;
/** Objects with members take some hundred bytes each. */
const MAX_OBJECTS = 4_000_000;

/** Read one pickle; `end` is the position after it. @throws PickleError for anything else */
export function readPickle(
  bytes: Buffer,
  vocabulary: PickleVocabulary,
  start = 0,
): { readonly value: PickleValue; readonly end: number } {
  return new Interpreter(new PickleBytes(bytes, start), vocabulary).run();
}

class Interpreter {
  #stack: PickleValue[] = [];
  readonly #marked: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();
  #objects = 0;
  readonly bytes: PickleBytes;
  readonly vocabulary: PickleVocabulary;

  constructor(bytes: PickleBytes, vocabulary: PickleVocabulary) {
    this.bytes = bytes;
    this.vocabulary = vocabulary;
  }

  run(): { readonly value: PickleValue; readonly end: number } {
    for (let count = 0; count < MAX_OPCODES; count += 1) {
      const at = this.bytes.position;
      const opcode = this.bytes.byte();
      if (opcode === STOP) return { value: this.pop(), end: this.bytes.position };
      const step = STEPS[opcode];
      if (!step) {
        const shown = JSON.stringify(String.fromCharCode(opcode));
        throw new PickleError(`byte ${at} of it is ${shown}, which is no opcode that is read`);
      }
      step(this);
    }
    throw new PickleError(`it has more than ${MAX_OPCODES} opcodes`);
  }

  push(value: PickleValue): void {
    if (typeof value === 'object' && value !== null) this.#count();
    this.#stack.push(value);
  }

  #count(): void {
    this.#objects += 1;
    if (this.#objects > MAX_OBJECTS) throw new PickleError(`it has more than ${MAX_OBJECTS} objects`);
  }

  /** Push an object that has been counted before. */
  pushKnown(value: PickleValue): void {
    this.#stack.push(value);
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new PickleError('it takes more than it has put there');
    return value;
  }

  top(): PickleValue {
    const value = this.#stack[this.#stack.length - 1];
    if (value === undefined) throw new PickleError('it takes more than it has put there');
    return value;
  }

  mark(): void {
    this.#count();
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  popMark(): PickleValue[] {
    const items = this.#stack;
    const before = this.#marked.pop();
    if (!before) throw new PickleError('it takes more than it has put there');
    this.#stack = before;
    return items;
  }

  /** POP also removes a mark. */
  drop(): void {
    if (this.#stack.length === 0 && this.#marked.length > 0) this.popMark();
    else this.pop();
  }

  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleError(`it refers to an object ${index} that it does not have`);
    this.#stack.push(value);
  }

  pushGlobal(module: PickleValue, name: PickleValue): void {
    if (typeof module !== 'string' || typeof name !== 'string') {
      throw new PickleError(`it names a function by ${pickleKind(module)} and ${pickleKind(name)}`);
    }
    this.#stack.push(this.vocabulary.find(module, name));
  }

  call(callee: PickleValue, args: readonly PickleValue[]): void {
    if (!(callee instanceof Global)) throw new PickleError(`it calls ${pickleKind(callee)}`);
    this.push(this.vocabulary.call(callee, args));
  }

  persistent(id: PickleValue): void {
    this.push(this.vocabulary.load(id));
  }

  extend(items: readonly PickleValue[]): void {
    const list = this.top();
    if (list instanceof Items) return;
    if (!(list instanceof List)) throw new PickleError(`it appends to ${pickleKind(list)}`);
    for (const item of items) list.items.push(item);
  }

  put(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict)) throw new PickleError(`it puts items into ${pickleKind(dict)}`);
    fill(dict, items);
  }

  /** Set an object's attributes. Those of an OrderedDict, such as `_metadata`, are not read. */
  build(): void {
    const state = this.pop();
    const object = this.top();
    if (object instanceof PickleInstance) object.state = state;
    else if (!(object instanceof PickleDict)) throw new PickleError(`it sets the state of ${pickleKind(object)}`);
  }
}

function fill(dict: PickleDict, items: readonly PickleValue[]): PickleDict {
  if (items.length % 2 !== 0) throw new PickleError('it has a key without a value');
  for (let i = 0; i < items.length; i += 2) {
    const key = items[i] ?? null;
    if (key instanceof PickleDict || key instanceof List || key instanceof Items) {
      throw new PickleError(`it has a key that is ${pickleKind(key)}`);
    }
    dict.entries.set(key, items[i + 1] ?? null);
  }
  return dict;
}

function listOf(items: readonly PickleValue[]): List {
  const list = new List();
  for (const item of items) list.items.push(item);
  return list;
}

function argumentsOf(value: PickleValue): readonly PickleValue[] {
  if (!(value instanceof Tuple)) throw new PickleError(`it calls something with ${pickleKind(value)}`);
  return value.items;
}

function lastOf(at: Interpreter, count: number): Tuple {
  return new Tuple(Array.from({ length: count }, () => at.pop()).reverse());
}

/** INST and OBJ: the class and its arguments follow the mark. */
function callMarked(at: Interpreter): void {
  const [callee = null, ...args] = at.popMark();
  at.call(callee, args);
}

/** REDUCE and NEWOBJ. */
function callWithTuple(at: Interpreter): void {
  const args = argumentsOf(at.pop());
  at.call(at.pop(), args);
}

/** All opcodes but EXT1 to EXT4, PERSID and buffers outside of the pickle. */
const OPCODES = new Map<string, (at: Interpreter) => void>([
  ['\x80', ({ bytes }) => bytes.protocol()],
  ['\x95', ({ bytes }) => bytes.frame()],
  ['(', (at) => at.mark()],
  ['0', (at) => at.drop()],
  ['1', (at) => void at.popMark()],
  ['2', (at) => at.pushKnown(at.top())],
  ['N', (at) => at.push(null)],
  ['\x88', (at) => at.push(true)],
  ['\x89', (at) => at.push(false)],
  ['I', (at) => at.push(at.bytes.textInteger())],
  ['L', (at) => at.push(at.bytes.textLong())],
  ['J', (at) => at.push(at.bytes.signed(4))],
  ['K', (at) => at.push(at.bytes.unsigned(1))],
  ['M', (at) => at.push(at.bytes.unsigned(2))],
  ['\x8a', (at) => at.push(at.bytes.long(1))],
  ['\x8b', (at) => at.push(at.bytes.long(4))],
  ['F', (at) => at.push(at.bytes.textFloat())],
  ['G', (at) => at.push(at.bytes.float())],
  ['S', (at) => at.push(at.bytes.quoted())],
  ['V', (at) => at.push(at.bytes.escaped())],
  ['T', (at) => at.push(at.bytes.text(4))],
  ['U', (at) => at.push(at.bytes.text(1))],
  ['X', (at) => at.push(at.bytes.text(4))],
  ['\x8c', (at) => at.push(at.bytes.text(1))],
  ['\x8d', (at) => at.push(at.bytes.text(8))],
  ['B', (at) => at.push(at.bytes.slice(4))],
  ['C', (at) => at.push(at.bytes.slice(1))],
  ['\x8e', (at) => at.push(at.bytes.slice(8))],
  ['\x96', (at) => at.push(at.bytes.slice(8))],
  [')', (at) => at.push(new Tuple([]))],
  ['t', (at) => at.push(new Tuple(at.popMark()))],
  ['\x85', (at) => at.push(lastOf(at, 1))],
  ['\x86', (at) => at.push(lastOf(at, 2))],
  ['\x87', (at) => at.push(lastOf(at, 3))],
  [']', (at) => at.push(new List())],
  ['l', (at) => at.push(listOf(at.popMark()))],
  ['a', (at) => at.extend([at.pop()])],
  ['e', (at) => at.extend(at.popMark())],
  ['}', (at) => at.push(new PickleDict())],
  ['d', (at) => at.push(fill(new PickleDict(), at.popMark()))],
  ['s', (at) => at.put(lastOf(at, 2).items)],
  ['u', (at) => at.put(at.popMark())],
  ['\x8f', (at) => at.push(new Items())],
  ['\x90', (at) => at.extend(at.popMark())],
  [
    '\x91',
    (at) => {
      at.popMark();
      at.push(new Items());
    },
  ],
  ['p', (at) => at.memoize(Number(at.bytes.textInteger()))],
  ['q', (at) => at.memoize(at.bytes.unsigned(1))],
  ['r', (at) => at.memoize(at.bytes.unsigned(4))],
  ['\x94', (at) => at.memoize()],
  ['g', (at) => at.recall(Number(at.bytes.textInteger()))],
  ['h', (at) => at.recall(at.bytes.unsigned(1))],
  ['j', (at) => at.recall(at.bytes.unsigned(4))],
  ['c', (at) => at.pushGlobal(at.bytes.line(), at.bytes.line())],
  [
    '\x93',
    (at) => {
      const name = at.pop();
      at.pushGlobal(at.pop(), name);
    },
  ],
  [
    'i',
    (at) => {
      at.pushGlobal(at.bytes.line(), at.bytes.line());
      const callee = at.pop();
      at.call(callee, at.popMark());
    },
  ],
  ['o', callMarked],
  ['R', callWithTuple],
  ['\x81', callWithTuple],
  [
    '\x92',
    (at) => {
      const named = at.pop();
      const args = argumentsOf(at.pop());
      if (!(named instanceof PickleDict) || named.entries.size > 0)
        throw new PickleError('it calls something by named arguments');
      at.call(at.pop(), args);
    },
  ],
  ['b', (at) => at.build()],
  ['Q', (at) => at.persistent(at.pop())],
]);

const STEPS = Array.from({ length: 256 }, (_, byte) => OPCODES.get(String.fromCharCode(byte)));
const STOP = '.'.charCodeAt(0);
