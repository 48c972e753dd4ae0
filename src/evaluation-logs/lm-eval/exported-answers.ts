import { z } from 'zod';
import { at } from '../../platform/at.ts';
import { validate } from '../../platform/first-issue.ts';
import { parseJson } from '../../platform/parse-json.ts';
import { UserError } from '../../platform/user-error.ts';
import { judgeAnswer } from '../../probes/exact-answer.ts';
import { readSample, type Sample } from '../../probes/files/lm-eval/sample.ts';
import { pieceCount } from '../../probes/files/text.ts';
import { CHOICE_SCORINGS, FORMS, type ProbeItem, TWIN_KINDS } from '../../probes/item.ts';
import { EXPORT_KEY, type Part } from '../../probes/lm-eval-export/tasks.ts';
import { choiceOutcome, type Outcome } from '../../probes/outcome.ts';
import { scoredTexts } from '../../probes/prompt.ts';
import { answerLimit, stopsOf } from '../../probes/run.ts';
import { parsePythonJson } from '../python-json.ts';
import { readLogLines } from '../read-lines.ts';

/** The samples of an exported task. */
export interface AskedTask {
  readonly path: string;
  readonly part: Part;
  /** Whether the run rendered its prompts with a chat template. */
  readonly isChat: boolean;
}

/** An item, and what the harness had for it. */
export interface AnsweredItem {
  readonly item: ProbeItem;
  /** Of every choice. */
  readonly logprobs: readonly number[] | null;
  readonly text: string | null;
  /** Of the right answer, where answers are generated. */
  readonly targetLogprob: number | null;
  readonly isComplete: boolean;
}

const HINT =
  "run what 'shadow-gate probes --export lm-eval DIR' wrote as it is: without other few-shot examples or templates";

/** What an item has to have before its suite's digest is checked. */
const itemSchema = z.looseObject({
  place: z.int().nonnegative(),
  id: z.string(),
  fact: z.string(),
  capability: z.string(),
  family: z.string(),
  cluster: z.string(),
  form: z.enum(FORMS),
  kind: z.enum(TWIN_KINDS).optional(),
  verbatim: z.literal(true).optional(),
  question: z.discriminatedUnion('kind', [
    z.looseObject({
      kind: z.literal('choice'),
      choices: z.array(z.string()).min(2),
      answer: z.int().nonnegative(),
      scoring: z.enum(CHOICE_SCORINGS),
    }),
    z.looseObject({ kind: z.literal('exact'), target: z.string() }),
  ]),
});

/**
 * Read the samples of one task into the items of its suite.
 * @param wanted whether prompts have to be messages of a chat
 * @throws UserError with the line, for a prompt that is not that of the item
 */
export async function readAnswers(
  { path, part, isChat }: AskedTask,
  {
    wanted,
    maxNewTokens,
    answered,
  }: { readonly wanted: boolean; readonly maxNewTokens: number; readonly answered: Map<number, AnsweredItem> },
): Promise<void> {
  for await (const { text, number } of readLogLines(path, path)) {
    const where = `${path}:${number}`;
    const fields = parsePythonJson(text, path, HINT, number) as Readonly<Record<string, unknown>>;
    const sample = readSample({ line: number, where, fields });
    const { place, item } = itemOf(sample);
    expectAsked(sample, item, { part, isChat, wanted, maxNewTokens });
    const known = answered.get(place) ?? { item, logprobs: null, text: null, targetLogprob: null, isComplete: false };
    answered.set(place, withAnswer(known, sample, part));
  }
}

function itemOf({ doc, where }: Sample): { readonly place: number; readonly item: ProbeItem } {
  const record = doc[EXPORT_KEY];
  const { prompt } = doc;
  const json = parseJson(typeof record === 'string' ? record : '', { name: `${where}: doc.${EXPORT_KEY}`, hint: HINT });
  const parsed = validate(itemSchema, json);
  if (!parsed.success || typeof prompt !== 'string') {
    throw new UserError(`${where}: doc.${EXPORT_KEY} is not an exported item`, HINT);
  }
  const { place, ...item } = json as { place: number };
  // The digest depends on the order of keys, which is kept.
  return { place, item: { ...item, prompt } as unknown as ProbeItem };
}

interface Expected {
  readonly part: Part;
  readonly isChat: boolean;
  readonly wanted: boolean;
  readonly maxNewTokens: number;
}

/** The prompts are those of the item, without examples or a template that the run added. */
function expectAsked(
  { requests, where }: Sample,
  item: ProbeItem,
  { part, isChat, wanted, maxNewTokens }: Expected,
): void {
  const isRendered = wanted && item.verbatim === undefined;
  if (isChat !== isRendered) {
    const option = isRendered ? 'with' : 'without';
    throw new UserError(
      `${where}: this item is asked ${option} a chat template`,
      `run its task ${option} --apply_chat_template`,
    );
  }
  const expected = scoredTexts(item, { tokenizer: null }, { chatTemplate: false });
  const texts = item.question.kind === 'choice' && isRendered ? item.question.choices : null;
  const isGenerated = part === 'answers';
  const fits = (context: string, own: string) => (isRendered ? context.includes(own.trim()) : context === own);
  const isSame =
    requests.length === (isGenerated ? 1 : expected.length) &&
    requests.every(({ context, argument }, i) => {
      const own = at(expected, i);
      if (!fits(context, own.context)) return false;
      if (isGenerated) return isSameGeneration(argument, item, maxNewTokens);
      return argument === (texts?.[i] ?? (isRendered ? own.continuation.trimStart() : own.continuation));
    });
  if (!isSame)
    throw new UserError(`${where}: the prompt of ${JSON.stringify(item.id)} is not that of the export`, HINT);
}

function isSameGeneration(argument: unknown, item: ProbeItem, maxNewTokens: number): boolean {
  const { until, max_gen_toks: limit, do_sample: samples } = (argument ?? {}) as Readonly<Record<string, unknown>>;
  const isSameLimit = limit === answerLimit(item, { maxNewTokens });
  return isSameLimit && samples === false && JSON.stringify(until) === JSON.stringify(stopsOf(item));
}

function withAnswer(known: AnsweredItem, { resps, where }: Sample, part: Part): AnsweredItem {
  const first = resps.map(([answer]) => answer);
  if (part === 'answers') {
    const [text] = first;
    if (typeof text !== 'string') throw new UserError(`${where}: resps: its answer is not a text`, HINT);
    return { ...known, text, isComplete: known.targetLogprob !== null };
  }
  const logprobs = first.map((answer) => Number(Array.isArray(answer) ? answer[0] : answer));
  if (logprobs.some((value) => !Number.isFinite(value))) {
    throw new UserError(`${where}: resps: a log-likelihood is not a finite number`, 'check the model');
  }
  if (part === 'targets') return { ...known, targetLogprob: at(logprobs, 0), isComplete: known.text !== null };
  return { ...known, logprobs, isComplete: true };
}

/**
 * How the harness' model answered. The number of tokens of a right answer is not in the logs: its mean log-probability is over the
 * pieces into which GPT-4's tokenizer splits it.
 */
export function outcomesOf({ item, logprobs, text, targetLogprob }: AnsweredItem): Outcome {
  const { question } = item;
  if (question.kind === 'choice') return choiceOutcome(item, logprobs ?? []);
  return {
    item,
    ...judgeAnswer(text ?? '', question),
    margin: (targetLogprob ?? 0) / Math.max(1, pieceCount(question.target)),
    probability: null,
    logprobs: null,
  };
}
