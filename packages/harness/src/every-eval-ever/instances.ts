import { UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson, parseJsonWithNaN } from '@shadow-gate/platform/json';
import { mean } from 'simple-statistics';
import { z } from 'zod';
import type { BenchmarkDocument } from '../benchmarks.ts';
import { countRightIndices } from '../lm-eval/choices.ts';
import { readLogLines } from '../read-lines.ts';
import { checkedEee, EEE_HINT, type EeeLog } from './log.ts';
import { canBeRight, type NamedResult } from './results.ts';

const messageSchema = z.looseObject({ role: z.string(), content: z.unknown().optional() });

const rowSchema = z.looseObject({
  evaluation_id: z.string(),
  model_id: z.string(),
  evaluation_name: z.string(),
  evaluation_result_id: z.string().nullish(),
  sample_id: z.string(),
  input: z.looseObject({
    raw: z.string(),
    formatted: z.string().nullish(),
    reference: z.array(z.string()),
    choices: z.array(z.string()).nullish(),
  }),
  messages: z.array(messageSchema).nullish(),
  evaluation: z.looseObject({ score: z.number(), is_correct: z.boolean() }),
  error: z.string().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
});
type Row = z.infer<typeof rowSchema>;

export interface EeeItem {
  readonly id: string;
  readonly doc: string;
  readonly prompt: string;
  readonly target: string;
  /** Numbers of choices and of right ones. */
  readonly guessing: Pick<BenchmarkDocument, 'choices' | 'rightChoices'>;
  /** Scores of each answer, by result. */
  readonly scores: ReadonlyMap<NamedResult, readonly number[]>;
}

export interface EeeInstances {
  readonly items: ReadonlyMap<string, readonly EeeItem[]>;
  /** Results with another maximum than 1, or a wrong answer with 1: 1 does not mean right. */
  readonly ungraded: ReadonlySet<NamedResult>;
}

interface FoundItem extends EeeItem {
  readonly scores: Map<NamedResult, number[]>;
  /** Results and epochs that were read. */
  readonly answers: Set<string>;
}

/** @throws UserError with the line, for another log or result, an error in place of an answer, and a repeated epoch */
export async function readInstances(path: string, log: EeeLog, named: readonly NamedResult[]): Promise<EeeInstances> {
  const found = new Map<string, Map<string, FoundItem>>();
  const ungraded = new Set(named.filter(({ result }) => !canBeRight(result.metric_config)));
  let rows = 0;
  for await (const { text, number } of readLogLines(path, path)) {
    rows++;
    const where = `${path}:${number}`;
    const row = checkedEee(rowSchema, parseJsonWithNaN(text, path, EEE_HINT, number), where);
    expectOwn(row, log, where);
    const of = resultOf(row, named, where);
    const item = addItem(found, of.task, row);
    if (of.result === null) continue;
    addScore(item, of.result, row, where);
    const { score, is_correct: isRight } = row.evaluation;
    if ((score === 1) !== isRight) ungraded.add(of.result);
  }
  if (rows === 0) throw new UserError(`${path}:1: the file is empty`, EEE_HINT);
  const total = log.detailed_evaluation_results?.total_rows ?? rows;
  if (rows !== total) {
    const problem = `${path}: the file ends after ${rows} lines, and its log says ${total}`;
    throw new UserError(problem, `it is truncated: ${EEE_HINT}`);
  }
  const items = [...found].map(([task, own]) => [task, [...own.values()].sort(byId)] as const);
  return { items: new Map(items), ungraded };
}

function expectOwn({ evaluation_id: id, model_id: model, sample_id: sample, error }: Row, log: EeeLog, where: string) {
  if (id !== log.evaluation_id || model !== log.model_info.id) {
    throw new UserError(
      `${where} is of ${JSON.stringify(id)} and ${JSON.stringify(model)}, and its log of ${JSON.stringify(log.evaluation_id)} and ${JSON.stringify(log.model_info.id)}`,
      'give the files of one run',
    );
  }
  if ((error ?? '') === '') return;
  throw new UserError(`${where}: sample ${sample} ended in an error`, 'evaluate it again');
}

