import { commands } from './commands.ts';
import { facts } from './facts.ts';
import type { ProbeFamily } from './family.ts';
import { records } from './records.ts';
import { pythonCode } from './secret/code.ts';
import { dates } from './secret/dates.ts';
import { languages } from './secret/languages.ts';
import { numbers } from './secret/numbers.ts';
import { unitConversion } from './secret/units.ts';
import { englishWords } from './secret/words.ts';
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

/** Families of a secret suite alone, whose facts are too many to learn one by one unless their level says so. */
export const SECRET_FAMILIES: readonly ProbeFamily[] = [
  numbers,
  englishWords,
  dates,
  unitConversion,
  pythonCode,
  languages,
];
