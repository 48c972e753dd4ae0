import { at, given, UserError } from '@shadow-gate/platform';
import {
  type Engine,
  expectInVocabulary,
  type Limits,
  type OnWork,
  type ScaledScore,
  type Sequence,
  type SequenceScore,
  type TokenPrediction,
} from './engine.ts';
import { answerable, type OnRefusal } from './refusal.ts';
import type { RequestId, ScoreRequest } from './requests.ts';
import {
  type EncodeOptions,
  encodedTexts,
  encodePair,
  encodeRolling,
  rollingWindows,
  truncateLeft,
  withPrefixToken,
} from './tokens/encode.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';

/** A line of the answers of `shadow-gate score`. Natural logarithms. */
export interface ScoreAnswer {
  readonly id: RequestId;
  /** log p(continuation | context). */
  readonly logprob: number;
  readonly token_logprobs: readonly number[];
  /** Is the continuation what greedy decoding would give? */
  readonly greedy: boolean;
  /** log p(continuation | context) if all logits were multiplied by each of LOGIT_FACTORS, if asked for and known. */
  readonly scaled?: readonly number[];
  /** Among the named tokens, if asked for and known. */
  readonly among?: ScaledScore;
  /** Scored tokens, for a text that may be cut and with predictions. */
  readonly tokens?: readonly number[];
  /** At each place, if asked for and known. */
  readonly predictions?: readonly TokenPrediction[];
}

export interface ScoreOptions extends EncodeOptions {
  /** Null: requests need token ids. */
  readonly tokenizer: Tokenizer | null;
  /** For an empty context or prompt, from the tokenizer or else the model's configs. */
  readonly prefixTokenId: number | null;
  /** Receives `FILE:12` of each request that was cut on the left to fit the model. */
  readonly onTruncation?: (where: string) => void;
  /** Receives each request that has no answer; without it, that is an error. */
  readonly onRefusal?: OnRefusal;
  readonly onWork?: OnWork | undefined;
}

/** A request as windows of token ids. */
interface EncodedScore {
  readonly request: ScoreRequest;
  readonly result: readonly Sequence[];
}

/**
 * Score requests with the semantics of lm-evaluation-harness `loglikelihood` and `loglikelihood_rolling` (see
 * encode.ts). The engine gets all sequences in one call, so that it can batch them and share their prefixes.
 *
 * A rolling answer covers all windows: the log-probabilities in the order of the text, their sum, and greedy if all
 * windows are. A text without tokens has the log-likelihood 0, as in the harness.
 * @returns in the order of the requests
 * @throws UserError naming the line of a request that cannot be scored
 */
export async function scoreRequests(
  requests: readonly ScoreRequest[],
  engine: Engine,
  options: ScoreOptions,
): Promise<ScoreAnswer[]> {
  return scoreEncoded(encodeScores(requests, engine, options), engine, options);
}

/** The part of `scoreRequests` that needs no weights. */
export function encodeScores(requests: readonly ScoreRequest[], limits: Limits, options: ScoreOptions): EncodedScore[] {
  return answerable(requests, options.onRefusal, (request) => {
    const sequences = sequencesOf(request, limits, options);
    for (const { context, continuation } of sequences) {
      expectInVocabulary([...context, ...continuation], limits, request);
    }
    return sequences.map((sequence) => withinVocabulary(sequence, limits));
  });
}

/** Tokens in no answer may be beyond the output matrix. */
function withinVocabulary(sequence: Sequence, { vocabulary = Number.POSITIVE_INFINITY }: Limits): Sequence {
  const { among } = sequence;
  const isWithin = (token: number) => token < vocabulary;
  return among === undefined || among.every(isWithin) ? sequence : { ...sequence, among: among.filter(isWithin) };
}

/** The part of `scoreRequests` that runs the model. */
export async function scoreEncoded(
  encoded: readonly EncodedScore[],
  engine: Engine,
  { onRefusal, onWork }: Pick<ScoreOptions, 'onRefusal' | 'onWork'>,
): Promise<ScoreAnswer[]> {
  const scores = await engine.score(
    encoded.flatMap(({ result }) => result),
    onWork,
  );
  let taken = 0;
  const parts = encoded.map(({ result: { length } }) => {
    taken += length;
    return scores.slice(taken - length, taken);
  });
  const requests = encoded.map(({ request }) => request);
  return answerable(requests, onRefusal, (request, i) => {
    const answer = toAnswer(request, at(parts, i));
    const isCut = request.kind === 'rolling-text' && request.isCut === true;
    if (!request.isPredicted && !isCut) return answer;
    return { ...answer, tokens: at(encoded, i).result.flatMap(({ continuation }) => continuation) };
  }).map(({ result }) => result);
}

/**
 * Prepare an engine for some calls of `scoreRequests` (`Engine.prepare`). Requests that cannot be scored are left out:
 * the call itself says why.
 */
