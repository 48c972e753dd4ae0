import type { Random } from '../random.ts';
import type { ChoiceRecord } from './choice-record.ts';
import { drawUnrelated, FACTS } from './distractors.ts';
import { exam } from './exam.ts';
import { asLongAs, type Wording } from './wording.ts';

/**
 * The exam with a sentence before the question that is true and has nothing to do with it. On a short question it is
 * more than the 10 % that other twins keep to: there is no room for a sentence.
 */
export function distracted(record: ChoiceRecord, random: Random): Wording {
  const facts = drawUnrelated(FACTS, [record.question, ...record.choices].join(' '), random);
  return asLongAs(
    exam(record),
    facts.map((fact) => exam({ ...record, question: `${fact} ${record.question}` })),
    'first',
  );
}
