import type { ChoiceScoring, Form } from '../item.ts';
import { Random } from '../random.ts';
import type { PlacedItem } from './check-pairs.ts';
import { type ChoiceRecord, repeatsChoice } from './choice-record.ts';
import { cloze } from './choice-twins.ts';
import { dealKinds } from './deal-kinds.ts';
import { distracted } from './distracted.ts';
import type { ExactRecord } from './exact-record.ts';
import { distractedProblem, plainProblem, restyledProblem } from './exact-twins.ts';
import { exam } from './exam.ts';
import { permuted } from './permuted.ts';
import { restyled } from './restyled.ts';
import { choicesReferToOthers, questionRefersToLabels } from './text.ts';
import type { Wording } from './wording.ts';

/** Twins of one item: two formats tell more than one, and more cost as much as more items would. */
const TWINS = 2;

/** These keep the order and, where choices name one another, the letters. */
const FOR_ALL = ['restyled', 'distracted'] as const;
const KINDS = ['permuted', 'cloze', ...FOR_ALL] as const;
type Kind = (typeof KINDS)[number];

/**
 * The exam form of each question, followed by two twins of different kinds. The kinds are dealt out evenly over the
 * file, and depend with all else on the seed and the ids alone.
 * @param scoring of the cloze twins
 */
export function deriveChoiceItems(
  questions: readonly ChoiceRecord[],
  seed: number,
  scoring: ChoiceScoring,
): PlacedItem[] {
  const players = questions.map((question) => ({ id: question.id, eligible: eligibleKinds(question) }));
  const kinds = dealKinds<Kind>(players, TWINS, seed);
  const writers: Readonly<Record<Kind, (question: ChoiceRecord, random: Random) => Wording>> = {
    permuted,
    restyled,
    distracted,
    cloze: (question, random) => cloze(question, random, scoring),
  };
  return questions.flatMap((question) => [
    place(question, 'benchmark', 'exam', exam(question)),
    ...(kinds.get(question.id) ?? []).map((kind) =>
      place(question, 'twin', kind, writers[kind](question, new Random(seed, `${kind} of ${question.id}`))),
    ),
  ]);
}

function eligibleKinds(question: ChoiceRecord): readonly Kind[] {
  const bound = choicesReferToOthers(question) || questionRefersToLabels(question) || repeatsChoice(question);
  return bound ? FOR_ALL : KINDS;
}

/** The plain form of each word problem, followed by its two twins. */
export function deriveExactItems(questions: readonly ExactRecord[], seed: number): PlacedItem[] {
  return questions.flatMap((question) => {
    const random = (kind: string) => new Random(seed, `${kind} of ${question.id}`);
    return [
      place(question, 'benchmark', 'exam', plainProblem(question)),
      place(question, 'twin', 'restyled', restyledProblem(question, random('restyled'))),
      place(question, 'twin', 'distracted', distractedProblem(question, random('distracted'))),
    ];
  });
}

function place(
  { id, where, capability, family }: Pick<ChoiceRecord, 'id' | 'where' | 'capability' | 'family'>,
  form: Form,
  cluster: string,
  { prompt, question }: Wording,
): PlacedItem {
  const name = form === 'benchmark' ? id : `${id}.${cluster}`;
  return { where, item: { id: name, capability, family, form, fact: id, cluster, prompt, question } };
}
