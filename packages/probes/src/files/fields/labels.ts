import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import { fieldPlace, type ProbeRecord, quote } from './records.ts';

/** Choices of ARC on the hub. */
interface Labeled {
  readonly text: readonly unknown[];
  readonly label: readonly unknown[];
}

export function isLabeled(choices: unknown): choices is Labeled {
  return isObject(choices) && Array.isArray(choices.text) && Array.isArray(choices.label);
}

/** Texts with labels, also as a list of `{text, label}`, as ARC was published; null for other choices. */
function labeled(choices: unknown): Labeled | null {
  if (isLabeled(choices)) return choices;
  if (!Array.isArray(choices) || choices.length === 0) return null;
  const pairs = choices.filter((choice) => isObject(choice) && 'text' in choice && 'label' in choice);
  if (pairs.length < choices.length) return null;
  return { text: pairs.map(({ text }) => text), label: pairs.map(({ label }) => label) };
}

const NUMBER = /^\s*\d+\s*$/;

/** A label, perhaps a number from 1, names the right choice. @throws UserError for other answers */
export function withLabels(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  const labels = labeled(choices);
  if (labels !== null) return byLabel(record, labels);
  if (!NUMBER.test(String(answer))) return record;
  throw new UserError(
    `${fieldPlace(record, 'answer')}: ${quote(answer)} is a number, and the choices have no labels`,
    'give the letter of the choice',
  );
}

/** Mapped fields may have no labels; among labels that are not numbers, an answer may be an index or a text. */
export function withMappedLabels(record: ProbeRecord): ProbeRecord {
  const { choices, answer } = record.fields;
  const labels = labeled(choices);
  if (labels === null) return record;
  const names = labels.label.map(String);
  const isOther = NUMBER.test(String(answer)) ? !names.some((name) => NUMBER.test(name)) : labels.text.includes(answer);
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
  const names = label.map(String);
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
