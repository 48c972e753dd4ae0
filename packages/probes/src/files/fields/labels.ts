import { UserError } from '@shadow-gate/platform';
import { fieldPlace, type ProbeRecord, quote } from './records.ts';

/** Choices as ARC has them on the hub. */
interface Labeled {
  readonly text: readonly unknown[];
  readonly label: readonly unknown[];
}

export function isLabeled(choices: unknown): choices is Labeled {
  if (typeof choices !== 'object' || choices === null || !('text' in choices) || !('label' in choices)) return false;
  return Array.isArray(choices.text) && Array.isArray(choices.label);
}

/** Texts with labels, also as a list of `{text, label}`, which is how ARC was published; null for other choices. */
function labeled(choices: unknown): Labeled | null {
  if (isLabeled(choices)) return choices;
  if (!Array.isArray(choices) || choices.length === 0) return null;
  const pairs = choices.flatMap((choice: unknown) =>
    typeof choice === 'object' && choice !== null && 'text' in choice && 'label' in choice ? [choice] : [],
  );
  if (pairs.length < choices.length) return null;
  return { text: pairs.map(({ text }) => text), label: pairs.map(({ label }) => label) };
}

/**
 * The right choice is named by a label, perhaps a number from 1.
 * @throws UserError for another answer, and for a number without labels
 */
export function withLabels(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  const labels = labeled(choices);
  if (labels !== null) return byLabel(record, labels);
  if (!/^\s*\d+\s*$/.test(String(answer))) return record;
  throw new UserError(
    `${fieldPlace(record, 'answer')}: ${quote(answer)} is a number, and the choices have no labels`,
    'give the letter of the choice',
  );
}

/**
 * Labels of mapped fields: there may be none, and next to labels that are not numbers an answer may be an index or a
 * text.
 */
export function withMappedLabels(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  const labels = labeled(choices);
  if (labels === null) return record;
  const names = labels.label.map((label) => String(label));
  const isNumber = (text: string) => /^\s*\d+\s*$/.test(text);
  const isOther = isNumber(String(answer)) ? !names.some(isNumber) : labels.text.includes(answer);
  if (!names.includes(String(answer).trim()) && isOther) {
    return { ...record, fields: { ...record.fields, choices: labels.text } };
  }
  return byLabel(record, labels);
}

function byLabel(record: ProbeRecord, { text, label }: Labeled): ProbeRecord {
  const { answer } = record.fields;
  if (text.length !== label.length) {
    throw new UserError(
      `${fieldPlace(record, 'choices')}: ${text.length} texts, but ${label.length} labels`,
      'give one label for each text',
    );
  }
  if (answer === undefined) return { ...record, fields: { ...record.fields, choices: text } };
  const names = label.map((name) => String(name));
  const index = names.indexOf(String(answer).trim());
  if (index === -1 || new Set(names).size < names.length) {
    const problem = index === -1 ? `${quote(answer)} is none of the labels` : 'two choices have the same label among';
    throw new UserError(
      `${fieldPlace(record, 'answer')}: ${problem} ${quote(label)}`,
      'give the label of the right choice',
    );
  }
  return { ...record, fields: { ...record.fields, choices: text, answer: index } };
}
