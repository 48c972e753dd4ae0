import { UserError } from '../../platform/user-error.ts';
import { defaultMaxNewTokens, type GenerateAnswer } from '../generate.ts';
import type { GenerateRequest, ScoreRequest } from '../requests.ts';
import { type ScoreAnswer, toAnswer } from '../score.ts';
import type { RemoteEngine } from './remote-engine.ts';

/** Requests whose texts the server encodes, since no tokenizer is at hand. */

const TOKENIZER_MEND = "give the model's tokenizer (--tokenizer), so that token ids can be sent";

/**
 * Score requests by text.
 * @param byIds answers those that are in token ids
 * @returns in the order of the requests
 * @throws UserError for a text whose first token has no probability, since nothing is before it
 */
export async function scoreRequestsByText(
  requests: readonly ScoreRequest[],
  engine: RemoteEngine,
  byIds: (requests: readonly ScoreRequest[]) => Promise<ScoreAnswer[]>,
): Promise<ScoreAnswer[]> {
  const pairs = requests.flatMap((request) => (request.kind === 'text' && !isBlank(request.context) ? request : []));
  const whole = requests.flatMap((request) => textOf(request) ?? []);
  const inIds = requests.filter(({ kind }) => kind === 'ids' || kind === 'rolling-ids');
  const [scores, rolling, answers] = await Promise.all([
    engine.scoreText(pairs),
    engine.scoreRollingText(whole.map(({ text }) => text)),
    inIds.length === 0 ? [] : byIds(inIds),
  ]);
  const found = new Map<ScoreRequest, ScoreAnswer>();
  pairs.forEach((request, i) => {
    found.set(request, toAnswer(request, scores.slice(i, i + 1)));
  });
  whole.forEach(({ request }, i) => {
    const score = rolling[i];
    if (score && score.unscored !== '') {
      throw new UserError(
        `${request.where}: the server puts no BOS token first, so the text's first token ${JSON.stringify(score.unscored)} has no probability`,
        TOKENIZER_MEND,
      );
    }
    found.set(request, toAnswer(request, score ? [score] : []));
  });
  inIds.forEach((request, i) => {
    found.set(request, answers[i] as ScoreAnswer);
  });
  return requests.map((request) => found.get(request) as ScoreAnswer);
}

/** A context of nothing: the continuation is scored from its first token on. */
function isBlank(context: string): boolean {
  return context.trim() === '';
}

function textOf(request: ScoreRequest): { request: ScoreRequest; text: string } | null {
  if (request.kind === 'rolling-text') return { request, text: request.text };
  if (request.kind !== 'text' || !isBlank(request.context)) return null;
  return { request, text: request.context + request.continuation };
}

/**
 * Continue prompts by text.
 * @throws UserError for messages, whose template lies with the tokenizer
 */
export async function continuePromptsByText(
  requests: readonly GenerateRequest[],
  engine: RemoteEngine,
): Promise<GenerateAnswer[]> {
  const prompts = requests.map(({ prompt, maxNewTokens, stop, where }) => {
    if (prompt.kind === 'messages') {
      throw new UserError(`${where}: messages, but no tokenizer with a chat template is at hand`, TOKENIZER_MEND);
    }
    return {
      prompt: prompt.kind === 'text' ? prompt.text : prompt.tokens,
      maxNewTokens: maxNewTokens ?? defaultMaxNewTokens(engine.maxLength),
      stop,
    };
  });
  const continuations = await engine.generateText(prompts);
  return requests.map(({ id }, i) => {
    const { text = '', finish = 'length' } = continuations[i] ?? {};
    return { id, text, tokens: null, finish };
  });
}
