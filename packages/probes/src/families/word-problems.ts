import { bare } from './arithmetic/bare.ts';
import { arithmeticChain } from './arithmetic/chain.ts';
import { stories } from './arithmetic/story-level.ts';
import type { ProbeFamily } from './family.ts';
import { familyFrom } from './recipe.ts';

/** Arithmetic: sums, then stories with more and more steps and larger numbers. */
export const wordProblems: ProbeFamily = familyFrom('word-problems', 'reasoning', [
  { ...bare('sums of one digit', { a: [2, 18], b: [2, 9] }), supply: 124 },
  bare('sums of two digits and one', { a: [21, 88], b: [2, 9] }),
  bare('sums of two digits', { a: [31, 98], b: [12, 69] }),
  arithmeticChain('a story in one step', { steps: 1, size: 20, kinds: 'simple' }),
  stories('stories in one to three steps'),
  arithmeticChain('a story in four steps', { steps: 4, size: 100, kinds: 'all' }),
  arithmeticChain('a story in eight steps', { steps: 8, size: 200, kinds: 'all' }),
]);
