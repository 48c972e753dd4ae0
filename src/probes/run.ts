import type { Model } from '../language-model/model.ts';
import type { GenerateRequest, ScoreRequest } from '../language-model/requests.ts';
import { groupBy } from '../platform/group-by.ts';
import { finalAnswer, isExactMatch } from './exact-match.ts';
import { withoutThoseThatDoNotFit } from './fits-context.ts';
import type { ProbeItem } from './item.ts';
import { choiceOutcome, type Outcome } from './outcome.ts';
import { type AskOptions, contextOf, continuationOf, type LeftOut } from './prompt.ts';

export interface Asked {
  /** In the order of the items. */
  readonly outcomes: readonly Outcome[];
  readonly leftOut: readonly LeftOut[];
}

/** Items that are asked in one call: enough to batch, few enough for progress. */
const CHUNK = 128;

/** An answer ends with its line, or where a base model would go on to the next question. */
const STOPS = ['\n\n', '\nQuestion:', '\nProblem:', '\nQ:'];

/**
 * Ask a model every item.
 * @throws UserError for a model that cannot answer: NaN, a server that fails, no chat template where one is wanted
 */
export async function askItems(items: readonly ProbeItem[], answerer: Model, options: AskOptions): Promise<Asked> {
  const { fitting, leftOut } = withoutThoseThatDoNotFit(items, answerer, options);
  const { outcomes, cut } = await askChunks(chunksOf(fitting), answerer, options);
  const lost = new Set(fitting.filter(({ id }) => cut.has(id)).map(({ fact }) => fact));
  return {
    outcomes: fitting.flatMap((item) => (lost.has(item.fact) ? [] : (outcomes.get(item.id) ?? []))),
    leftOut: [...leftOut, ...cut.values()],
  };
}

/** Items of one template begin alike: together they share that beginning. */
export function chunksOf(items: readonly ProbeItem[]): ProbeItem[][] {
  const alike = groupBy(items, ({ family, cluster, question }) => JSON.stringify([question.kind, family, cluster]));
  return [...alike.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / CHUNK) }, (_, i) => group.slice(i * CHUNK, (i + 1) * CHUNK)),
  );
}

/** Let a model know all that it may be asked, so that a chunk has the same answers whichever others are asked before it. */
export async function prepareToAsk(
  chunks: ReadonlyArray<{ readonly items: readonly ProbeItem[]; readonly options: AskOptions }>,
  answerer: Model,
): Promise<void> {
  function* calls(): Generator<ScoreRequest[]> {
    for (const { items, options } of chunks) yield items.flatMap((item) => scoreRequests(item, answerer, options));
  }
  const writes = chunks.some(({ items }) => items.some(isWritten));
  await answerer.prepare?.({ score: calls(), generate: writes });
}

export interface AskedChunks {
  /** By the id of the item. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Items whose prompt the server cut: their outcomes are to another question. By id. */
  readonly cut: ReadonlyMap<string, LeftOut>;
}

/** Ask chunks of items that fit. @throws UserError as `askItems` does */
export async function askChunks(
  chunks: ReadonlyArray<readonly ProbeItem[]>,
  answerer: Model,
  options: AskOptions,
): Promise<AskedChunks> {
  const outcomes = new Map<string, Outcome>();
  const cut = new Map<string, LeftOut>();
  const tellCut = (id: string) => {
    cut.set(id, { id, reason: 'it is longer than the model can read' });
  };
  for (const chunk of chunks) {
    for (const outcome of await askChunk(chunk, answerer, options, tellCut)) outcomes.set(outcome.item.id, outcome);
    options.onProgress?.(outcomes.size);
  }
  return { outcomes, cut };
}

const isWritten = ({ question }: ProbeItem): boolean => question.kind === 'exact';

type Told = (where: string) => void;

async function askChunk(
  items: readonly ProbeItem[],
  answerer: Model,
  options: AskOptions,
  onTruncation: Told,
): Promise<Outcome[]> {
  const scores = await answerer.score(
    items.flatMap((item) => scoreRequests(item, answerer, options)),
    onTruncation,
  );
  const written = items.some(isWritten)
    ? await answerer.generate(
        items.map((item) => generateRequest(item, options)),
        onTruncation,
      )
    : [];
  let taken = 0;
  return items.map((item, i): Outcome => {
    const { question } = item;
    const count = question.kind === 'choice' ? question.choices.length : 1;
    const own = scores.slice(taken, taken + count);
    taken += count;
    if (question.kind === 'choice')
      return choiceOutcome(
        item,
        own.map(({ logprob }) => logprob),
      );
    const text = written[i]?.text ?? '';
    const tokens = own[0]?.token_logprobs ?? [];
    return {
      item,
      correct: isExactMatch(text, question.target),
      given: finalAnswer(text),
      margin: tokens.reduce((sum, value) => sum + value, 0) / Math.max(1, tokens.length),
      probability: null,
      logprobs: null,
    };
  });
}

function scoreRequests(item: ProbeItem, answerer: Model, options: AskOptions): ScoreRequest[] {
  const { question, id } = item;
  const context = contextOf(item, answerer, options);
  const texts = question.kind === 'choice' ? question.choices : [question.target];
  return texts.map((text, i) => ({
    kind: 'text',
    id: `${id} ${i}`,
    where: id,
    context,
    continuation: continuationOf(text, options),
  }));
}

function generateRequest({ id, prompt }: ProbeItem, { chatTemplate, maxNewTokens }: AskOptions): GenerateRequest {
  return {
    id,
    where: id,
    prompt: chatTemplate
      ? { kind: 'messages', messages: [{ role: 'user', content: prompt }] }
      : { kind: 'text', text: prompt },
    maxNewTokens,
    stop: STOPS,
  };
}
