import type { GenerateRequest, Model, OnWork, ScoreRequest } from '@shadow-gate/language-model';
import { LAYER_BY_LAYER } from '@shadow-gate/language-model/execution';
import { at, given, groupBy } from '@shadow-gate/platform';
import { judgeAnswer } from './exact-answer.ts';
import type { ExactQuestion, ProbeItem } from './item.ts';
import { choiceOutcome, isMostlyRight, type Outcome, targetLikelihood } from './outcome.ts';
import { type PromptOptions, scoredTexts } from './prompt.ts';
import { Random } from './random.ts';
import { readingRequest } from './reading.ts';
import { spelledAnswerReader } from './spelling.ts';
import type { SuiteSampling } from './suite.ts';

export interface RunProbesOptions extends PromptOptions {
  readonly maxNewTokens: number;
  /** Missing: one answer is decoded greedily. */
  readonly sampling?: SuiteSampling | undefined;
  /** The tokens of all right answers of the suite, if known: see `answerTokens`. */
  readonly among?: readonly number[] | undefined;
  /** Ids of the items whose prompts are read too. */
  readonly reads?: ReadonlySet<string> | undefined;
  /** Called with the number of items that are done; items in progress count as fractions. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** An item that cannot be asked, and the reason. Its whole fact is left out with it. */
export interface LeftOutItem {
  readonly id: string;
  readonly reason: string;
  readonly cause: 'does-not-fit' | 'not-encodable' | 'other-form';
}

export interface RunResult {
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Items whose prompt the server cut, by id: their outcomes belong to another question. */
  readonly truncated: ReadonlyMap<string, LeftOutItem>;
}

type Chunk = readonly ProbeItem[];

/** Items of one call to the model: enough for full batches, few enough for progress. */
const CHUNK_SIZE = 128;

/** Layer by layer, each call reads all weights, so all items go in one: what is asked together changes last bits. */
function callsFor(model: Model, chunks: readonly Chunk[]): readonly Chunk[] {
  if (model.execution !== LAYER_BY_LAYER) return chunks;
  const items = chunks.flat();
  return items.length === 0 ? [] : [items];
}

/** Length limit of a generated answer in tokens; 0 if nothing is generated. */
export function answerLimit({ question }: ProbeItem, { maxNewTokens }: Pick<RunProbesOptions, 'maxNewTokens'>): number {
  return question.kind === 'exact' ? (question.maxNewTokens ?? maxNewTokens) : 0;
}

export function answerCount({ question }: ProbeItem, { sampling }: Pick<RunProbesOptions, 'sampling'>): number {
  return question.kind === 'exact' ? (sampling?.samples ?? 1) : 0;
}

export function itemStops({ question }: ProbeItem): readonly string[] {
  return (question.kind === 'exact' ? question.stop : undefined) ?? STOPS;
}

/** An answer ends after its paragraph, or when a base model continues with the next question. */
const STOPS = ['\n\n', '\nQuestion:', '\nProblem:', '\nQ:'];

/**
 * Items of one template share a chunk, since their common beginning is read once; so do forms of one prompt. Small
 * templates are joined: few tokens take nearly as long as 1,000. The first goes alone: it shows what a server lists.
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
  /** The chunk being filled, by kind of question: written answers do not mix with scored ones. */
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

/** Announce all calls, so that no answer depends on earlier ones. Chunks of one suite share one options object. */
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

/** Run chunks that fit the context. @throws UserError for NaN, a server that fails, or a missing chat template */
export async function runChunks(chunks: readonly Chunk[], model: Model, options: RunProbesOptions): Promise<RunResult> {
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

/** Share of the time that scoring takes if answers are written: reading is fast, writing slow. */
const SCORING_SHARE = 0.2;

const needsGeneration = ({ question }: ProbeItem): boolean => question.kind === 'exact';

async function runChunk(
  items: Chunk,
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
  let [used, read] = [0, 0];
  return items.map((item, i): Outcome => {
    const { question } = item;
    const asked = at(requests, i);
    const count = question.kind === 'choice' ? question.choices.length : 1;
    const own = scores.slice(used, used + count);
    const reading = asked.length > count ? at(scores, used + count) : undefined;
    used += asked.length;
    const { spelling, tokens: ids } = readItem(item, asked);
    const more = given({
      reading: reading && { logprob: reading.logprob, tokens: reading.token_logprobs.length },
      spelling: spelling ?? undefined,
      tokens: ids ?? undefined,
    });
    if (question.kind === 'choice') {
      const logprobs = own.map(({ logprob }) => logprob);
      const all = own.flatMap(({ scaled }) => (scaled === undefined ? [] : [scaled]));
      const scaled = all.length === own.length ? all : undefined;
      // Choices of one token in one context follow from each other.
      const isLong = question.contexts !== undefined || own.some(({ token_logprobs: tokens }) => tokens.length > 1);
      const { among } = at(own, question.answer);
      const scaledLogprobs = isLong ? scaled : undefined;
      return { ...choiceOutcome(item, logprobs, { scaled, among }), ...given({ scaledLogprobs }), ...more };
    }
    const tokens = at(own, 0).token_logprobs;
    const texts = generated.slice(read, read + answerCount(item, options)).map(({ text }) => text ?? '');
    read += texts.length;
    return {
      item,
      ...judgeAnswers(texts, question),
      margin: tokens.reduce((sum, value) => sum + value, 0) / Math.max(1, tokens.length),
      probability: null,
      logprobs: null,
      ...given({ likelihood: targetLikelihood(item, at(own, 0)) }),
      ...more,
    };
  });
}

/** A request for each choice or the target, then one for the prompt if it is read. */
function scoreRequests(item: ProbeItem, model: Model, options: RunProbesOptions): ScoreRequest[] {
  const { id, question } = item;
  const right = question.kind === 'choice' ? question.answer : 0;
  const answers = scoredTexts(item, model, options).map(
    (scored, i): ScoreRequest => ({
      kind: 'text',
      id: `${id} ${i}`,
      where: id,
      ...scored,
      isScaled: true,
      ...given({ among: i === right ? options.among : undefined }),
    }),
  );
  const reading = options.reads?.has(id) ? readingRequest(item, model) : null;
  return reading ? [...answers, reading] : answers;
}

/** Samples have the same seeds for every model, so that two equal models are right equally often. */
function generateRequests(item: ProbeItem, options: RunProbesOptions): GenerateRequest[] {
  const { id, prompt, verbatim = false } = item;
  const request: GenerateRequest = {
    id,
    where: id,
    prompt:
      options.chatTemplate && !verbatim
        ? { kind: 'messages', messages: [{ role: 'user', content: prompt }] }
        : { kind: 'text', text: prompt },
    maxNewTokens: answerLimit(item, options),
    stop: itemStops(item),
  };
  if (options.sampling === undefined) return [request];
  const { samples, temperature } = options.sampling;
  const seeds = new Random(samples, `samples ${item.id}`);
  return Array.from({ length: samples }, () => ({
    ...request,
    sampling: { temperature, seed: seeds.int(0, MOST_SEED) },
  }));
}

const MOST_SEED = 2 ** 31 - 1;

/** The answer, or one of the majority of several, with the number of right ones. */
function judgeAnswers(texts: readonly string[], question: ExactQuestion) {
  const [first = judgeAnswer('', question), ...others] = texts.map((text) => judgeAnswer(text, question));
  if (others.length === 0) return first;
  const all = [first, ...others];
  const samples = { correct: all.filter((answer) => answer.correct).length, of: all.length };
  const correct = isMostlyRight(samples);
  return { ...(all.find((answer) => answer.correct === correct) ?? first), samples };
}
