import type { ChoiceScoring, Form } from '../item.ts';
import { Random } from '../random.ts';
import { cloze, distracted, exam, permuted, restyled } from './choice-twins.ts';
import { distractedProblem, plainProblem, restyledProblem } from './exact-twins.ts';
import type { PlacedItem } from './pairs.ts';
import { type ChoiceRecord, type ExactRecord, repeatsChoice } from './records.ts';
import { choicesReferToOthers, questionRefersToLabels, type Wording } from './text.ts';

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

/** Larger than any number of items, so that two seldom draw the same. */
const MOST = 2 ** 31 - 1;

/** Something to deal to, and what it may get. */
export interface Player<K> {
  readonly id: string;
  readonly eligible: readonly K[];
}

/**
 * Deal `count` different kinds to each, so that all are used about as often. Who may get few is dealt to first; then
 * the order is that of a draw by id, so the order of the file does not matter.
 * @returns the kinds by id
 */
export function dealKinds<K>(players: readonly Player<K>[], count: number, seed: number): Map<string, readonly K[]> {
  const drawn = players.map((player) => {
    const random = new Random(seed, `kinds of ${player.id}`);
    return { ...player, place: random.int(0, MOST), eligible: random.shuffle(player.eligible) };
  });
  drawn.sort((a, b) => a.eligible.length - b.eligible.length || a.place - b.place || (a.id < b.id ? -1 : 1));
  const used = new Map<K, number>();
  const uses = (kind: K) => used.get(kind) ?? 0;
  const dealt = new Map<string, readonly K[]>();
  for (const { id, eligible } of drawn) {
    const kinds = [...eligible].sort((a, b) => uses(a) - uses(b)).slice(0, count);
    for (const kind of kinds) used.set(kind, uses(kind) + 1);
    dealt.set(id, kinds);
  }
  return dealt;
}
