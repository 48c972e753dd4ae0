import { describe, expect, it } from 'vitest';
import { budgetOf, bytesOf, LEAN } from './budget-of.ts';

const PLAIN = { useKvCache: false, plainAttention: true };
const CACHED = { useKvCache: true, plainAttention: true };

describe('BatchBudget', () => {
  it('accepts as many sequences as fit into memory', () => {
    // A sequence of 10 tokens takes 10 · (100 + 3 · 10) = 1300 floats.
    const budget = budgetOf(bytesOf(3900));
    expect(budget.fits(3, 10, 10, LEAN)).toBe(true);
    expect(budget.fits(4, 10, 10, LEAN)).toBe(false);
    expect(budgetOf(bytesOf(3899)).fits(3, 10, 10, LEAN)).toBe(false);
  });

  it('counts the products that plain attention holds', () => {
    // 10 · (100 + 7 · 10) = 1700 floats a sequence.
    expect(budgetOf(bytesOf(5100)).fits(3, 10, 10, PLAIN)).toBe(true);
    expect(budgetOf(bytesOf(5099)).fits(3, 10, 10, PLAIN)).toBe(false);
  });

  it('counts the KV cache', () => {
    // 10 · 8 floats more a sequence.
    expect(budgetOf(bytesOf(5340)).fits(3, 10, 10, CACHED)).toBe(true);
    expect(budgetOf(bytesOf(5339)).fits(3, 10, 10, CACHED)).toBe(false);
  });

  it('counts the KV cache twice where a step returns another one than it takes', () => {
    const budget = (bytes: number) => budgetOf(bytes, { isOnCpu: false });
    expect(budget(bytesOf(5580)).fits(3, 10, 10, CACHED)).toBe(true);
    expect(budget(bytesOf(5579)).fits(3, 10, 10, CACHED)).toBe(false);
    expect(budget(bytesOf(5100)).fits(3, 10, 10, PLAIN)).toBe(true);
  });

  it('knows the least memory with which one sequence runs in the smallest pieces', () => {
    // 32 tokens that see 1000 keys: 32 · (100 + 7 · 1000) floats.
    expect(budgetOf().leastBytes(1000)).toBe(Math.ceil(bytesOf(227_200)));
  });

  it('counts all keys that a sequence sees', () => {
    // 10 · (100 + 3 · 50) = 2500 floats a sequence.
    expect(budgetOf(bytesOf(5000)).fits(2, 10, 50, LEAN)).toBe(true);
    expect(budgetOf(bytesOf(4999)).fits(2, 10, 50, LEAN)).toBe(false);
  });

  it('allows some tokens and one row of logits however little memory there is, so that every model runs', () => {
    const budget = budgetOf(1);
    expect(budget.fits(1, 1, 1, LEAN)).toBe(false);
    expect(budget.chunkLength(1, 1000, CACHED)).toBe(32);
    expect(budget.chunkLength(5000, 1000, CACHED)).toBe(1);
    expect(budget.logitRows(1e6)).toBe(1);
  });

  it('allows no more tokens than make a batch faster, however much memory there is', () => {
    const budget = budgetOf(1e12);
    // On a CPU, side by side; one sequence runs as a whole.
    expect(budget.fits(1024, 1, 1, LEAN)).toBe(true);
    expect(budget.fits(1025, 1, 1, LEAN)).toBe(false);
    expect(budget.fits(1, 4096, 4096, LEAN)).toBe(true);
    expect(budget.fits(1, 4097, 4097, LEAN)).toBe(false);
    expect(budget.chunkLength(1, 10, LEAN)).toBe(4096);
    expect(budget.chunkLength(4, 10, LEAN)).toBe(256);
    const onDevice = budgetOf(1e12, { isOnCpu: false });
    expect(onDevice.fits(4096, 1, 1, LEAN)).toBe(true);
    expect(onDevice.fits(4097, 1, 1, LEAN)).toBe(false);
    expect(onDevice.chunkLength(4, 10, LEAN)).toBe(1024);
    expect(budget.logitRows(100)).toBe(512);
  });

  it('cuts a long sequence into chunks that fit', () => {
    // 64 tokens that see 1000 keys: 64 · (100 + 7 · 1000) floats. The KV cache takes the same memory for every chunk
    // size.
    expect(budgetOf(bytesOf(454_400)).chunkLength(1, 1000, CACHED)).toBe(64);
    expect(budgetOf(bytesOf(454_399)).chunkLength(1, 1000, CACHED)).toBe(32);
    expect(budgetOf(bytesOf(2 * 454_400)).chunkLength(2, 1000, CACHED)).toBe(64);
  });

  it('gives a quarter of the memory to logits', () => {
    // Twice 100 floats a row: the logits, and a copy for their sum.
    expect(budgetOf(4 * 4 * 2 * 100 * 7).logitRows(100)).toBe(7);
  });

  it('is 512 MiB by default', () => {
    // A quarter of it holds 2²⁹ / 4 / 8 / 50 000 = 335 rows of a vocabulary of 50 000.
    expect(budgetOf().logitRows(50_000)).toBe(335);
  });
});
