import { isDeepStrictEqual } from 'node:util';
import { at, given, UserError } from '@shadow-gate/platform';
import { parseJson, parseJsonWithNaN, validate } from '@shadow-gate/platform/json';
import {
  answerLimit,
  choiceOutcome,
  itemStops,
  judgeAnswer,
  type Outcome,
  pieceCount,
  scoredTexts,
  targetLikelihood,
} from '@shadow-gate/probes';
import { ruleSchema } from '@shadow-gate/probes/files';
import { type LmEvalSample, readSample, sampleLogprobs } from '@shadow-gate/probes/files/lm-eval';
import { CHOICE_SCORINGS, itemShape, type ProbeItem } from '@shadow-gate/probes/item';
import { z } from 'zod';
import { EXPORT_KEY, type ExportPart, exportParts } from '../export/tasks.ts';
import { readLogLines } from '../read-lines.ts';

export interface ExportedTaskLog {
  readonly path: string;
  readonly part: ExportPart;
  /** Did the run render its prompts with a chat template? */
  readonly isChat: boolean;
}

export interface AnsweredItem {
  readonly item: ProbeItem;
  readonly logprobs: readonly number[] | null;
  readonly text: string | null;
  /** Log-likelihood of the right answer, if answers are generated. */
  readonly targetLogprob: number | null;
  /** The parts that were read, with one answer each. */
  readonly parts: readonly ExportPart[];
}

/** The chat template's text around every message: if it differs, some have examples or instructions. */
interface ChatFrame {
  /** Null before the first message. */
  around: { readonly before: string; readonly after: string } | null;
}

interface SuiteAnswers {
  /** Must prompts be messages of a chat? */
  readonly wanted: boolean;
  readonly maxNewTokens: number;
  /** By the place of the item in its suite. */
  readonly answered: Map<number, AnsweredItem>;
  readonly frame: ChatFrame;
}

const HINT =
  "run what 'shadow-gate probes --export lm-eval DIR' wrote as it is: without other few-shot examples or templates";

/** Read the samples of one task into its suite. @throws UserError with the line, for another prompt or repeated item */
export async function readAnswers(task: ExportedTaskLog, suite: SuiteAnswers): Promise<void> {
  const { path, part } = task;
  for await (const { text, number } of readLogLines(path, path)) {
    const where = `${path}:${number}`;
    const fields = parseJsonWithNaN(text, path, HINT, number) as Readonly<Record<string, unknown>>;
    const sample = readSample({ line: number, where, fields });
    const { place, item } = exportedItem(sample, HINT);
    expectAsked(sample, item, task, suite);
    const known = suite.answered.get(place) ?? { item, logprobs: null, text: null, targetLogprob: null, parts: [] };
    if (known.parts.includes(part) || !isDeepStrictEqual(known.item, item)) {
      throw new UserError(
        `${where}: item ${place + 1} of its suite is there twice, or is another one elsewhere`,
        'give one run',
      );
    }
    suite.answered.set(place, withAnswer(known, sample, part));
  }
}

export function isComplete({ item, parts }: AnsweredItem): boolean {
  return exportParts(item).every((part) => parts.includes(part));
}

/** The prompts must be those of the item, without examples or a template of the run. */
function expectAsked(
  { requests, resps, where }: LmEvalSample,
  item: ProbeItem,
  { part, isChat }: ExportedTaskLog,
  { wanted, maxNewTokens, frame }: SuiteAnswers,
): void {
  const isRendered = wanted && item.verbatim === undefined;
  if (isChat !== isRendered) {
    const option = isRendered ? 'with' : 'without';
    const hint = `run its task ${option} --apply_chat_template`;
    throw new UserError(`${where}: this item is asked ${option} a chat template`, hint);
  }
  if (!exportParts(item).includes(part)) throw new UserError(`${where}: this item has no ${part}`, HINT);
  const expected = scoredTexts(item, { tokenizer: null }, { chatTemplate: false });
  const isGenerated = part === 'answers';
  const isSame =
    requests.length === (isGenerated ? 1 : expected.length) &&
    resps.length === requests.length &&
    requests.every(({ context, argument }, i) => {
      const own = at(expected, i);
      if (!(isRendered ? withinFrame(frame, context, own.context) : context === own.context)) return false;
      if (isGenerated) return isSameGeneration(argument, item, maxNewTokens);
      return argument === (isRendered ? messageOf(item, i) : own.continuation);
    });
  if (isSame) return;
  throw new UserError(`${where}: the prompt of ${JSON.stringify(item.id)} is not that of the export`, HINT);
}

