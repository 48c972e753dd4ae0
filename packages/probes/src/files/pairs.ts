import { at, UserError } from '@shadow-gate/platform';
import { z } from 'zod';
import {
  CHOICE_SCORINGS,
  type ChoiceScoring,
  FORMS,
  type Form,
  JUDGED_FORMS,
  type ProbeItem,
  type Question,
  TWIN_KINDS,
  type TwinKind,
} from '../item.ts';
import { askedFields, withAskedFields } from './asked-fields.ts';
import { hasSamePrompt, inferKind } from './infer-kind.ts';
import type { LocatedItem } from './located-item.ts';
import {
  answerTextSchema,
  checkIndex,
  mustBe,
  type ProbeRecord,
  parseFields,
  passageOf,
  quote,
  textOrNumberSchema,
  textSchema,
  verbatimSchema,
} from './records.ts';

const HINT =
  'give {"id", "capability", "form": "benchmark" or "twin", "twin_of", "prompt", "choices" and "answer", or "target"}';

const oneOf = (values: readonly string[]) => mustBe(values.map((value) => JSON.stringify(value)).join(' or '));

/** Kinds of single twins; a group is a file of its own. */
const KINDS = TWIN_KINDS.filter((kind) => kind !== 'group');

const LEVEL = 'a whole number from 1';
const oldLabelsSchema = z.record(answerTextSchema, answerTextSchema, mustBe('an object: the old label of each label'));
/** A cell of a CSV file is text. */
const levelSchema = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], mustBe(LEVEL))
  .refine((level) => Number.isSafeInteger(level) && level > 0, { error: `must be ${LEVEL}` });

const schema = z.object({
  id: textOrNumberSchema,
  capability: textSchema,
  form: z.enum(FORMS, oneOf(JUDGED_FORMS)),
  twin_of: textOrNumberSchema.nullish(),
  kind: z.enum(KINDS, oneOf(KINDS)).nullish(),
  old_label: answerTextSchema.nullish(),
  old_labels: oldLabelsSchema.nullish(),
  level: levelSchema.nullish(),
  family: textSchema.optional(),
  cluster: textSchema.optional(),
  prompt: verbatimSchema,
  choices: z.array(answerTextSchema, mustBe('a list of texts')).min(2, { error: 'fewer than two' }).optional(),
  answer: z.number(mustBe('the index of a choice, from 0')).optional(),
  target: answerTextSchema.optional(),
  scoring: z.enum(CHOICE_SCORINGS, oneOf(CHOICE_SCORINGS)).optional(),
  ...askedFields,
});
/** What a harness scored is kept as it is, white space included. */
const verbatimRecordSchema = schema.extend({
  prompt: textSchema,
  choices: z.array(z.string()).min(2, { error: 'fewer than two' }).optional(),
});
type Fields = z.infer<typeof schema>;

/** The names of all fields in this format. */
export const PAIRED_FIELDS: readonly string[] = Object.keys(schema.shape);

/**
 * One form of a fact, used as it is: a team that writes twins by hand wants exactly these. `family` separates items
 * that must not be judged informative together (easy facts and hard ones, for example); by default, a capability is one
 * family.
 * @param scoring of choices, for a record that does not name one
 * @throws UserError with the line and the field
 */
export function readPairedRecord(record: ProbeRecord, scoring: ChoiceScoring): ProbeItem {
  const fields = parseFields(record, record.fields.verbatim === true ? verbatimRecordSchema : schema, HINT);
  const { id, capability, family = capability, form, prompt, cluster = CLUSTERS[form], level } = fields;
  const { where } = record;
  const kind = kindOf(fields, where);
  const question = withAskedFields(questionOf(fields, scoring, where), fields);
  const permutation = permutationOf(fields, question, where);
  return {
    id,
    capability,
    family,
    form,
    ...(kind === null ? {} : { kind }),
    fact: factOf(fields, where),
    cluster,
    ...passageOf(record),
    ...permutation,
    ...(level === undefined || level === null ? {} : { level }),
    prompt,
    question,
    ...(fields.verbatim === undefined ? {} : { verbatim: fields.verbatim }),
  };
}

