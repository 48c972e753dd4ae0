import { at, given, UserError } from '@shadow-gate/platform';
import { type Continuation, type Engine, expectInVocabulary, type Limits, type Prompt } from './engine.ts';
import { answerable } from './refusal.ts';
import type { GenerateRequest, RequestId } from './requests.ts';
import type { ScoreOptions } from './score.ts';
import { encodeText } from './tokens/encode.ts';
import { cutAtStops, stopAt } from './tokens/stop-strings.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';

/** A line of the answers of `shadow-gate generate`. */
export interface GenerateAnswer {
  readonly id: RequestId;
  /** The new text, cut before a stop string, without special tokens; null without a tokenizer. */
  readonly text: string | null;
  /** All new tokens, with the EOS or the stop string; null from a server that returns only text. */
  readonly tokens: readonly number[] | null;
  readonly finish: 'stop' | 'length';
}

export interface GenerateOptions extends ScoreOptions {
  /** Any of these ends generation. */
  readonly eosIds: ReadonlySet<number>;
  /** For chat templates that write the date. */
  readonly now: Date;
}

interface EncodedPrompt {
  readonly request: GenerateRequest;
  readonly result: Prompt;
}

const DEFAULT_MAX_NEW_TOKENS = 256;

/** The default of `max_new_tokens`: lm-evaluation-harness's, or half of a small model's context. */
export function defaultMaxNewTokens(maxLength: number): number {
  return Math.min(DEFAULT_MAX_NEW_TOKENS, Math.floor(maxLength / 2));
}

/**
 * Continue prompts. A prompt keeps its last `maxLength − maxNewTokens` tokens, as in lm-evaluation-harness
 * `generate_until`.
 * @returns in the order of the requests
 * @throws UserError naming the line of a request that cannot be continued
 */
export async function continuePrompts(
  requests: readonly GenerateRequest[],
  engine: Engine,
  options: GenerateOptions,
): Promise<GenerateAnswer[]> {
  return continueEncoded(encodePrompts(requests, engine, options), engine, options);
}

/** The part of `continuePrompts` that needs no weights. */
export function encodePrompts(
  requests: readonly GenerateRequest[],
  limits: Limits,
  options: GenerateOptions,
): EncodedPrompt[] {
  return answerable(requests, options.onRefusal, (request) => {
    const prompt = toPrompt(request, limits, options);
    expectInVocabulary(prompt.tokens, limits, request);
    return prompt;
  });
}

/** The part of `continuePrompts` that runs the model. */
export async function continueEncoded(
  encoded: readonly EncodedPrompt[],
  engine: Engine,
  { tokenizer, onWork }: Pick<GenerateOptions, 'tokenizer' | 'onWork'>,
): Promise<GenerateAnswer[]> {
  const continuations = await engine.generate(
    encoded.map(({ result }) => result),
    onWork,
  );
  return encoded.map(({ request }, i) => toAnswer(request, at(continuations, i), tokenizer));
}

function toPrompt(request: GenerateRequest, { maxLength }: Limits, options: GenerateOptions): Prompt {
  const { where, stop, sampling } = request;
  const maxNewTokens = request.maxNewTokens ?? defaultMaxNewTokens(maxLength);
  if (maxNewTokens >= maxLength) {
    throw new UserError(
      `${where}: max_new_tokens is ${maxNewTokens}, the model takes ${maxLength} tokens with the prompt`,
      'use a smaller number',
      { code: 'does-not-fit' },
    );
  }
  const whole = promptTokens(request, options);
  const tokens = whole.slice(Math.max(0, whole.length - (maxLength - maxNewTokens)));
  if (tokens.length < whole.length) options.onTruncation?.(where);
  const isDone = stop.length === 0 ? undefined : stopAt(expectTokenizer(options, request), stop);
  return { tokens, maxNewTokens, stopTokens: options.eosIds, ...given({ isDone, sampling }) };
}

function promptTokens(request: GenerateRequest, options: GenerateOptions): readonly number[] {
  const tokens = ownTokens(request, options);
  if (tokens.length > 0) return tokens;
  if (options.prefixTokenId !== null) return [options.prefixTokenId];
  throw new UserError(
    `${request.where}: the prompt is empty, and the checkpoint has no BOS or EOS token to begin with`,
    'give a prompt, or set bos_token_id in config.json',
    { code: 'no-tokenizer' },
  );
}

function ownTokens(request: GenerateRequest, options: GenerateOptions): readonly number[] {
  const { prompt, where } = request;
  if (prompt.kind === 'ids') return prompt.tokens;
  const tokenizer = expectTokenizer(options, request);
  if (prompt.kind === 'text') return encodeText(tokenizer, prompt.text, options);
  if (tokenizer.chatTemplate === null) {
    throw new UserError(
      `${where}: the request has messages, but the checkpoint has no default chat template`,
      'give a prompt instead',
      { code: 'no-tokenizer' },
    );
  }
  const { now } = options;
  const text = tokenizer.renderChat(prompt.messages, { addGenerationPrompt: true, now, where });
  return tokenizer.encode(text, { addSpecialTokens: false });
}

function expectTokenizer({ tokenizer }: GenerateOptions, { where }: GenerateRequest): Tokenizer {
  if (tokenizer) return tokenizer;
  throw new UserError(
    `${where}: the request has text or stop strings, but the checkpoint has no tokenizer.json`,
    'add the file, or give token ids and no stop strings',
  );
}

function toAnswer(
  { id, stop }: GenerateRequest,
  { tokens, finish }: Continuation,
  tokenizer: Tokenizer | null,
): GenerateAnswer {
  if (!tokenizer) return { id, text: null, tokens, finish };
  const whole = tokenizer.decode(tokens, { skipSpecialTokens: true });
  const text = cutAtStops(whole, stop);
  return { id, text, tokens, finish: text === whole ? finish : 'stop' };
}
