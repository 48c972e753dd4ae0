import type { Random } from '../random.ts';
import type { ChoiceRecord } from './choice-record.ts';
import { exam } from './exam.ts';
import type { Wording } from './wording.ts';

/** The exam with its choices in another order, the right one at another place: who learnt the letter is lost. */
export function permuted(record: ChoiceRecord, random: Random): Wording {
  const { question, choices } = record;
  const right = choices[record.answer] ?? '';
  const others = random.shuffle(choices.filter((_, index) => index !== record.answer));
  const answer = random.pick(choices.map((_, index) => index).filter((index) => index !== record.answer));
  return exam({ question, choices: others.toSpliced(answer, 0, right), answer });
}
