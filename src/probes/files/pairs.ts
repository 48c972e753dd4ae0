import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';
import { CHOICE_SCORINGS, type ChoiceScoring, FORMS, type ProbeItem, type Question } from '../item.ts';
import {
  answerTextSchema,
  checkIndex,
  expected,
  idSchema,
  type ProbeRecord,
  parseFields,
  quote,
  textSchema,
  verbatimSchema,
} from './records.ts';

const MEND =
  'give {"id", "capability", "form": "benchmark" or "twin", "twin_of", "prompt", "choices" and "answer", or "target"}';

const oneOf = (values: readonly string[]) => expected(values.map((value) => JSON.stringify(value)).join(' or '));

const schema = z.object({
  id: idSchema,
  capability: textSchema,
  form: z.enum(FORMS, oneOf(FORMS)),
  twin_of: idSchema.nullish(),
  family: textSchema.optional(),
  cluster: textSchema.optional(),
  prompt: verbatimSchema,
  choices: z.array(answerTextSchema, expected('a list of texts')).min(2, { error: 'fewer than two' }).optional(),
  answer: z.number(expected('the index of a choice, from 0')).optional(),
  target: answerTextSchema.optional(),
  scoring: z.enum(CHOICE_SCORINGS, oneOf(CHOICE_SCORINGS)).optional(),
});
type Fields = z.infer<typeof schema>;

/**
 * One form of a fact, used as it stands: whoever wrote the twins by hand wants these and no others. `family` tells
 * apart what must not be judged informative or not together (easy facts and hard ones, say); by default the items of a
 * capability are one.
 * @throws UserError with line, field and mend
 */
export function readPairedRecord(record: ProbeRecord, scoring: ChoiceScoring): ProbeItem {
  const fields = parseFields(record, schema, MEND);
  const { id, capability, family, form, prompt, cluster } = fields;
  return {
    id,
    capability,
    family: family ?? capability,
    form,
    fact: factOf(fields, record.where),
    cluster: cluster ?? (form === 'benchmark' ? 'exam' : 'twin'),
    prompt,
    question: questionOf(fields, scoring, record.where),
  };
}

function factOf({ id, form, twin_of: twinOf }: Fields, where: string): string {
  if (form === 'twin') {
    if (twinOf === undefined || twinOf === null) {
      throw new UserError(`${where}: twin_of: is missing`, 'name the benchmark form whose twin this is');
    }
    return twinOf;
  }
  if (twinOf !== undefined && twinOf !== null && twinOf !== id) {
    throw new UserError(
      `${where}: twin_of: a benchmark form is nobody's twin`,
      'leave it out, or make the form "twin"',
    );
  }
  return id;
}

function questionOf({ choices, answer, target, scoring }: Fields, usual: ChoiceScoring, where: string): Question {
  if (choices === undefined && target === undefined) throw new UserError(`${where}: neither choices nor target`, MEND);
  if (target !== undefined) {
    if (choices !== undefined) throw new UserError(`${where}: both choices and target`, 'keep one of them');
    return { kind: 'exact', target };
  }
  const list = choices ?? [];
  if (answer === undefined) throw new UserError(`${where}: answer: is missing`, 'give the index of the right choice');
  const twice = list.find((choice, index) => list.indexOf(choice) !== index);
  if (twice !== undefined) {
    throw new UserError(`${where}: choices: ${quote(twice)} is there twice`, 'make them all different');
  }
  return { kind: 'choice', choices: list, answer: checkIndex(answer, list.length, where), scoring: scoring ?? usual };
}

/** An item and where it stands in its file. */
export interface PlacedItem {
  readonly where: string;
  readonly item: ProbeItem;
}

/**
 * Twins need a benchmark form of the same capability and family, and benchmark forms a twin: the statistics are of
 * pairs, and an item outside one would be dropped without a word.
 * @throws UserError with the line of the first item that is not paired
 */
export function checkPairs(placed: readonly PlacedItem[]): void {
  const byId = new Map(placed.map((entry) => [entry.item.id, entry]));
  for (const { item, where } of placed) if (item.form === 'twin') checkTwin(item, where, byId.get(item.fact));
  const facts = new Set(placed.flatMap(({ item }) => (item.form === 'twin' ? [item.fact] : [])));
  for (const { item, where } of placed) {
    if (item.form === 'twin' || facts.has(item.id)) continue;
    throw new UserError(`${where}: ${quote(item.id)} has no twin`, 'give it one, or leave it out');
  }
}

function checkTwin(item: ProbeItem, where: string, partner: PlacedItem | undefined): void {
  const of = `${where}: twin_of: ${quote(item.fact)}`;
  if (!partner) throw new UserError(`${of} is not in the file`, 'add the benchmark form, or mend the id');
  if (partner.item.form === 'twin') {
    throw new UserError(`${of} is a twin itself, on ${partner.where}`, 'name the benchmark form of both');
  }
  for (const key of ['capability', 'family'] as const) {
    if (item[key] === partner.item[key]) continue;
    throw new UserError(
      `${where}: ${key}: ${quote(item[key])}, but its benchmark form on ${partner.where} has ${quote(partner.item[key])}`,
      'give both the same',
    );
  }
}
