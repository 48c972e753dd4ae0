import type { ChoiceScoring, Wording } from '../item.ts';
import type { Random } from '../random.ts';
import { scoreTexts } from './choice-texts.ts';
import { type ChoiceRecord, repeatsChoice } from './question.ts';
import { choicesReferToOthers, continuableStem, questionRefersToLabels } from './text.ts';

/** Names of the two kinds of wording. They differ in shape, so that one of them alone can be in a training set. */
export const OPEN_CLUSTERS = ['open-question', 'open-phrase'] as const;
type OpenCluster = (typeof OPEN_CLUSTERS)[number];

/** What stands before the question, and between it and the answer. */
type Frame = readonly [before: string, after: string];

/** The question and the place for its answer, on lines of their own. */
const QUESTION_LINES: readonly Frame[] = [
  ['Question: ', '\nAnswer:'],
  ['Q: ', '\nA:'],
];

/** The question in running text, which the answer continues. */
const QUESTION_PHRASES: readonly Frame[] = [
  ['', ' The answer is'],
  ['', ' The correct answer is'],
];

/** The question without its choices, whose texts are scored: no letter helps. A choice completes a stem. */
export function open(
  cluster: OpenCluster,
  record: ChoiceRecord,
  { random, scoring }: { readonly random: Random; readonly scoring: ChoiceScoring },
): Wording {
  const question = scoreTexts(record, scoring);
  const isPhrase = cluster === 'open-phrase';
  const stem = isPhrase ? continuableStem(record.question) : null;
  if (stem !== null) return { prompt: stem, question };
  const [before, after] = random.pick(isPhrase ? QUESTION_PHRASES : QUESTION_LINES);
  return { prompt: `${before}${record.question}${after}`, question };
}

/** Whether the question can be asked without its choices. */
export function canBeOpen(record: ChoiceRecord): boolean {
  return !choicesReferToOthers(record) && !questionRefersToLabels(record);
}

/** Whether the choices can be put in another order: each means the same there, and no other is the same text. */
export function canBePermuted(record: ChoiceRecord): boolean {
  return canBeOpen(record) && !repeatsChoice(record);
}
