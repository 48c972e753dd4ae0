import { at, UserError } from '@shadow-gate/platform';
import type { OnWork } from '../engine.ts';
import { defaultMaxNewTokens, type GenerateAnswer } from '../generate.ts';
import { answerable, type OnRefusal } from '../refusal.ts';
import type { GenerateRequest, ScoreRequest } from '../requests.ts';
import { type ScoreAnswer, type ScoreOptions, scoreRequests, toAnswer } from '../score.ts';
import type { RemoteEngine, TextPrompt } from './remote-engine.ts';
import type { RollingScore } from './score-texts.ts';

/** Requests as texts, which the server encodes: there is no tokenizer here. */

const TOKENIZER_HINT = "give the model's tokenizer (--tokenizer), so that token ids can be sent";

/** Score requests by text, or as token ids, in order. @throws UserError for a first token without a probability */
export async function scoreRequestsByText(
  requests: readonly ScoreRequest[],
  engine: RemoteEngine,
  { onWork, onRefusal, ...options }: Pick<ScoreOptions, 'onTruncation' | 'onRefusal' | 'onWork'>,
): Promise<ScoreAnswer[]> {
  const pairs = requests.flatMap((request) => (request.kind === 'text' && !isBlank(request.context) ? request : []));
  const whole = requests.flatMap((request) => textOf(request) ?? []);
  const inIds = requests.filter(({ kind }) => kind === 'ids' || kind === 'rolling-ids');
  const work = sharedWork([pairs.length, whole.length, inIds.length], onWork);
  const encoding = { tokenizer: null, prefixTokenId: null, ...options, ...(onRefusal && { onRefusal }) };
  const [scores, rolling, answers] = await Promise.all([
    engine.scoreText(pairs, work(0)),
    engine.scoreRollingText(
      whole.map(({ text }) => text),
      work(1),
    ),
    inIds.length === 0 ? [] : scoreRequests(inIds, engine, { ...encoding, onWork: work(2) }),
  ]);
  const answerOf = new Map(answers.map((answer) => [answer.id, answer]));
  const found = new Map<ScoreRequest, () => ScoreAnswer>();
  for (const [i, request] of pairs.entries()) found.set(request, () => toAnswer(request, [at(scores, i)]));
  for (const [i, { request }] of whole.entries()) found.set(request, () => rollingAnswer(request, at(rolling, i)));
  for (const request of inIds) {
    const answer = answerOf.get(request.id);
    if (answer) found.set(request, () => answer);
  }
  return answerable(
    requests.filter((request) => found.has(request)),
    onRefusal,
    (request) => found.get(request)?.(),
  ).flatMap(({ result }) => result ?? []);
}

function rollingAnswer(request: ScoreRequest, score: RollingScore): ScoreAnswer {
  if (score.unscored === '') return toAnswer(request, [score]);
  throw new UserError(
    `${request.where}: the server adds no BOS token, so the text's first token ${JSON.stringify(score.unscored)} has no probability`,
    TOKENIZER_HINT,
  );
}

/** Reports the parts of one call that run at the same time, weighted by their numbers of requests. */
function sharedWork(counts: readonly number[], onWork: OnWork | undefined): (part: number) => OnWork {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const done = counts.map(() => 0);
  return (part) => (share) => {
    done[part] = share * at(counts, part);
    onWork?.(done.reduce((sum, count) => sum + count, 0) / all);
  };
}

/** After a blank context, the continuation is scored from its first token on. */
function isBlank(context: string): boolean {
  return context.trim() === '';
}

function textOf(request: ScoreRequest): { request: ScoreRequest; text: string } | null {
  if (request.kind === 'rolling-text') return { request, text: request.text };
  if (request.kind !== 'text' || !isBlank(request.context)) return null;
  return { request, text: request.context + request.continuation };
}

/** Continue prompts by text, in order. @throws UserError for messages: their template belongs to the tokenizer */
export async function continuePromptsByText(
  requests: readonly GenerateRequest[],
  engine: RemoteEngine,
  { onWork, onRefusal }: { readonly onWork?: OnWork | undefined; readonly onRefusal?: OnRefusal },
): Promise<GenerateAnswer[]> {
  const prompts = answerable(requests, onRefusal, ({ prompt, maxNewTokens, stop, where, sampling }): TextPrompt => {
    if (prompt.kind === 'messages') {
      throw new UserError(
        `${where}: the request has messages, but there is no tokenizer with a chat template`,
        TOKENIZER_HINT,
      );
    }
    return {
      prompt: prompt.kind === 'text' ? prompt.text : prompt.tokens,
      maxNewTokens: maxNewTokens ?? defaultMaxNewTokens(engine.maxLength),
      stop,
      ...(sampling && { sampling }),
    };
  });
  const continuations = await engine.generateText(
    prompts.map(({ result }) => result),
    onWork,
  );
  return prompts.map(({ request: { id } }, i) => {
    const { text, finish } = at(continuations, i);
    return { id, text, tokens: null, finish };
  });
}
