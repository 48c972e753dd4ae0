import type { Flip } from '../../compare/probes/comparison.ts';
import { type ItemTable, MAX_PROMPT, type StoredItem } from '../../compare/probes/items/table.ts';

type Answered = NonNullable<Flip['beside']>;

/** The benchmark form of a flip's fact, by the prompt of its twin; null where the report does not have it. */
export function benchmarkFormOf({ prompt, right }: Flip, items: ItemTable | null): Answered | null {
  if (prompt === null || items === null) return null;
  // Of a long prompt, a table has the end.
  const stored = prompt.length <= MAX_PROMPT ? prompt : `…${prompt.slice(-MAX_PROMPT).replace(/^[\udc00-\udfff]/, '')}`;
  const fact = items.facts.find(
    ({ flip, items: own }) => flip === 'lost' && own.some((item) => item[1] === stored && item[2] === right),
  );
  const exam = fact?.items.find(([form]) => items.forms[form]?.form === 'benchmark');
  return exam === undefined ? null : answersOf(exam);
}

/** Null stands for the right answer. */
function answersOf([, prompt, right, baseline, candidate]: StoredItem): Answered | null {
  if (typeof prompt !== 'string' || right === null) return null;
  return { prompt, right, baseline: baseline ?? right, candidate: candidate ?? right };
}
