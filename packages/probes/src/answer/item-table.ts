import { LOGIT_FACTORS } from '@shadow-gate/language-model/engine';
import { at, given } from '@shadow-gate/platform';
import { type FirstIssue, validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import { BUILTIN, builtinSuite, FACTS_RANGE, SUITE_VERSION, type Suite } from '../suite.ts';
import { type ProbeItemMeasurement, probeItemSchema, type SuiteMeasurement } from './schema.ts';

/** Another layout gets another number: versions that do not know it refuse the file. */
const ITEM_TABLE = 'shadow-gate/probe-items@1';

/** Reports show prompts as examples, where the rest of a very long one adds nothing. */
export const KEPT_CHARACTERS = 4000;

/** Attributes that many items share, written once; the schema of an item checks them. */
const GROUP_KEYS = [
  'suite',
  'capability',
  'family',
  'cluster',
  'form',
  'chance',
  'kind',
  'answers',
  'level',
  'slices',
] as const satisfies readonly (keyof ProbeItemMeasurement)[];

type Attribute = Exclude<keyof ProbeItemMeasurement, (typeof GROUP_KEYS)[number]>;
type Column = 'group' | Attribute;

const { shape } = probeItemSchema;
const ATTRIBUTES = (Object.keys(shape) as (keyof ProbeItemMeasurement)[]).filter(
  (key): key is Attribute => !(GROUP_KEYS as readonly string[]).includes(key),
);
/** A prompt that can be drawn again is not stored. */
const isOptional = (key: Attribute): boolean => key === 'prompt' || shape[key] instanceof z.ZodOptional;

/** Columns of every table, and those that it has only if an item needs them. */
const COLUMNS: readonly Column[] = ['group', ...ATTRIBUTES.filter((key) => !isOptional(key))];
const FURTHER_COLUMNS: readonly Attribute[] = ATTRIBUTES.filter(isOptional);

const column = z.enum([...COLUMNS, ...FURTHER_COLUMNS] as [Column, ...Column[]]);

const tableSchema = z.strictObject({
  format: z.literal(ITEM_TABLE),
  groups: z.array(z.partialRecord(z.enum(GROUP_KEYS), z.unknown())),
  /** The few different `oldLabels`. */
  permutations: z.array(z.record(z.string(), z.string())).optional(),
  columns: z
    .array(column)
    .refine((names) => new Set(names).size === names.length, { error: 'a column is there twice' }),
  rows: z.array(z.array(z.unknown())),
});
type ItemTable = z.infer<typeof tableSchema>;

/**
 * Items as a table, one row for each, with shared values written once.
 *
 * - `group`: index in `groups`;
 * - `fact`: id of the benchmark form, or the row that has it; null for a benchmark form;
 * - `prompt`: text, the row with the same one, or null if the built-in suite draws it again from its seed;
 * - `given`: null if it is the right answer;
 * - `oldLabels`: index in `permutations`;
 * - `reading`: log-probability and number of tokens;
 * - `samples`: right ones, and all;
 * - `likelihood`: log-probability, bytes, and the log-probabilities with scaled logits if known; then the same
 *   log-probabilities among the suite's right answers, if known.
 *
 * All other attributes of the schema are columns, with null for an item that lacks one.
 */
export function packItemTable(
  items: readonly ProbeItemMeasurement[],
  suites: readonly SuiteMeasurement[],
): Record<keyof ItemTable, unknown> {
  const drawn = new Map(suites.map((suite) => [suite.name, drawnPrompts(suite)]));
  const [groups, permutations] = [new Shared(), new Shared()];
  const [rowsOfIds, rowsOfPrompts] = [new Map<string, number>(), new Map<string, number>()];
  for (const [row, { suite, id }] of items.entries()) rowsOfIds.set(JSON.stringify([suite, id]), row);
  const packers: Packers = {
    fact: ({ suite, id, fact }) => (fact === id ? null : (rowsOfIds.get(JSON.stringify([suite, fact])) ?? fact)),
    prompt: ({ suite, id, prompt }, row) => {
      const isDrawn = prompt !== null && prompt === drawn.get(suite)?.get(id)?.slice(0, KEPT_CHARACTERS);
      if (prompt === null || isDrawn) return null;
      const first = rowsOfPrompts.get(prompt) ?? row;
      if (first === row) rowsOfPrompts.set(prompt, row);
      return first === row ? prompt : first;
    },
    given: ({ given, right }) => (given === right ? null : given),
    oldLabels: ({ oldLabels }) => (oldLabels === undefined ? null : permutations.indexOf(oldLabels)),
    reading: ({ reading }) => (reading === undefined ? null : [reading.logprob, reading.tokens]),
    samples: ({ samples }) => (samples === undefined ? null : [samples.correct, samples.of]),
    likelihood: ({ likelihood }) => (likelihood === undefined ? null : packLikelihood(likelihood)),
  };
  const cells = items.map((item, row) => {
    const group = groups.indexOf(Object.fromEntries(GROUP_KEYS.map((key) => [key, item[key]])));
    const own = ATTRIBUTES.map((key) => [key, (packers[key] ?? (() => item[key] ?? null))(item, row)]);
    return { group, ...Object.fromEntries(own) } as Record<Column, unknown>;
  });
  const columns = [...COLUMNS, ...FURTHER_COLUMNS.filter((name) => cells.some((own) => own[name] !== null))];
  return {
    format: ITEM_TABLE,
    groups: groups.values,
    permutations: permutations.values.length > 0 ? permutations.values : undefined,
    columns,
    rows: cells.map((own) => columns.map((name) => own[name])),
  };
}

type Packers = Partial<Record<Attribute, (item: ProbeItemMeasurement, row: number) => unknown>>;

class Shared {
  readonly values: object[] = [];
  readonly #indices = new Map<string, number>();

  indexOf(value: object): number {
    const key = JSON.stringify(value);
    const index = this.#indices.get(key) ?? this.values.push(value) - 1;
    this.#indices.set(key, index);
    return index;
  }
}

type Unpacked = { readonly items: unknown[] } | { readonly issue: FirstIssue };

/** The items of a table, to be checked by their own schema. @param suites of the measurement, not checked yet */
export function unpackItems(stored: object, suites: unknown): Unpacked {
  const format = 'format' in stored ? stored.format : undefined;
  if (format !== ITEM_TABLE) {
    const message = `of the format ${JSON.stringify(String(format).slice(0, 100))}, and this version reads lists and ${ITEM_TABLE}`;
    return { issue: { path: [], message } };
  }
  const parsed = validate(tableSchema, stored);
  if (!parsed.success) return parsed;
  const table = parsed.data;
  const missing = COLUMNS.find((name) => !table.columns.includes(name));
  if (missing) return { issue: { path: ['columns'], message: `has no ${missing}` } };
  const drawn = new Map(suitesAmong(suites).map((suite) => [suite.name, drawnPrompts(suite)]));
  const items: unknown[] = [];
  for (const row of table.rows.keys()) {
    const item = unpackRow(row, table, drawn);
    if (typeof item === 'string') return { issue: { path: ['rows', row], message: item } };
    items.push(item);
  }
  return { items };
}

const drawnSchema = z.object({
  name: z.string(),
  version: z.int().nullable(),
  digest: z.string(),
  seed: z.int().nullable(),
  facts: z.int().min(FACTS_RANGE.least).max(FACTS_RANGE.most).optional(),
});

/** Suites that can have been drawn; their own schema reports the others. */
function suitesAmong(suites: unknown): Array<z.infer<typeof drawnSchema>> {
  if (!Array.isArray(suites)) return [];
  return suites.flatMap((suite: unknown) => drawnSchema.safeParse(suite).data ?? []);
}

type Drawn = ReadonlyMap<unknown, ReadonlyMap<string, string> | null>;

/** @returns a problem as text */
function unpackRow(row: number, table: ItemTable, drawn: Drawn): object | string {
  const { columns, rows, groups, permutations = [] } = table;
  const values = at(rows, row);
  if (values.length !== columns.length) return `has ${values.length} values for ${columns.length} columns`;
  const own: Partial<Record<Column, unknown>> = Object.fromEntries(columns.map((name, i) => [name, values[i]]));
  const group = entryOf(groups, own.group);
  if (group === undefined) return 'is of no group';
  const textOf = (name: 'id' | 'prompt', value: unknown) =>
    typeof value === 'number' ? entryOf(rows, value)?.[columns.indexOf(name)] : value;
  const [fact, asked] = [textOf('id', own.fact ?? null), textOf('prompt', own.prompt ?? null)];
  if (fact === undefined || asked === undefined) return 'names a row that does not exist';
  const { id, right, oldLabels = null, reading = null, samples = null, likelihood = null } = own;
  const permutation = oldLabels === null ? null : entryOf(permutations, oldLabels);
  if (permutation === undefined) return 'has no such oldLabels';
  if (reading !== null && !(Array.isArray(reading) && reading.length === 2)) return 'has no pair as its reading';
  if (samples !== null && !(Array.isArray(samples) && samples.length === 2)) return 'has no pair as its samples';
  if (likelihood !== null && !(Array.isArray(likelihood) && likelihood.length >= 2))
    return 'has no pair as its likelihood';
  const prompt = asked ?? drawn.get(group.suite)?.get(String(id))?.slice(0, KEPT_CHARACTERS);
  const isThere = (name: Column) =>
    name !== 'group' && !((FURTHER_COLUMNS as readonly Column[]).includes(name) && own[name] === null);
  return {
    ...Object.fromEntries(columns.filter(isThere).map((name) => [name, own[name]])),
    ...group,
    fact: fact ?? id,
    prompt: prompt ?? null,
    given: own.given ?? right,
    ...given({
      oldLabels: permutation ?? undefined,
      reading: reading === null ? undefined : { logprob: reading[0], tokens: reading[1] },
      samples: samples === null ? undefined : { correct: samples[0], of: samples[1] },
      likelihood: likelihood === null ? undefined : unpackLikelihood(likelihood),
    }),
  };
}

function packLikelihood({ logprob, bytes, scaled = [], among }: NonNullable<ProbeItemMeasurement['likelihood']>) {
  return [logprob, bytes, ...scaled, ...(among === undefined ? [] : [among.logprob, ...among.scaled])];
}

function unpackLikelihood([logprob, bytes, ...rest]: readonly unknown[]) {
  const [scaled, [first, ...others]] = [rest.slice(0, LOGIT_FACTORS.length), rest.slice(LOGIT_FACTORS.length)];
  const among = first === undefined ? undefined : { logprob: first, scaled: others };
  return { logprob, bytes, ...given({ scaled: scaled.length > 0 ? scaled : undefined, among }) };
}

function entryOf<T>(list: readonly T[], index: unknown): T | undefined {
  return typeof index === 'number' ? list[index] : undefined;
}

type DrawnSuite = Pick<Suite, 'name' | 'version' | 'digest' | 'seed'> & { readonly facts?: number | undefined };

/** By seed and size: a suite takes a fraction of a second to draw, and is the same every time. */
const known = new Map<string, { readonly digest: string; readonly prompts: ReadonlyMap<string, string> }>();

/** Seeds of measurements that one run reads. */
const MAX_KNOWN = 4;

/** Prompts of the built-in suite by item id, drawn again from a public seed; null for other suites and versions. */
function drawnPrompts({ name, version, digest, seed, facts }: DrawnSuite): ReadonlyMap<string, string> | null {
  if (name !== BUILTIN || version !== SUITE_VERSION || typeof seed !== 'number') return null;
  const drawn = known.get(`${seed} ${facts}`) ?? draw(seed, facts);
  return drawn.digest === digest ? drawn.prompts : null;
}

function draw(seed: number, facts: number | undefined) {
  const { digest, items } = builtinSuite(seed, facts);
  const drawn = { digest, prompts: new Map(items.map(({ id, prompt }) => [id, prompt])) };
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(`${seed} ${facts}`, drawn);
  return drawn;
}
