import type { GenerateRequest, Model, OnWork, ScoreAnswer, ScoreRequest } from '@shadow-gate/language-model';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { at, given, groupBy } from '@shadow-gate/platform';
import { judgeAnswer } from './exact-answer.ts';
import type { ProbeItem } from './item.ts';
import { choiceOutcome, isMostlyRight, type Outcome, targetLikelihood } from './outcome.ts';
import { type PromptOptions, scoredTexts } from './prompt.ts';
import { Random } from './random.ts';
import { type Reading, readingRequest } from './reading.ts';
import { spelledAnswerReader } from './spelling.ts';
import type { SuiteSampling } from './suite.ts';

export interface RunProbesOptions extends PromptOptions {
  /** Length limit of a generated answer. */
  readonly maxNewTokens: number;
  /** How generated answers are sampled; missing: one is decoded greedily. */
  readonly sampling?: SuiteSampling | undefined;
  /** The tokens of all right answers of the suite, where they are known here: see `answerTokens`. */
  readonly among?: readonly number[] | undefined;
  /** Ids of the items whose prompts are read too. */
  readonly reads?: ReadonlySet<string> | undefined;
  /** Called with the number of items that are done, of those in progress a fraction. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** An item that cannot be asked, and the reason. Its whole fact is left out with it. */
export interface LeftOutItem {
  readonly id: string;
  readonly reason: string;
  readonly cause: 'does-not-fit' | 'not-encodable' | 'other-form';
}

export interface RunResult {
  /** By the id of the item. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Items whose prompt the server cut, by id: their outcomes belong to another question. */
  readonly truncated: ReadonlyMap<string, LeftOutItem>;
}

/** Items of one call to the model: enough for full batches, few enough for progress. */
const CHUNK_SIZE = 128;

/**
 * Layer by layer, each call reads all weights, so all items go in one. Their last bits depend on what is asked
 * together.
 */
function callsFor(model: Model, chunks: ReadonlyArray<readonly ProbeItem[]>): ReadonlyArray<readonly ProbeItem[]> {
  if (model.execution !== LAYER_BY_LAYER) return chunks;
  const items = chunks.flat();
  return items.length === 0 ? [] : [items];
}

/** Length limit of a generated answer in tokens; 0 where nothing is generated. */
export function answerLimit({ question }: ProbeItem, { maxNewTokens }: Pick<RunProbesOptions, 'maxNewTokens'>): number {
  return question.kind === 'exact' ? (question.maxNewTokens ?? maxNewTokens) : 0;
}

export function answerCount({ question }: ProbeItem, { sampling }: Pick<RunProbesOptions, 'sampling'>): number {
  return question.kind === 'exact' ? (sampling?.samples ?? 1) : 0;
}

/** Texts that end a generated answer. */
export function itemStops({ question }: ProbeItem): readonly string[] {
  return (question.kind === 'exact' ? question.stop : undefined) ?? STOPS;
}

/** An answer ends with its line, or where a base model continues with the next question. */
const STOPS = ['\n\n', '\nQuestion:', '\nProblem:', '\nQ:'];

/**
 * Items of one template share a chunk, since their common beginning is read once; so do items with the same prompt that
 * are answered by label and by text. Small templates are joined: few tokens take nearly as long as a thousand. The
 * first chunk goes alone: what a server lists is known after its first call.
 */
export function splitIntoChunks(items: readonly ProbeItem[]): ProbeItem[][] {
  const templateOf = ({ family, cluster, question }: ProbeItem) => JSON.stringify([question.kind, family, cluster]);
  const templates = new Map<string, string>();
  const keyOf = (item: ProbeItem): string => {
    const prompt = JSON.stringify([item.question.kind, item.prompt]);
    const template = templates.get(prompt) ?? templateOf(item);
    templates.set(prompt, template);
    return template;
  };
  const chunks: ProbeItem[][] = [];
  /** The chunk that is being filled, by kind of question: written answers are not between those that are scored. */
  const open = new Map<string, ProbeItem[]>();
  for (const members of groupBy(items, keyOf).values()) {
    for (let start = 0; start < members.length; start += CHUNK_SIZE) {
      const part = members.slice(start, start + CHUNK_SIZE);
      const { kind } = at(part, 0).question;
      const chunk = open.get(kind);
      if (chunk && chunk.length + part.length <= CHUNK_SIZE) chunk.push(...part);
      else {
        chunks.push(part);
        if (chunks.length > 1) open.set(kind, part);
      }
    }
  }
  return chunks;
}

/**
 * Announce all calls that may be made, so that no answer depends on the calls before it.
 * @param chunks those of one suite have one object as options
 * @param others requests of other calls
 */
export async function prepareModel(
  model: Model,
  chunks: ReadonlyArray<{ readonly items: readonly ProbeItem[]; readonly options: RunProbesOptions }>,
  others: ReadonlyArray<readonly ScoreRequest[]> = [],
): Promise<void> {
  function* calls(): Generator<readonly ScoreRequest[]> {
    yield* others;
    for (const options of new Set(chunks.map((chunk) => chunk.options))) {
      const own = chunks.filter((chunk) => chunk.options === options).map(({ items }) => items);
      for (const items of callsFor(model, own)) yield items.flatMap((item) => scoreRequests(item, model, options));
    }
  }
  await model.prepare?.({ score: calls(), generate: chunks.some(({ items }) => items.some(needsGeneration)) });
}

/**
 * Run chunks of items that fit the context.
 * @throws UserError for NaN, a server that fails, or a missing chat template
 */
export async function runChunks(
  chunks: ReadonlyArray<readonly ProbeItem[]>,
  model: Model,
  options: RunProbesOptions,
): Promise<RunResult> {
  const outcomes = new Map<string, Outcome>();
  const truncated = new Map<string, LeftOutItem>();
  const onTruncation = (id: string) => {
    truncated.set(id, { id, reason: 'the prompt is longer than the context of the model', cause: 'does-not-fit' });
  };
  const { onProgress } = options;
  for (const chunk of callsFor(model, chunks)) {
    const before = outcomes.size;
    const onWork = onProgress && ((share: number) => onProgress(before + share * chunk.length));
    for (const outcome of await runChunk(chunk, model, { ...options, onTruncation, onWork })) {
      outcomes.set(outcome.item.id, outcome);
    }
    onProgress?.(outcomes.size);
  }
  return { outcomes, truncated };
}

/** Share of the time of written answers that scoring the right ones takes: reading is fast, writing slow. */
const SCORING_SHARE = 0.2;

const needsGeneration = ({ question }: ProbeItem): boolean => question.kind === 'exact';

async function runChunk(
  items: readonly ProbeItem[],
  model: Model,
  options: RunProbesOptions & { readonly onTruncation: (id: string) => void; readonly onWork: OnWork | undefined },
): Promise<Outcome[]> {
  const { onTruncation, onWork } = options;
  const written = items.filter(needsGeneration);
  const scoring = written.length > 0 ? SCORING_SHARE : 1;
  const requests = items.map((item) => scoreRequests(item, model, options));
  const readItem = spelledAnswerReader(model, options);
  const scores = await model.score(requests.flat(), onTruncation, onWork && ((share) => onWork(scoring * share)));
  const generated =
    written.length > 0
      ? await model.generate(
          written.flatMap((item) => generateRequests(item, options)),
          onTruncation,
          onWork && ((share) => onWork(scoring + (1 - scoring) * share)),
        )
      : [];
  let used = 0;
  const texts = new Map<string, string[]>();
  let read = 0;
  for (const item of written) {
    const answers = answerCount(item, options);
    texts.set(
      item.id,
      generated.slice(read, read + answers).map(({ text }) => text ?? ''),
    );
    read += answers;
  }
  return items.map((item, i): Outcome => {
    const { question } = item;
    const count = question.kind === 'choice' ? question.choices.length : 1;
    const own = scores.slice(used, used + count);
    used += count;
    const reading = readingOf(item, model, options) ? readFrom(at(scores, used)) : undefined;
    if (reading) used += 1;
    const { spelling, tokens: ids } = readItem(item, at(requests, i));
    const read = { ...(spelling === null ? {} : { spelling }), ...(ids === null ? {} : { tokens: ids }) };
    const more = { ...(reading ? { reading } : {}), ...read };
    if (question.kind === 'choice') {
      const logprobs = own.map(({ logprob }) => logprob);
      const all = own.flatMap(({ scaled }) => (scaled === undefined ? [] : [scaled]));
      const scaled = all.length === own.length ? all : undefined;
      // Choices of one token in one context follow from each other.
      const isLong = question.contexts !== undefined || own.some(({ token_logprobs: tokens }) => tokens.length > 1);
      const scaledLogprobs = scaled !== undefined && isLong ? { scaledLogprobs: scaled } : {};
      const { among } = at(own, question.answer);
      return { ...choiceOutcome(item, logprobs, { scaled, among }), ...scaledLogprobs, ...more };
    }
    const tokens = at(own, 0).token_logprobs;
    return {
      item,
      ...judgeAnswers(texts.get(item.id) ?? [], question),
      margin: tokens.reduce((sum, value) => sum + value, 0) / Math.max(1, tokens.length),
      probability: null,
      logprobs: null,
      ...given({ likelihood: targetLikelihood(item, at(own, 0)) }),
      ...more,
    };
  });
}

function readingOf(item: ProbeItem, model: Model, { reads }: RunProbesOptions): ScoreRequest | null {
  return reads?.has(item.id) ? readingRequest(item, model) : null;
}

function readFrom({ logprob, token_logprobs: tokens }: ScoreAnswer): Reading {
  return { logprob, tokens: tokens.length };
}

function scoreRequests(item: ProbeItem, model: Model, options: RunProbesOptions): ScoreRequest[] {
  const { id, question } = item;
  const right = question.kind === 'choice' ? question.answer : 0;
  const wishes = (i: number) => (i === right && options.among ? { among: options.among } : {});
  const answers = scoredTexts(item, model, options).map(
    (scored, i): ScoreRequest => ({
      kind: 'text',
      id: `${id} ${i}`,
      where: id,
      ...scored,
      isScaled: true,
      ...wishes(i),
    }),
  );
  const reading = readingOf(item, model, options);
  return reading ? [...answers, reading] : answers;
}

/** Samples have the same seeds for every model, so that two that do not differ are right equally often. */
function generateRequests(item: ProbeItem, options: RunProbesOptions): GenerateRequest[] {
  const { sampling } = options;
  const request = generateRequest(item, options);
  if (sampling === undefined) return [request];
  const { samples, temperature } = sampling;
  const seeds = new Random(samples, `samples ${item.id}`);
  return Array.from({ length: samples }, () => ({
    ...request,
    sampling: { temperature, seed: seeds.int(0, MOST_SEED) },
  }));
}

const MOST_SEED = 2 ** 31 - 1;

/** The answer, or of several one of the majority, with the number of right ones. */
function judgeAnswers(
  texts: readonly string[],
  question: Extract<ProbeItem['question'], { readonly kind: 'exact' }>,
): Pick<Outcome, 'given' | 'correct' | 'samples'> {
  const [first = judgeAnswer('', question), ...others] = texts.map((text) => judgeAnswer(text, question));
  if (others.length === 0) return first;
  const all = [first, ...others];
  const right = all.filter((answer) => answer.correct).length;
  const correct = isMostlyRight({ correct: right, of: all.length });
  const shown = all.find((answer) => answer.correct === correct) ?? first;
  return { ...shown, samples: { correct: right, of: all.length } };
}

function generateRequest(item: ProbeItem, options: RunProbesOptions): GenerateRequest {
  const { id, prompt, verbatim = false } = item;
  return {
    id,
    where: id,
    prompt:
      options.chatTemplate && !verbatim
        ? { kind: 'messages', messages: [{ role: 'user', content: prompt }] }
        : { kind: 'text', text: prompt },
    maxNewTokens: answerLimit(item, options),
    stop: itemStops(item),
  };
}
