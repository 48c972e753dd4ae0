import { describe, expect, it } from 'vitest';
import { defineKernel, float, i32Add, i32Constant, pair, repeatWhileLess, unlessZero } from '../src/wasm.ts';

describe('a kernel in WebAssembly', () => {
  const PARAMETERS = ['from', 'to', 'bytes'] as const;
  /** Doubles pairs of numbers, and adds the lanes of the last one after them. */
  const kernel = defineKernel(PARAMETERS, ({ parameters: { from, to, bytes }, variable }) => {
    const [offset, current] = [variable('i32'), variable('v128')];
    const place = (start: typeof from) => i32Add(start.value, offset.value);
    return [
      offset.set(i32Constant(0)),
      unlessZero(bytes.value, [
        repeatWhileLess(offset.value, bytes.value, [
          current.set(pair.load(place(from))),
          pair.store(place(to), pair.add(current.value, current.value)),
          offset.set(i32Add(offset.value, i32Constant(16))),
        ]),
        float.store(place(to), pair.sum(current)),
      ]),
    ];
  });

  it('reads and writes its memory', () => {
    const { memory, run } = kernel.open(2 ** 20);
    const numbers = new Float64Array(memory);
    numbers.set([1, 2, 3, 4.5]);
    run(0, 500_000, 32);
    expect([...numbers.subarray(62_500, 62_506)]).toEqual([2, 4, 6, 9, 7.5, 0]);
  });

  it('has memory of its own each time that it is opened, all zero', () => {
    const [first, second] = [kernel.open(64), kernel.open(64)];
    new Float64Array(first.memory).fill(1);
    first.run(0, 16, 16);
    expect(new Float64Array(second.memory).every((number) => number === 0)).toBe(true);
  });

  it('does nothing in a branch that is not taken', () => {
    const { memory, run } = kernel.open(64);
    new Float64Array(memory).set([1, 2]);
    run(0, 16, 0);
    expect([...new Float64Array(memory, 0, 4)]).toEqual([1, 2, 0, 0]);
  });

  it.each([0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 30])('encodes the integer %d', (value) => {
    const adding = defineKernel(['address'], ({ parameters: { address } }) => [
      // 2³² wraps around: the address is right only if both integers are.
      pair.store(i32Add(i32Add(address.value, i32Constant(value)), i32Constant(-value)), pair.load(i32Constant(0), 16)),
    ]);
    const { memory, run } = adding.open(64);
    const numbers = new Float64Array(memory);
    numbers.set([0, 0, 5, 6]);
    run(32);
    expect([...numbers.subarray(4, 6)]).toEqual([5, 6]);
  });
});
