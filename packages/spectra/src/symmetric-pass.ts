import {
  defineKernel,
  float,
  type Integer,
  i32Add,
  i32Constant,
  pair,
  repeatWhileLess,
  unlessZero,
  type Variable,
  type WasmStatement,
} from './wasm.ts';

/** Rows in a pass, so that each load of v, w, x and y serves both. Four need more registers than there are. */
export const ROWS = 2;

/** Bytes of a number, and of two. */
const NUMBER = 8;
const PAIR = 16;

const PARAMETERS = ['a', 'stride', 'end', 'v', 'w', 'x', 'y'] as const;

/**
 * One pass over the lower triangle of A [size, size], row-major: A ← A − v·wᵀ − w·vᵀ, and y = A·x of the result.
 *
 * Parameters, in bytes: address of A, distance of its rows, 8·size, addresses of v, w, x and y, all of them multiples
 * of 16. The size is a multiple of ROWS, and so are the blocks [ROWS, ROWS] on the diagonal, which have both triangles.
 */
export const symmetricPass = defineKernel(PARAMETERS, ({ parameters, variable }) => {
  const { a, stride, end, v, w, x, y } = parameters;
  /** Bytes from the start of a row to the current block on the diagonal, and to the current column. */
  const [block, column] = [variable('i32'), variable('i32')];
  const rows = Array.from({ length: ROWS }, () => ({
    start: variable('i32'),
    v: variable('v128'),
    w: variable('v128'),
    x: variable('v128'),
    sum: variable('v128'),
  }));
  const shared = { v: variable('v128'), w: variable('v128'), x: variable('v128'), y: variable('v128') };
  const entries = variable('v128');
  const current = (start: Variable<'i32'>): Integer => i32Add(start.value, column.value);
  const ofRow = (vector: Variable<'i32'>, index: number): Integer =>
    i32Add(i32Add(vector.value, block.value), i32Constant(NUMBER * index));

  /** Two columns of the rows. On the diagonal, where A has both triangles, the rows' own sums are all there is. */
  const twoColumns = (isDiagonal: boolean): WasmStatement[] => [
    shared.v.set(pair.load(current(v))),
    shared.w.set(pair.load(current(w))),
    shared.x.set(pair.load(current(x))),
    ...(isDiagonal ? [] : [shared.y.set(pair.load(current(y)))]),
    ...rows.flatMap((row) => {
      const without = pair.subtract(pair.load(current(row.start)), pair.multiply(row.v.value, shared.w.value));
      return [
        entries.set(pair.subtract(without, pair.multiply(row.w.value, shared.v.value))),
        pair.store(current(row.start), entries.value),
        row.sum.set(pair.add(row.sum.value, pair.multiply(entries.value, shared.x.value))),
        ...(isDiagonal ? [] : [shared.y.set(pair.add(shared.y.value, pair.multiply(entries.value, row.x.value)))]),
      ];
    }),
    ...(isDiagonal ? [] : [pair.store(current(y), shared.y.value)]),
  ];
  const blockOfRows = [
    ...rows.flatMap((row, index) => [
      row.start.set(a.value),
      a.set(i32Add(a.value, stride.value)),
      row.v.set(pair.loadTwice(ofRow(v, index))),
      row.w.set(pair.loadTwice(ofRow(w, index))),
      row.x.set(pair.loadTwice(ofRow(x, index))),
      row.sum.set(pair.zero()),
    ]),
    column.set(i32Constant(0)),
    unlessZero(block.value, [
      repeatWhileLess(column.value, block.value, [
        ...twoColumns(false),
        column.set(i32Add(column.value, i32Constant(PAIR))),
      ]),
    ]),
    ...twoColumns(true),
    // Nothing was added to these entries of y before: the rows above have no columns there.
    ...rows.map((row, index) => float.store(ofRow(y, index), pair.sum(row.sum))),
    block.set(i32Add(block.value, i32Constant(NUMBER * ROWS))),
  ];
  return [block.set(i32Constant(0)), repeatWhileLess(block.value, end.value, blockOfRows)];
});