/** Is a text a message, stripped or not, in the frame of the run? The first one shows the frame. */
function withinFrame(frame: ChatFrame, rendered: string, message: string): boolean {
  const forms = [message, message.trim()];
  const form = forms.find((text) => rendered.includes(text));
  if (form === undefined) return false;
  const start = rendered.indexOf(form);
  frame.around ??= { before: rendered.slice(0, start), after: rendered.slice(start + form.length) };
  const { before, after } = frame.around;
  return forms.some((text) => rendered === `${before}${text}${after}`);
}

function messageOf({ question }: ProbeItem, i: number): string {
  return question.kind === 'choice' ? at(question.choices, i) : question.target;
}

/** Was the answer generated as the item asks, without other settings? */
function isSameGeneration(argument: unknown, item: ProbeItem, maxNewTokens: number): boolean {
  const given = (argument ?? {}) as Readonly<Record<string, unknown>>;
  const { until, max_gen_toks: limit, do_sample: samples, temperature = 0, ...others } = given;
  const isGreedy = samples === false && temperature === 0 && Object.keys(others).length === 0;
  const isSameLimit = limit === answerLimit(item, { maxNewTokens });
  return isGreedy && isSameLimit && isDeepStrictEqual(until, itemStops(item));
}

function withAnswer({ parts, ...known }: AnsweredItem, sample: LmEvalSample, part: ExportPart): AnsweredItem {
  const { resps, where } = sample;
  const read = { ...known, parts: [...parts, part] };
  if (part === 'answers') {
    const text = resps[0]?.[0];
    if (typeof text !== 'string') throw new UserError(`${where}: resps: its answer is not a text`, HINT);
    return { ...read, text };
  }
  const logprobs = sampleLogprobs(sample);
  if (!logprobs.every(Number.isFinite)) {
    throw new UserError(`${where}: resps: a log-likelihood is not a finite number`, 'check the model');
  }
  return part === 'targets' ? { ...read, targetLogprob: at(logprobs, 0) } : { ...read, logprobs };
}

/** The logs lack the number of tokens of a right answer: its mean log-probability is over GPT-4's pieces. */
export function answerOutcome({ item, logprobs, text, targetLogprob }: AnsweredItem): Outcome {
  const { question } = item;
  if (question.kind === 'choice') return choiceOutcome(item, logprobs ?? []);
  return {
    item,
    ...judgeAnswer(text ?? '', question),
    margin: (targetLogprob ?? 0) / Math.max(1, pieceCount(question.target)),
    probability: null,
    logprobs: null,
    ...given({
      likelihood: targetLogprob === null ? undefined : targetLikelihood(item, { logprob: targetLogprob }),
    }),
  };
}

const choiceSchema = z
  .strictObject({
    kind: z.literal('choice'),
    choices: z.array(z.string()).min(2),
    answer: z.int().nonnegative(),
    scoring: z.enum(CHOICE_SCORINGS),
    delimiter: z.string().optional(),
    contexts: z.array(z.string()).optional(),
    ending: z.string().optional(),
  })
  .refine(({ choices, answer }) => answer < choices.length, { error: 'answer is not one of its choices' })
  .refine(({ choices, contexts }) => contexts === undefined || contexts.length === choices.length, {
    error: 'not a context for each choice',
  });

const exactSchema = z.strictObject({
  kind: z.literal('exact'),
  target: z.string(),
  delimiter: z.string().optional(),
  rule: ruleSchema.optional(),
  pattern: z.string().refine(isPattern, { error: 'not a regular expression' }).optional(),
  stop: z.array(z.string()).optional(),
  maxNewTokens: z.int().positive().optional(),
});

/** An item of an export. Its prompt is in the document instead. */
const itemSchema = z.strictObject({
  place: z.int().nonnegative(),
  ...itemShape,
  prompt: z.literal(''),
  verbatim: z.literal(true).optional(),
  question: z.union([choiceSchema, exactSchema]),
});

/** The item of an exported document. @throws UserError with the line, for another document */
function exportedItem({ doc, where }: LmEvalSample, hint: string): { place: number; item: ProbeItem } {
  const record = doc[EXPORT_KEY];
  const { prompt } = doc;
  const name = `${where}: doc.${EXPORT_KEY}`;
  const json = parseJson(typeof record === 'string' ? record : '', { name, hint });
  const parsed = validate(itemSchema, json);
  if (!parsed.success || typeof prompt !== 'string') throw new UserError(`${name} is not an exported item`, hint);
  // As written, not as checked: the digest depends on the order of its keys.
  const { place, ...item } = json as { place: number };
  return { place, item: { ...item, prompt } as unknown as ProbeItem };
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'gu').flags !== '';
  } catch {
    return false;
  }
}