/** The clusters of items that do not name one. */
const CLUSTERS: Readonly<Record<Form, string>> = {
  benchmark: 'exam',
  'benchmark-text': 'exam-text',
  twin: 'twin',
  robustness: 'robustness',
};

/** Null for another form, and for a twin that says nothing of its kind. */
function kindOf({ form, kind = null }: Fields, where: string): TwinKind | null {
  if (kind === null || form === 'twin') return kind;
  throw new UserError(`${where}: kind: only a twin has one`, 'leave it out, or set the form to "twin"');
}

function factOf({ id, form, twin_of: twinOf }: Fields, where: string): string {
  if (form !== 'benchmark') {
    if (twinOf === undefined || twinOf === null) {
      throw new UserError(`${where}: twin_of: is missing`, 'give the id of the benchmark form');
    }
    return twinOf;
  }
  if (twinOf !== undefined && twinOf !== null && twinOf !== id) {
    throw new UserError(
      `${where}: twin_of: a benchmark form is not a twin of another item`,
      'leave it out, or set the form to "twin"',
    );
  }
  return id;
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
 * What a record says about the order that the options of its twin had in the exam.
 * @throws UserError for a label that is right in this twin too, since kept letters are counted as wrong answers, and
 *   for old labels that are no permutation
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

/**
 * Check that each other form has a benchmark form of the same capability and family, and each benchmark form a twin.
 * The statistics are computed over pairs, and an item without a partner would be dropped silently.
 * @throws UserError with the line of the first item that is not a part of a pair
 */
export function checkPairs(located: readonly LocatedItem[]): void {
  const byId = new Map(located.map((entry) => [entry.item.id, entry]));
  for (const { item, where } of located) {
    if (item.form !== 'benchmark') checkPartner(item, where, byId.get(item.fact));
  }
  const facts = new Set(located.flatMap(({ item }) => (item.form === 'twin' ? [item.fact] : [])));
  for (const { item, where } of located) {
    if (item.form !== 'benchmark' || facts.has(item.id)) continue;
    throw new UserError(`${where}: ${quote(item.id)} has no twin`, 'add one, or leave the item out');
  }
}

function checkPartner(item: ProbeItem, where: string, partner: LocatedItem | undefined): void {
  const twinOf = `${where}: twin_of: ${quote(item.fact)}`;
  if (!partner) throw new UserError(`${twinOf} is not in the file`, 'add the benchmark form, or correct the id');
  if (partner.item.form !== 'benchmark') {
    const what = partner.item.form === 'twin' ? 'is itself a twin' : `has the form ${partner.item.form}`;
    throw new UserError(`${twinOf} ${what}, at ${partner.where}`, 'give the id of the benchmark form of both');
  }
  for (const key of ['capability', 'family'] as const) {
    if (item[key] === partner.item[key]) continue;
    throw new UserError(
      `${where}: ${key}: ${quote(item[key])}, but its benchmark form at ${partner.where} has ${quote(partner.item[key])}`,
      'give both the same',
    );
  }
  // A model that memorized the exam answers it too: as an open or fresh twin it would confirm every gain.
  if (item.kind !== undefined && item.kind !== 'format' && hasSamePrompt(item, partner.item)) {
    throw new UserError(
      `${where}: kind: ${quote(item.kind)}, but its prompt is that of its benchmark form at ${partner.where}`,
      'ask in another way, or set the form to "benchmark-text" if the prompt is answered by text',
    );
  }
}

/** The items with the kinds of all twins: those that a record does not name are inferred from its benchmark form. */
export function withTwinKinds(items: readonly ProbeItem[]): ProbeItem[] {
  const benchmarks = new Map(items.flatMap((item) => (item.form === 'benchmark' ? [[item.id, item]] : [])));
  return items.map((item) => {
    const benchmark = benchmarks.get(item.fact);
    if (item.form !== 'twin' || item.kind !== undefined || !benchmark) return item;
    const { id, capability, family, form, ...rest } = item;
    // The place of a key counts in the digest, which is the same for a kind that is named.
    return { id, capability, family, form, kind: inferKind(item, benchmark), ...rest };
  });
}
