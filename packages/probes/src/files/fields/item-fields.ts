import { given } from '@shadow-gate/platform';
import { z } from 'zod';
import { ruleSchema } from '../../answer-rule.ts';
import type { Permutation } from '../../forms/choice-twins.ts';
import type { QuestionIdentity } from '../../forms/question.ts';
import { FORMS, JUDGED_FORMS, type ProbeItem, type Question, TWIN_KINDS, type Wording } from '../../item.ts';
import {
  answerTextSchema,
  mustBe,
  oneOf,
  optional,
  textOrNumberSchema,
  textSchema,
  verbatimSchema,
} from './records.ts';

/** Kinds of single twins; a group is a file of its own. */
const KINDS = TWIN_KINDS.filter((kind) => kind !== 'group');

const LEVEL = 'a whole number from 1';
/** A cell of a CSV file is text. */
const levelSchema = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)], mustBe(LEVEL))
  .refine((level) => Number.isSafeInteger(level) && level > 0, { error: `must be ${LEVEL}` });

/**
 * Fields of a team's file that become attributes of an item, in the order of its keys: digests depend on it. `key` is
 * the attribute; `paired` reads it in a file of benchmark forms and twins, `question` in one of questions.
 */
const ITEM_FIELDS = {
  id: { key: 'id', paired: textOrNumberSchema, question: optional(textOrNumberSchema) },
  capability: { key: 'capability', paired: textSchema, question: optional(textSchema) },
  family: { key: 'family', paired: textSchema.optional(), question: optional(textSchema) },
  form: { key: 'form', paired: z.enum(FORMS, oneOf(JUDGED_FORMS)) },
  kind: { key: 'kind', paired: z.enum(KINDS, oneOf(KINDS)).nullish() },
  twin_of: { key: 'fact', paired: textOrNumberSchema.nullish() },
  cluster: { key: 'cluster', paired: textSchema.optional() },
  // Read from the field that the policy names.
  passage: { key: 'passage' },
  old_label: { key: 'oldLabel', paired: answerTextSchema.nullish() },
  old_labels: {
    key: 'oldLabels',
    paired: z.record(answerTextSchema, answerTextSchema, mustBe('an object: the old label of each label')).nullish(),
  },
  level: { key: 'level', paired: levelSchema.nullish() },
  prompt: { key: 'prompt', paired: verbatimSchema },
  // Made of several fields.
  question: { key: 'question' },
  verbatim: { key: 'verbatim', paired: z.literal(true, mustBe('true')).optional() },
} as const satisfies Readonly<Record<string, ItemField>>;

interface ItemField {
  readonly key: keyof ProbeItem;
  readonly paired?: z.ZodType;
  readonly question?: z.ZodType;
}

const delimiter = z.string(mustBe('text')).optional();
/** Fields of the paired format for reading or scoring an answer, by the kind of the question. */
const ANSWER_FIELDS = {
  choice: { delimiter, contexts: z.array(textSchema).optional(), ending: z.string(mustBe('text')).optional() },
  exact: {
    delimiter,
    rule: ruleSchema.optional(),
    pattern: z.string(mustBe('text')).optional(),
    stop: z.array(z.string().min(1)).optional(),
    max_new_tokens: z.int().positive().optional(),
  },
};

type Fields = typeof ITEM_FIELDS;
type Shape<F extends 'paired' | 'question'> = {
  [Name in keyof Fields as F extends keyof Fields[Name] ? Name : never]: F extends keyof Fields[Name]
    ? Fields[Name][F]
    : never;
};

function shapeOf<F extends 'paired' | 'question'>(format: F): Shape<F> {
  const schemas = Object.entries<ItemField>(ITEM_FIELDS).map(([name, field]) => [name, field[format]] as const);
  return Object.fromEntries(schemas.filter(([, schema]) => schema !== undefined)) as Shape<F>;
}

export const QUESTION_FIELDS = shapeOf('question');
export const PAIRED_FIELDS = { ...shapeOf('paired'), ...ANSWER_FIELDS.choice, ...ANSWER_FIELDS.exact };

type Unlisted = Exclude<keyof ProbeItem, Fields[keyof Fields]['key']>;
/** Does not compile if an attribute is not in the table: it would be lost. */
const KEYS: [Unlisted] extends [never] ? ReadonlyArray<keyof ProbeItem> : never = Object.values(ITEM_FIELDS).map(
  ({ key }) => key,
);

/** Attributes from the fields of a record, without those that are missing or null. */
export function attributesOf(fields: Readonly<Record<string, unknown>>): Partial<ProbeItem> {
  const named = Object.entries(ITEM_FIELDS).map(([name, { key }]) => [key, fields[name] ?? undefined]);
  return given(Object.fromEntries(named));
}

/** An item with its keys in order, without undefined values and other attributes. */
export function inOrder(attributes: { readonly [Key in keyof ProbeItem]: ProbeItem[Key] | undefined }): ProbeItem {
  return given(Object.fromEntries(KEYS.map((key) => [key, attributes[key]]))) as unknown as ProbeItem;
}

/** The attributes of an item as fields of a file, without question and verbatim: see `askedRecord`. */
export function attributeRecord(item: ProbeItem): Readonly<Record<string, unknown>> {
  const own: Readonly<Record<string, unknown>> = { ...item, question: undefined, verbatim: undefined };
  return given(Object.fromEntries(Object.entries(ITEM_FIELDS).map(([name, { key }]) => [name, own[key]])));
}

export function askedRecord({ question, verbatim }: Pick<ProbeItem, 'question' | 'verbatim'>): object {
  const keys: Readonly<Record<string, unknown>> = question;
  const named = Object.keys(ANSWER_FIELDS[question.kind]).map((name) => [name, keys[camelCase(name)]]);
  return given({ verbatim, ...Object.fromEntries(named) });
}

export function withAskedFields<T extends Question>(question: T, fields: Readonly<Record<string, unknown>>): T {
  const named = Object.keys(ANSWER_FIELDS[question.kind]).map((name) => [camelCase(name), fields[name]]);
  return { ...question, ...given(Object.fromEntries(named)) };
}

const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

export interface LocatedItem {
  readonly where: string;
  readonly item: ProbeItem;
}

/** One form of a record's fact. The exam has the id of the record. */
export function toItem(
  { where, ...record }: QuestionIdentity,
  { form, kind, cluster }: Pick<ProbeItem, 'form' | 'kind' | 'cluster'>,
  wording: Wording & Partial<Permutation>,
): LocatedItem {
  const { id } = record;
  const own = cluster === 'exam' ? id : `${id}.${cluster}`;
  return { where, item: inOrder({ ...record, form, kind, fact: id, cluster, ...wording, id: own }) };
}
