// WebAssembly as data, for inner loops on float64: its vector instructions process two numbers at a time, with the same
// result on every machine. Functions are nested expressions, encoded here without a compiler. Opcodes and layout:
// WebAssembly Core Specification 2.0, §5.

/** TypeScript has the types of WebAssembly only for browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: WasmFunction } };
  readonly Memory: new (size: { readonly initial: number }) => WasmMemory;
};
interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** Takes 32-bit integers: addresses in its memory, and numbers of bytes. */
type WasmFunction = (...parameters: number[]) => void;

const TYPES = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;
type Type = keyof typeof TYPES;

/** Instructions that compute a value. */
interface WasmExpression<T extends Type> {
  readonly type: T;
  readonly bytes: readonly number[];
}
/** Instructions that leave no value. */
export type WasmStatement = readonly number[];
/** An address or a number of bytes. */
export type Integer = WasmExpression<'i32'>;
type Float = WasmExpression<'f64'>;
/** Two float64. */
type WasmPair = WasmExpression<'v128'>;

export interface Variable<T extends Type> {
  readonly value: WasmExpression<T>;
  set(value: WasmExpression<T>): WasmStatement;
}

const expression = <T extends Type>(type: T, ...parts: ReadonlyArray<readonly number[]>): WasmExpression<T> => ({
  type,
  bytes: parts.flat(),
});

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** LEB128 with a sign. */
function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

export const i32Constant = (value: number): Integer => expression('i32', [0x41], signed(value));
export const i32Add = (a: Integer, b: Integer): Integer => expression('i32', a.bytes, b.bytes, [0x6a]);
const lessThan = (a: Integer, b: Integer): Integer => expression('i32', a.bytes, b.bytes, [0x49]);

const vectorOperation =
  (opcode: number) =>
  (a: WasmPair, b: WasmPair): WasmPair =>
    expression('v128', a.bytes, b.bytes, [0xfd], unsigned(opcode));
/** Lane by lane. */
export const pair = {
  add: vectorOperation(0xf0),
  subtract: vectorOperation(0xf1),
  multiply: vectorOperation(0xf2),
  /** One number in both lanes. */
  spread: (value: Float): WasmPair => expression('v128', value.bytes, [0xfd, 0x14]),
  zero: (): WasmPair => expression('v128', [0xfd, 0x0c], new Array<number>(16).fill(0)),
  /** @param offset in bytes, constant */
  load: (address: Integer, offset = 0): WasmPair =>
    expression('v128', address.bytes, [0xfd, 0x00, 3], unsigned(offset)),
  /** One number from memory in both lanes. */
  loadTwice: (address: Integer): WasmPair => expression('v128', address.bytes, [0xfd, 0x0a, 3, 0]),
  store: (address: Integer, value: WasmPair, offset = 0): WasmStatement => [
    ...address.bytes,
    ...value.bytes,
    ...[0xfd, 0x0b, 3],
    ...unsigned(offset),
  ],
  /** The sum of both lanes of a variable. */
  sum: ({ value }: Variable<'v128'>): Float =>
    expression('f64', value.bytes, [0xfd, 0x21, 0], value.bytes, [0xfd, 0x21, 1, 0xa0]),
};

export const float = {
  store: (address: Integer, value: Float): WasmStatement => [...address.bytes, ...value.bytes, 0x39, 3, 0],
};

/** Run the statements at least once, and again while a < b. */
export function repeatWhileLess(a: Integer, b: Integer, body: readonly WasmStatement[]): WasmStatement {
  return [0x03, 0x40, ...body.flat(), ...lessThan(a, b).bytes, 0x0d, 0, 0x0b];
}

/** Run the statements if the number is not zero. */
export function unlessZero(condition: Integer, body: readonly WasmStatement[]): WasmStatement {
  return [...condition.bytes, 0x04, 0x40, ...body.flat(), 0x0b];
}

/** The parameters of a function, and its local variables. */
interface WasmScope<Name extends string> {
  readonly parameters: Readonly<Record<Name, Variable<'i32'>>>;
  variable<T extends Type>(type: T): Variable<T>;
}

/** A function without memory. */
export interface Kernel {
  /** Opens at least so many bytes of memory, all zero, with the function that works on it. */
  open(bytes: number): KernelMemory;
  /** The function on the memory of another one. */
  beside(other: KernelMemory): WasmFunction;
}

interface KernelMemory {
  readonly memory: ArrayBuffer;
  readonly run: WasmFunction;
  readonly handle: WasmMemory;
}

const PAGE = 65536;

/** A function in WebAssembly, compiled when first opened; the first runs are slower. @param names of parameters */
export function defineKernel<Name extends string>(
  names: readonly Name[],
  body: (scope: WasmScope<Name>) => readonly WasmStatement[],
): Kernel {
  let module: object | null = null;
  const runOn = (memory: WasmMemory): WasmFunction => {
    module ??= new WebAssembly.Module(Uint8Array.from(encode(names, body)));
    return new WebAssembly.Instance(module, { own: { memory } }).exports.run;
  };
  return {
    open(bytes) {
      const handle = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
      return { memory: handle.buffer, run: runOn(handle), handle };
    },
    beside: ({ handle }) => runOn(handle),
  };
}

/** Bytes of memory kept for reuse: the system takes time to provide it. */
const KEPT = 16 * 1024 * 1024;

/** A function that opens memory of at least so many bytes or reuses it, with its old contents. */
export function reuseMemory<T extends { readonly memory: ArrayBuffer }>(
  open: (bytes: number) => T,
): (bytes: number) => T {
  let kept: T | null = null;
  return (bytes) => {
    const found = kept && kept.memory.byteLength >= bytes ? kept : open(bytes);
    if (found.memory.byteLength <= KEPT) kept = found;
    return found;
  };
}

/** A module that imports the memory own.memory and exports a function `run`. */
function encode<Name extends string>(
  names: readonly Name[],
  body: (scope: WasmScope<Name>) => readonly WasmStatement[],
): number[] {
  const types: Type[] = names.map(() => 'i32');
  const variableAt = <T extends Type>(type: T, index: number): Variable<T> => ({
    value: expression(type, [0x20], unsigned(index)),
    set: (value) => [...value.bytes, 0x21, ...unsigned(index)],
  });
  const statements = body({
    parameters: Object.fromEntries(
      names.map((name, index) => [name, variableAt('i32', index)]),
    ) as WasmScope<Name>['parameters'],
    variable: (type) => variableAt(type, types.push(type) - 1),
  });
  const parameters = names.map(() => [TYPES.i32]);
  const locals = types.slice(names.length).map((type) => [1, TYPES[type]]);
  const program = [...list(locals), ...statements.flat(), 0x0b];
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...list(parameters), 0]]),
    ...section(2, [[...text('own'), ...text('memory'), 2, 0, 0]]),
    ...section(3, [[0]]),
    ...section(7, [[...text('run'), 0, 0]]),
    ...section(10, [[...unsigned(program.length), ...program]]),
  ];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  const contents = list(items);
  return [id, ...unsigned(contents.length), ...contents];
}

function list(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(characters: string): number[] {
  return list([...characters].map((character) => [character.charCodeAt(0)]));
}
