import type { ChoiceScoring, Form, Wording } from '../item.ts';
import { Random } from '../random.ts';
import { cloze, distracted, exam, permuted, restyled } from './choice-twins.ts';
import { distractedProblem, plainProblem, restyledProblem } from './exact-twins.ts';
import type { LocatedItem } from './pairs.ts';
import { type ChoiceRecord, type ExactRecord, repeatsChoice } from './records.ts';
import { choicesReferToOthers, questionRefersToLabels } from './text.ts';

/** Twins of one item: two formats show more than one, and further ones cost as much as further items. */
const TWINS = 2;

/** These keep the order of the choices and, if a choice refers to others, their letters. */
const FOR_ALL = ['restyled', 'distracted'] as const;
const TEMPLATES = ['permuted', 'cloze', ...FOR_ALL] as const;
type Template = (typeof TEMPLATES)[number];

/**
 * The exam form of each question, followed by two twins with different templates. All templates are used about equally
 * often in a file. The twins depend only on the seed and the ids of the file.
 * @param scoring of the cloze twins
 */
export function deriveChoiceItems(
  questions: readonly ChoiceRecord[],
  { seed, scoring }: { readonly seed: number; readonly scoring: ChoiceScoring },
): LocatedItem[] {
  const assigned = assignTemplates(
    questions.map((question) => ({ id: question.id, eligible: eligibleTemplates(question) })),
    seed,
  );
  const writers: Readonly<Record<Template, (question: ChoiceRecord, random: Random) => Wording>> = {
    permuted,
    restyled,
    distracted,
    cloze: (question, random) => cloze(question, random, scoring),
  };
  return questions.flatMap((question) => [
    toItem(question, 'benchmark', 'exam', exam(question)),
    ...(assigned.get(question.id) ?? []).map((template) => {
      const random = new Random(seed, `${template} of ${question.id}`);
      return toItem(question, 'twin', template, writers[template](question, random));
    }),
  ]);
}

function eligibleTemplates(question: ChoiceRecord): readonly Template[] {
  const keepsOrder = choicesReferToOthers(question) || questionRefersToLabels(question) || repeatsChoice(question);
  return keepsOrder ? FOR_ALL : TEMPLATES;
}

/** Larger than any number of items, so that two items rarely draw the same number. */
const MAX_DRAW = 2 ** 31 - 1;

/**
 * Assign two different templates to each question, so that all templates are used about equally often. Questions with
 * few eligible templates come first, the others in an order drawn by id, so that the order of the file does not matter.
 * @returns the templates by id
 */
function assignTemplates(
  questions: ReadonlyArray<{ readonly id: string; readonly eligible: readonly Template[] }>,
  seed: number,
): Map<string, readonly Template[]> {
  const drawn = questions.map(({ id, eligible }) => {
    const random = new Random(seed, `kinds of ${id}`);
    return { id, draw: random.int(0, MAX_DRAW), eligible: random.shuffle(eligible) };
  });
  drawn.sort((a, b) => a.eligible.length - b.eligible.length || a.draw - b.draw || (a.id < b.id ? -1 : 1));
  const uses = new Map<Template, number>(TEMPLATES.map((template) => [template, 0]));
  const usesOf = (template: Template) => uses.get(template) ?? 0;
  const assigned = new Map<string, readonly Template[]>();
  for (const { id, eligible } of drawn) {
    const templates = [...eligible].sort((a, b) => usesOf(a) - usesOf(b)).slice(0, TWINS);
    for (const template of templates) uses.set(template, usesOf(template) + 1);
    assigned.set(id, templates);
  }
  return assigned;
}

/** The plain form of each word problem, followed by its two twins. */
export function deriveExactItems(
  questions: readonly ExactRecord[],
  { seed }: { readonly seed: number },
): LocatedItem[] {
  return questions.flatMap((question) => {
    const random = (template: string) => new Random(seed, `${template} of ${question.id}`);
    return [
      toItem(question, 'benchmark', 'exam', plainProblem(question)),
      toItem(question, 'twin', 'restyled', restyledProblem(question, random('restyled'))),
      toItem(question, 'twin', 'distracted', distractedProblem(question, random('distracted'))),
    ];
  });
}

function toItem(
  { id, where, capability, family }: Pick<ChoiceRecord, 'id' | 'where' | 'capability' | 'family'>,
  form: Form,
  cluster: string,
  { prompt, question }: Wording,
): LocatedItem {
  const name = form === 'benchmark' ? id : `${id}.${cluster}`;
  return { where, item: { id: name, capability, family, form, fact: id, cluster, prompt, question } };
}
