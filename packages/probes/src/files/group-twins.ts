import { UserError } from '@shadow-gate/platform';
import { examText } from '../forms/choice-twins.ts';
import type { BenchmarkForms } from '../forms/question.ts';
import { answerKind, type ChoiceScoring } from '../item.ts';
import { inOrder, type LocatedItem, toItem } from './fields/item-fields.ts';
import { quote } from './fields/records.ts';
import type { Questions } from './questions.ts';

/** A group's questions by letter and by text: a comparison uses the same one as for the benchmark. */
export function groupQuestions(questions: Questions, scoring: ChoiceScoring, forms: BenchmarkForms): LocatedItem[] {
  const exam = { form: 'twin', kind: 'group', cluster: 'exam' } as const;
  if (questions.kind === 'exact') {
    return questions.records.map((problem) => toItem(problem, exam, forms.problem(problem).write(problem)));
  }
  return questions.records.flatMap((question) => {
    const write = forms.choice(question);
    const wording = write(question);
    const byText = { ...exam, cluster: 'exam-text' };
    return [
      toItem(question, exam, wording),
      ...(answerKind(wording) === 'label' ? [toItem(question, byText, examText(question, scoring, write))] : []),
    ];
  });
}

/** Benchmark forms, also by text, as items of a group. @throws UserError for other forms: twins of twins */
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
