import { at } from '../../platform/at.ts';
import { UserError } from '../../platform/user-error.ts';
import type { Form, ProbeItem, Question } from '../item.ts';
import { quote } from './records.ts';

interface Fields {
  readonly form: Form;
  readonly old_label?: string | null | undefined;
  readonly old_labels?: Readonly<Record<string, string>> | null | undefined;
}

/**
 * What a record says about the order that the options of its twin had in the exam.
 * @throws UserError for a label that is right in this twin too, since kept letters are counted as wrong answers, and for old
 *   labels that are no permutation
 */
export function permutationOf(
  { form, old_label: label = null, old_labels: labels = null }: Fields,
  question: Question,
  where: string,
): Pick<ProbeItem, 'oldLabel' | 'oldLabels'> {
  if (label === null && labels === null) return {};
  const field = `${where}: ${label === null ? 'old_labels' : 'old_label'}`;
  if (form !== 'twin') throw new UserError(`${field}: only a twin has one`, 'leave it out');
  if (question.kind !== 'choice' || label === null || !question.choices.includes(label)) {
    throw new UserError(
      label === null ? `${field}: without old_label` : `${field}: ${quote(label)} is not one of the choices`,
      'give the label that is right in the benchmark form as old_label, or leave both out',
    );
  }
  const right = at(question.choices, question.answer);
  if (right === label) {
    throw new UserError(
      `${field}: ${quote(label)} is the right answer of this twin too`,
      'put the options in an order in which another label is right, or leave it out',
    );
  }
  if (labels === null) return { oldLabel: label };
  const sorted = (texts: readonly string[]) => JSON.stringify([...texts].sort());
  const all = sorted(question.choices);
  if (sorted(Object.keys(labels)) !== all || sorted(Object.values(labels)) !== all || labels[right] !== label) {
    throw new UserError(
      `${where}: old_labels: not each choice once, or another old label for ${quote(right)} than old_label`,
      'give each label the one that its option has in the benchmark form, or leave it out',
    );
  }
  return { oldLabel: label, oldLabels: labels };
}
