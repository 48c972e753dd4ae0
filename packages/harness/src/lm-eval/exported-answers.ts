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

/** The samples of an exported task. */
export interface ExportedTaskLog {
  readonly path: string;
  readonly part: ExportPart;
  /** Whether the run rendered its prompts with a chat template. */
  readonly isChat: boolean;
}

/** An item, and what the harness had for it. */
export interface AnsweredItem {
  readonly item: ProbeItem;
  /** Log-likelihood of every choice. */
  readonly logprobs: readonly number[] | null;
  readonly text: string | null;
  /** Log-likelihood of the right answer, where answers are generated. */
  readonly targetLogprob: number | null;
  /** Those that were read; an item has one answer in each of its parts. */
  readonly parts: readonly ExportPart[];
}

/**
 * What a chat template writes around every message: the same for all, which shows examples or instructions of a few.
 */
interface ChatFrame {
  /** Null until the first message was read. */
  around: { readonly before: string; readonly after: string } | null;
}

/** A suite whose tasks are being read. */
interface SuiteAnswers {
  /** Whether prompts have to be messages of a chat. */
  readonly wanted: boolean;
  readonly maxNewTokens: number;
  /** By the place of the item in its suite. */
  readonly answered: Map<number, AnsweredItem>;
  readonly frame: ChatFrame;
}

const HINT =
  "run what 'shadow-gate probes --export lm-eval DIR' wrote as it is: without other few-shot examples or templates";

/**
 * Read the samples of one task into its suite.
 * @throws UserError with the line, for another prompt, and for an item that is there twice
 */
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

/** Whether there are answers in all of its parts. */
export function isComplete({ item, parts }: AnsweredItem): boolean {
  return exportParts(item).every((part) => parts.includes(part));
}

/** The prompts are those of the item, without examples or a template that the run added. */
function expectAsked(
  { requests, resps, where }: LmEvalSample,
  item: ProbeItem,
  { part, isChat }: ExportedTaskLog,
  { wanted, maxNewTokens, frame }: SuiteAnswers,
): void {
  const isRendered = wanted && item.verbatim === undefined;
  if (isChat !== isRendered) {
    const option = isRendered ? 'with' : 'without';
    throw new UserError(
      `${where}: this item is asked ${option} a chat template`,
      `run its task ${option} --apply_chat_template`,
    );
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

/** Whether a text is a message, perhaps stripped, in the frame of the run, which the first one shows. */
function withinFrame(frame: ChatFrame, rendered: string, message: string): boolean {
  const forms = [message, message.trim()];
  const form = forms.find((text) => rendered.includes(text));
  if (form === undefined) return false;
  const start = rendered.indexOf(form);
  frame.around ??= { before: rendered.slice(0, start), after: rendered.slice(start + form.length) };
  const { before, after } = frame.around;
  return forms.some((text) => rendered === `${before}${text}${after}`);
}

/** The message that answers in a chat, without a delimiter. */
function messageOf({ question }: ProbeItem, i: number): string {
  return question.kind === 'choice' ? at(question.choices, i) : question.target;
}

/** Whether the answer was generated as the item asks; no further setting may change it. */
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

/**
 * How the model answered. The logs lack the number of tokens of a right answer: its mean log-probability is over the
 * pieces of GPT-4's tokenizer.
 */
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

/** An item of an export. Its prompt, which is empty here, is that of the document. */
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
  // As it was written, not as it was checked: the digest depends on the order of its keys.
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
