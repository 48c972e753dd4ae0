import { describe, expect, it } from 'vitest';
import { budgetOf, bytesOf, LEAN } from './budget-of.ts';

const PLAIN = { keep: false, plain: true };
const KEEPING = { keep: true, plain: true };

describe('BatchBudget', () => {
  it('takes as many sequences as fit: one of 10 tokens takes 10 · (100 + 3 · 10) = 1300 floats', () => {
    const budget = budgetOf(bytesOf(3900));
    expect(budget.fits(3, 10, 10, LEAN)).toBe(true);
    expect(budget.fits(4, 10, 10, LEAN)).toBe(false);
    expect(budgetOf(bytesOf(3899)).fits(3, 10, 10, LEAN)).toBe(false);
  });

  it('counts what attention holds that is not fused: 10 · (100 + 7 · 10) = 1700', () => {
    expect(budgetOf(bytesOf(5100)).fits(3, 10, 10, PLAIN)).toBe(true);
    expect(budgetOf(bytesOf(5099)).fits(3, 10, 10, PLAIN)).toBe(false);
  });

  it('counts keys and values that are kept: 10 · 8 more', () => {
    expect(budgetOf(bytesOf(5340)).fits(3, 10, 10, KEEPING)).toBe(true);
    expect(budgetOf(bytesOf(5339)).fits(3, 10, 10, KEEPING)).toBe(false);
  });

  it('counts all keys that a sequence sees: 10 · (100 + 3 · 50) = 2500', () => {
    expect(budgetOf(bytesOf(5000)).fits(2, 10, 50, LEAN)).toBe(true);
    expect(budgetOf(bytesOf(4999)).fits(2, 10, 50, LEAN)).toBe(false);
  });

  it('takes some tokens and one row of logits in any case: a model must run, and not crawl', () => {
    const budget = budgetOf(1);
    expect(budget.fits(1, 1, 1, LEAN)).toBe(false);
    expect(budget.longest(1, 1000, KEEPING)).toBe(32);
    expect(budget.longest(5000, 1000, KEEPING)).toBe(1);
    expect(budget.logitRows(1e6)).toBe(1);
  });

  it('takes no more tokens than make a pass faster, however much memory there is', () => {
    const budget = budgetOf(1e12);
    expect(budget.fits(4096, 1, 1, LEAN)).toBe(true);
    expect(budget.fits(4097, 1, 1, LEAN)).toBe(false);
    expect(budget.longest(1, 10, LEAN)).toBe(4096);
    expect(budget.longest(4, 10, LEAN)).toBe(1024);
    expect(budget.logitRows(100)).toBe(4096);
  });

  it('cuts a long sequence into pieces that fit', () => {
    // 64 tokens that see 1000 keys: 64 · (100 + 7 · 1000) floats. What is kept is there whatever the piece.
    expect(budgetOf(bytesOf(454_400)).longest(1, 1000, KEEPING)).toBe(64);
    expect(budgetOf(bytesOf(454_399)).longest(1, 1000, KEEPING)).toBe(32);
    expect(budgetOf(bytesOf(2 * 454_400)).longest(2, 1000, KEEPING)).toBe(64);
  });

  it('gives logits a quarter: two rows of 100 floats, logits and what their sum needs', () => {
    expect(budgetOf(4 * 4 * 2 * 100 * 7).logitRows(100)).toBe(7);
  });

  it('is 512 MiB if nobody says', () => {
    // A quarter of it holds 2²⁹ / 4 / 8 / 50 000 = 335 rows of a vocabulary of 50 000.
    expect(budgetOf().logitRows(50_000)).toBe(335);
  });
});
