import { commands } from './commands.ts';
import { facts } from './facts.ts';
import type { ProbeFamily } from './family.ts';
import { records } from './records.ts';
import { stringOperations } from './string-operations.ts';
import { transitiveOrdering } from './transitive-ordering.ts';
import { wordProblems } from './word-problems.ts';

/** The families of the built-in suite, in its order. */
export const PROBE_FAMILIES: readonly ProbeFamily[] = [
  wordProblems,
  transitiveOrdering,
  commands,
  stringOperations,
  facts,
  records,
];
