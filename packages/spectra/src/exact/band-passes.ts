import {
  defineKernel,
  type Integer,
  i32Add,
  i32Constant,
  pair,
  repeatWhileLess,
  type Variable,
  type WasmStatement,
} from '../wasm.ts';

/** Bytes of a number, and of two. */
const NUMBER = 8;
const PAIR = 16;

/** Rows that the first kernel processes together, so that v is loaded once. */
const ROWS = 2;

/** Pairs of columns that the second kernel processes together, so that v is loaded once. */
const COLUMNS = 4;

/** The width of a band must be a multiple of this. */
export const WIDTHS = COLUMNS;

/**
 * x ← x − τ·(x·v)·v for the first `bytes` of the rows at `from`, `from + step`, … below `end` (and one more if their
 * number is odd). All parameters are addresses or numbers of bytes; τ is in memory.
 */
export const rowPass = defineKernel(['from', 'end', 'step', 'v', 'tau', 'bytes'], ({ parameters, variable }) => {
  const { from, end, step, v, tau, bytes } = parameters;
  const column = variable('i32');
  const part = variable('v128');
  const rows = Array.from({ length: ROWS }, () => ({ start: variable('i32'), sum: variable('v128') }));
  const current = (start: Variable<'i32'>): Integer => i32Add(start.value, column.value);
  const overColumns = (body: readonly WasmStatement[]): WasmStatement[] => [
    column.set(i32Constant(0)),
    repeatWhileLess(column.value, bytes.value, [
      part.set(pair.load(current(v))),
      ...body,
      column.set(i32Add(column.value, i32Constant(PAIR))),
    ]),
  ];
  return [
    repeatWhileLess(from.value, end.value, [
      ...rows.flatMap(({ start, sum }) => [
        start.set(from.value),
        from.set(i32Add(from.value, step.value)),
        sum.set(pair.zero()),
      ]),
      ...overColumns(
        rows.map(({ start, sum }) =>
          sum.set(pair.add(sum.value, pair.multiply(pair.load(current(start)), part.value))),
        ),
      ),
      ...rows.map(({ sum }) => sum.set(pair.multiply(pair.spread(pair.sum(sum)), pair.loadTwice(tau.value)))),
      ...overColumns(
        rows.map(({ start, sum }) => {
          const change = pair.multiply(sum.value, part.value);
          return pair.store(current(start), pair.subtract(pair.load(current(start)), change));
        }),
      ),
    ]),
  ];
});

/**
 * y ← y − τ·(v·y)·v for the columns at `from`, `from + 8`, … below `end`, COLUMNS pairs at a time. The entries of y are
 * `step` apart, and v has `bytes`.
 */
export const columnPass = defineKernel(['from', 'end', 'step', 'v', 'tau', 'bytes'], ({ parameters, variable }) => {
  const { from, end, step, v, tau, bytes } = parameters;
  const [index, place] = [variable('i32'), variable('i32')];
  const part = variable('v128');
  const sums = Array.from({ length: COLUMNS }, () => variable('v128'));
  const overRows = (body: readonly WasmStatement[]): WasmStatement[] => [
    index.set(i32Constant(0)),
    place.set(from.value),
    repeatWhileLess(index.value, bytes.value, [
      part.set(pair.loadTwice(i32Add(v.value, index.value))),
      ...body,
      place.set(i32Add(place.value, step.value)),
      index.set(i32Add(index.value, i32Constant(NUMBER))),
    ]),
  ];
  const entries = (k: number) => pair.load(place.value, PAIR * k);
  return [
    repeatWhileLess(from.value, end.value, [
      ...sums.map((sum) => sum.set(pair.zero())),
      ...overRows(sums.map((sum, k) => sum.set(pair.add(sum.value, pair.multiply(part.value, entries(k)))))),
      ...sums.map((sum) => sum.set(pair.multiply(sum.value, pair.loadTwice(tau.value)))),
      ...overRows(
        sums.map((sum, k) =>
          pair.store(place.value, pair.subtract(entries(k), pair.multiply(part.value, sum.value)), PAIR * k),
        ),
      ),
      from.set(i32Add(from.value, i32Constant(PAIR * COLUMNS))),
    ]),
  ];
});
