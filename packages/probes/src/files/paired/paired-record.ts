import { at, given, UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import {
  CHOICE_SCORINGS,
  type ChoiceScoring,
  type Form,
  type ProbeItem,
  type Question,
  type TwinKind,
} from '../../item.ts';
import {
  askedRecord,
  attributeRecord,
  attributesOf,
  inOrder,
  PAIRED_FIELDS,
  withAskedFields,
} from '../fields/item-fields.ts';
import {
  answerTextSchema,
  mustBe,
  oneOf,
  type ProbeRecord,
  parseFields,
  quote,
  textSchema,
} from '../fields/records.ts';
import { checkIndex } from '../questions.ts';

const HINT =
  'give {"id", "capability", "form": "benchmark" or "twin", "twin_of", "prompt", "choices" and "answer", or "target"}';

const schema = z.object({
  ...PAIRED_FIELDS,
  choices: z.array(answerTextSchema, mustBe('a list of texts')).min(2, { error: 'fewer than two' }).optional(),
  answer: z.number(mustBe('the index of a choice, from 0')).optional(),
  target: answerTextSchema.optional(),
  scoring: z.enum(CHOICE_SCORINGS, oneOf(CHOICE_SCORINGS)).optional(),
});
/** A verbatim record keeps its white space. */
const verbatimRecordSchema = schema.extend({
  prompt: textSchema,
  choices: z.array(z.string()).min(2, { error: 'fewer than two' }).optional(),
});
type Fields = z.infer<typeof schema>;

export const PAIRED_NAMES: readonly string[] = Object.keys(schema.shape);

/**
 * One form of a fact, as a team wrote it. `family`, by default the capability, separates items that must not be judged
 * informative together, such as easy and hard facts.
 * @param scoring of choices, if the record does not say
 * @throws UserError with the line and the field
 */
export function readPairedRecord(record: ProbeRecord, scoring: ChoiceScoring): ProbeItem {
  const fields = parseFields(record, record.fields.verbatim === true ? verbatimRecordSchema : schema, HINT);
  const { id, capability, family = capability, form, prompt, cluster = CLUSTERS[form] } = fields;
  const { where, passage } = record;
  const kind = kindOf(fields, where);
  const question = withAskedFields(questionOf(fields, scoring, where), fields);
  const permutation = permutationOf(fields, question, where);
  const own = { id, capability, family, form, kind, fact: factOf(fields, where), cluster, passage, prompt, question };
  return inOrder({ ...attributesOf(fields), ...permutation, ...own });
}

/** Default clusters. */
const CLUSTERS: Readonly<Record<Form, string>> = {
  benchmark: 'exam',
  'benchmark-text': 'exam-text',
  twin: 'twin',
  robustness: 'robustness',
};

function kindOf({ form, kind }: Fields, where: string): TwinKind | undefined {
  if (kind === undefined || kind === null || form === 'twin') return kind ?? undefined;
  throw new UserError(`${where}: kind: only a twin has one`, 'leave it out, or set the form to "twin"');
}

function factOf({ id, form, twin_of: twinOf }: Fields, where: string): string {
  const fact = twinOf ?? (form === 'benchmark' ? id : null);
  if (fact === null) throw new UserError(`${where}: twin_of: is missing`, 'give the id of the benchmark form');
  if (form !== 'benchmark' || fact === id) return fact;
  throw new UserError(
    `${where}: twin_of: a benchmark form is not a twin of another item`,
    'leave it out, or set the form to "twin"',
  );
}

function questionOf(fields: Fields, defaultScoring: ChoiceScoring, where: string): Question {
  const { choices, answer, target, scoring = defaultScoring } = fields;
  if (choices !== undefined && target !== undefined) {
    throw new UserError(`${where}: both choices and target`, 'keep one of them');
  }
  if (target !== undefined) return { kind: 'exact', target };
  if (choices === undefined) throw new UserError(`${where}: neither choices nor target`, HINT);
  if (answer === undefined) throw new UserError(`${where}: answer: is missing`, 'give the index of the right choice');
  const repeated = choices.find((choice, index) => choices.indexOf(choice) !== index);
  if (repeated !== undefined) {
    throw new UserError(`${where}: choices: ${quote(repeated)} is there twice`, 'make them all different');
  }
  return { kind: 'choice', choices, answer: checkIndex(answer, choices.length, `${where}: answer`), scoring };
}

/**
 * The order that the options had in the exam.
 * @throws UserError for old labels that are not a permutation, and for a label that is right in this twin too: a
 * memorized label has to be wrong
 */
function permutationOf(
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

/** `readProbeFile` reads the same items from it if they are in pairs and the policy names `passage` as cluster. */
export function toJsonl(items: readonly ProbeItem[]): string {
  return items.map((item) => `${JSON.stringify(toRecord(item))}\n`).join('');
}

function toRecord(item: ProbeItem): object {
  const { question } = item;
  const { id, capability, form, kind, twin_of: fact, ...attributes } = attributeRecord(asWritten(item));
  const twinOf = form === 'benchmark' ? null : fact;
  const record = { ...given({ id, capability, form, kind }), twin_of: twinOf, ...attributes, ...askedRecord(item) };
  if (question.kind === 'exact') return { ...record, target: question.target };
  const { choices, answer, scoring } = question;
  return { ...record, choices, answer, scoring };
}

/** The items of a group are benchmark forms in their file: the policy makes them twins. */
function asWritten({ kind, ...item }: ProbeItem): ProbeItem {
  if (kind !== 'group') return kind === undefined ? item : { ...item, kind };
  return { ...item, form: item.id === item.fact ? 'benchmark' : 'benchmark-text' };
}
