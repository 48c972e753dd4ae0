import { UserError } from '@shadow-gate/platform';
import { examText, examWording } from '../forms/choice-twins.ts';
import { plainProblem } from '../forms/exact-twins.ts';
import type { AskedChoice, ChoiceRecord, ExactRecord, ProblemForm, WriteChoice } from '../forms/question.ts';
import { answerKind, type ChoiceScoring } from '../item.ts';
import { inOrder, type LocatedItem, toItem } from './fields/item-fields.ts';
import { quote } from './fields/records.ts';

/** The questions of a group by letter and by text: a comparison uses the one that it uses for the benchmark. */
export function groupChoiceItems(
  questions: readonly ChoiceRecord[],
  scoring: ChoiceScoring,
  forms?: ReadonlyMap<string, WriteChoice>,
): LocatedItem[] {
  return questions.flatMap((question) => {
    const form = forms?.get(question.id);
    const write = (asked: AskedChoice) => form?.(asked) ?? examWording(asked);
    const wording = write(question);
    const byText = { form: 'twin', kind: 'group', cluster: 'exam-text' } as const;
    return [
      toItem(question, { form: 'twin', kind: 'group', cluster: 'exam' }, wording),
      ...(answerKind(wording) === 'label' ? [toItem(question, byText, examText(question, scoring, write))] : []),
    ];
  });
}

/** The problems of a group as its benchmark asks them. */
export function groupExactItems(
  questions: readonly ExactRecord[],
  forms?: ReadonlyMap<string, ProblemForm>,
): LocatedItem[] {
  return questions.map((question) => {
    const wording = forms?.get(question.id)?.write(question) ?? plainProblem(question);
    return toItem(question, { form: 'twin', kind: 'group', cluster: 'exam' }, wording);
  });
}

/**
 * Benchmark forms, also by text, as items of a group.
 * @throws UserError for another form: it would be a twin of a twin
 */
export function groupPairedItems(located: readonly LocatedItem[]): LocatedItem[] {
  const facts = new Set(located.flatMap(({ item }) => (item.form === 'benchmark' ? [item.id] : [])));
  return located.map(({ where, item }) => {
    const { id, form } = item;
    if (form !== 'benchmark' && form !== 'benchmark-text') {
      throw new UserError(
        `${where}: ${quote(id)} has the form ${form}, but all of the file is a twin of another suite`,
        'keep its benchmark forms, or leave out twins-of',
      );
    }
    if (!facts.has(item.fact)) {
      throw new UserError(
        `${where}: twin_of: ${quote(item.fact)} is not in the file`,
        'add the benchmark form, or correct the id',
      );
    }
    return { where, item: inOrder({ ...item, form: 'twin', kind: 'group' }) };
  });
}