export async function prepareScoring(
  calls: { readonly score: Iterable<readonly ScoreRequest[]>; readonly generate: boolean },
  engine: Engine,
  options: Pick<ScoreOptions, 'tokenizer' | 'prefixTokenId'>,
): Promise<void> {
  function* score(): Generator<Sequence[]> {
    for (const requests of calls.score) {
      encodeAhead(requests, options.tokenizer);
      yield requests.flatMap(sequencesIfAny);
    }
  }
  function sequencesIfAny(request: ScoreRequest): Sequence[] {
    try {
      return sequencesOf(request, engine, options);
    } catch (error) {
      if (error instanceof UserError) return [];
      throw error;
    }
  }
  await engine.prepare?.({ score: score(), generate: calls.generate });
}

/** In one request to the tokenizer. If a text cannot be encoded, its own request says so. */
function encodeAhead(requests: readonly ScoreRequest[], tokenizer: Tokenizer | null): void {
  const texts = requests.flatMap((request) =>
    request.kind === 'text' ? encodedTexts(request.context, request.continuation) : [],
  );
  try {
    tokenizer?.encodeAhead?.(texts);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

function sequencesOf(request: ScoreRequest, { maxLength }: Limits, options: ScoreOptions): Sequence[] {
  const { tokenizer, prefixTokenId } = options;
  switch (request.kind) {
    case 'rolling-ids':
      return rollingWindows(request.tokens, expectPrefix(prefixTokenId, request), maxLength);
    case 'rolling-text': {
      const prefix = expectPrefix(prefixTokenId, request);
      const tokens = encodeRolling(expectTokenizer(tokenizer, request), request.text, prefix, options);
      const windows = rollingWindows(tokens, prefix, maxLength);
      return (request.isCut ? windows.slice(0, 1) : windows).map((window) => withWishes(window, request));
    }
    case 'ids':
      return [withWishes(fit(request, request, maxLength, options), request)];
    case 'text': {
      const { context, continuation } = request;
      const pair = encodePair(expectTokenizer(tokenizer, request), context, continuation, options);
      return [withWishes(fit(pair, request, maxLength, options), request)];
    }
  }
}

function withWishes({ context, continuation }: Sequence, { isScaled, isPredicted, among }: ScoreRequest): Sequence {
  return {
    ...{ context, continuation },
    ...(isScaled ? { isScaled } : {}),
    ...(isPredicted ? { isPredicted } : {}),
    ...(among ? { among } : {}),
  };
}

function fit(
  pair: Sequence,
  request: ScoreRequest,
  maxLength: number,
  { prefixTokenId, onTruncation }: ScoreOptions,
): Sequence {
  const { where } = request;
  const needsPrefix = pair.context.length === 0;
  const sequence = needsPrefix ? withPrefixToken(pair, expectPrefix(prefixTokenId, request)) : pair;
  const { length } = sequence.continuation;
  if (length === 0) {
    throw new UserError(`${where}: the continuation has no tokens to score`, 'give a continuation after the context');
  }
  if (length > maxLength) {
    throw new UserError(
      `${where}: the continuation has ${length} tokens, the model takes ${maxLength}`,
      'shorten it, or request its rolling log-likelihood',
      { code: 'does-not-fit' },
    );
  }
  const fitted = truncateLeft(sequence, maxLength);
  if (fitted.context.length < sequence.context.length) onTruncation?.(where);
  return fitted;
}

function expectTokenizer(tokenizer: Tokenizer | null, { where }: ScoreRequest): Tokenizer {
  if (tokenizer) return tokenizer;
  throw new UserError(
    `${where}: the request has text, but the checkpoint has no tokenizer.json`,
    'add the file, or give token ids',
  );
}

function expectPrefix(prefixTokenId: number | null, { where }: ScoreRequest): number {
  if (prefixTokenId !== null) return prefixTokenId;
  throw new UserError(
    `${where}: no context, and the checkpoint has no BOS or EOS token to begin with`,
    'give a context, or set bos_token_id in config.json',
    { code: 'no-tokenizer' },
  );
}

/** Logits are float32, with about seven digits; more of them differ between machines. */
const DECIMALS = 1e6;

function round(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}

/** Combine the scores of a request's sequences. */
export function toAnswer({ id, where }: ScoreRequest, scores: readonly SequenceScore[]): ScoreAnswer {
  const logprobs = scores.flatMap(({ tokenLogprobs }) => tokenLogprobs);
  const logprob = round(logprobs.reduce((sum, value) => sum + value, 0));
  // JSON would write null.
  if (!Number.isFinite(logprob)) {
    throw new UserError(
      `${where}: the log-likelihood is ${logprob}`,
      "look for NaN and Inf in the weights with 'shadow-gate spectra'",
      { code: 'not-finite' },
    );
  }
  const greedy = scores.every((score) => score.greedy);
  const [first] = scores;
  // Windows of a rolling text are not asked for it.
  const scaled = scores.length === 1 ? first?.scaled?.map(round) : undefined;
  const among = scores.length === 1 ? first?.among : undefined;
  const predictions = scores.flatMap((score) => score.predictions ?? []);
  return {
    ...{ id, logprob, token_logprobs: logprobs.map(round), greedy },
    ...given({ scaled, among: among && { logprob: round(among.logprob), scaled: among.scaled.map(round) } }),
    ...(predictions.length > 0 && predictions.length === logprobs.length ? { predictions } : {}),
  };
}