/** The result of a line; null if its metric has no values for samples. */
function resultOf(
  { evaluation_result_id: id, evaluation_name: name }: Row,
  named: readonly NamedResult[],
  where: string,
) {
  const alike = named.filter(({ result }) => result.evaluation_name === name);
  const own = alike.filter(({ result }) => (result.evaluation_result_id ?? null) === (id ?? null));
  const [first, second] = own;
  if (first !== undefined && second === undefined) return { task: first.task, result: first };
  const [any] = alike;
  if ((id ?? null) === null && any !== undefined && first === undefined) return { task: any.task, result: null };
  const what = `${JSON.stringify(name)}${(id ?? null) === null ? '' : ` with the id ${JSON.stringify(id)}`}`;
  throw new UserError(
    `${where}: the log has ${second === undefined ? 'no result' : 'several results'} ${what}`,
    second === undefined ? 'give the files of one run' : 'convert the logs again with every-eval-ever 0.3',
  );
}

function addItem(found: Map<string, Map<string, FoundItem>>, task: string, row: Row): FoundItem {
  const { sample_id: id, input, messages, metadata } = row;
  const choices = input.choices ?? [];
  const doc = sha256(canonicalJson([metadata?.doc_hash ?? id, input.raw, choices]));
  const asked = [input.raw, input.formatted ?? null, choices, opening(messages ?? [])];
  const prompt = sha256(canonicalJson([...asked, metadata?.prompt_hash ?? null]));
  const target = sha256(canonicalJson(input.reference));
  const items = found.get(task) ?? new Map<string, FoundItem>();
  found.set(task, items);
  // Subsets of a data set may have the same numbers.
  const key = JSON.stringify([id, doc, prompt, target]);
  const item = items.get(key) ?? {
    ...{ id, doc, prompt, target, guessing: guessable(choices, input.reference) },
    ...{ scores: new Map<NamedResult, number[]>(), answers: new Set<string>() },
  };
  items.set(key, item);
  return item;
}

/** Choices and right ones. Mutual information asks for every choice twice. */
function guessable(texts: readonly string[], reference: readonly string[]): EeeItem['guessing'] {
  if (texts.length < 2) return {};
  const distinct = new Set(texts);
  const areDoubled =
    distinct.size > 1 && [...distinct].every((text) => texts.filter((own) => own === text).length === 2);
  const choices = areDoubled ? distinct.size : texts.length;
  const named = new Set(reference.filter((text) => distinct.has(text))).size;
  const right = reference.length === 1 ? (countRightIndices(reference[0]) ?? 1) : named;
  return { choices, ...(right > 1 && right <= choices ? { rightChoices: right } : {}) };
}

function opening(messages: NonNullable<Row['messages']>): unknown[] {
  const end = messages.findIndex(({ role }) => role === 'assistant');
  return messages.slice(0, end === -1 ? messages.length : end).map(({ role, content }) => [role, content ?? null]);
}

function addScore(item: FoundItem, result: NamedResult, { evaluation, metadata }: Row, where: string): void {
  const scores = item.scores.get(result) ?? [];
  const epoch = metadata?.epoch ?? null;
  const answer = JSON.stringify([result.metric, result.filter, epoch]);
  if (epoch !== null && item.answers.has(answer)) {
    throw new UserError(`${where}: sample ${item.id}, epoch ${epoch}, is there twice`, 'give the files of one run');
  }
  item.answers.add(answer);
  item.scores.set(result, [...scores, evaluation.score]);
}

/** The number of answers to a sample, and the mean of each result. @throws UserError if the numbers differ */
export function answersTo({ id, scores }: EeeItem, named: readonly NamedResult[], path: string) {
  const counts = new Set([...scores.values()].map(({ length }) => length));
  if (counts.size > 1) {
    const answers = [...counts].join(' answers in one result and ');
    throw new UserError(`${path}: sample ${id} has ${answers} in another`, 'give the files of one run');
  }
  const [samples = 1] = counts;
  const meanOf = (own: readonly number[] | undefined) => (own === undefined ? null : mean([...own]));
  return { samples, values: named.map((result) => meanOf(scores.get(result))) };
}

/** Numbers in their order. */
function byId(a: EeeItem, b: EeeItem): number {
  const [ours, theirs] = [a, b].map(({ id, doc }) => `${id.padStart(12, '0')} ${doc}`);
  return (ours ?? '') < (theirs ?? '') ? -1 : 1;
}
