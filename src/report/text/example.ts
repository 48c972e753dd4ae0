import { type Flip, type ItemTable, MAX_PROMPT, type StoredItem } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';

/** A form and the answers of both models. */
export type AnsweredForm = Pick<Flip, 'prompt' | 'right' | 'baseline' | 'candidate'>;

/** One answer that changed, in both forms; null after a pass, or if texts are not disclosed. */
export function exampleFlip({ verdict, probes }: Report): { readonly flip: Flip; readonly exam: AnsweredForm } | null {
  const [flip] = probes?.comparison.flips ?? [];
  if (verdict === 'pass' || !probes || flip === undefined || flip.right === null) return null;
  const exam = examOfFlip(flip, probes.items);
  return exam === null ? null : { flip, exam };
}

/** The exam question of a flip's fact, found by the prompt of its other form; null if the report lacks it. */
export function examOfFlip({ prompt, right, beside }: Flip, items: ItemTable | null): AnsweredForm | null {
  if (beside !== undefined) return beside;
  if (prompt === null || items === null) return null;
  // A table keeps the end of a long prompt.
  const stored = prompt.length <= MAX_PROMPT ? prompt : `…${prompt.slice(-MAX_PROMPT).replace(/^[\udc00-\udfff]/, '')}`;
  const fact = items.facts.find(
    ({ flip, items: own }) => flip === 'lost' && own.some((item) => item[1] === stored && item[2] === right),
  );
  const exam = fact?.items.find(([form]) => items.forms[form]?.form === 'benchmark');
  return exam === undefined ? null : answersOf(exam);
}

/** Null stands for the right answer. */
function answersOf([, prompt, right, baseline, candidate]: StoredItem): AnsweredForm | null {
  if (typeof prompt !== 'string' || right === null) return null;
  return { prompt, right, baseline: baseline ?? right, candidate: candidate ?? right };
}
