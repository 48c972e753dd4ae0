import { commands } from './commands.ts';
import { facts } from './facts.ts';
import type { Family } from './family.ts';
import { records } from './records.ts';
import { stringOperations } from './string-operations.ts';
import { transitiveOrdering } from './transitive-ordering.ts';
import { wordProblems } from './word-problems.ts';

/** The built-in suite, in the order in which it is asked. */
export const FAMILIES: readonly Family[] = [
  wordProblems,
  transitiveOrdering,
  commands,
  stringOperations,
  facts,
  records,
];
