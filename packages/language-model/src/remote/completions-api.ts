import { at, UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import { z } from 'zod';
import type { Sampling } from '../engine.ts';

/** `/v1/completions`, as in vLLM and OpenAI's API (see lm-evaluation-harness, lm_eval/models/openai_completions.py). */

/** Text, which the server tokenizes (possibly with a BOS token before it), or token ids, which it uses as they are. */
export type WirePrompt = string | readonly number[];

/** Several prompts, all texts or all token ids; one choice answers each. */
export type WirePromptList = ReadonlyArray<readonly number[]> | readonly string[];

/**
 * One token is generated and dropped: old vLLM fails with 0, and llama-cpp-python interprets 0 as no limit. So the
 * server's context must have room for one token more than the prompt.
 */
export const scoreRequest = (model: string, prompt: WirePrompt | WirePromptList) => ({
  model,
  prompt,
  max_tokens: 1,
  temperature: 0,
  logprobs: 1,
  echo: true,
});

/**
 * By default, vLLM takes a repetition penalty from generation_config.json, and llama-cpp-python uses 1.1, under the
 * name `repeat_penalty`. Servers ignore the name that they do not know.
 */
export const generateRequest = (model: string, prompt: WirePrompt, maxNewTokens: number, sampling?: Sampling) => ({
  model,
  prompt,
  max_tokens: maxNewTokens,
  // By default, servers drop unlikely tokens, each by its own rules.
  ...(sampling === undefined ? { temperature: 0 } : { ...sampling, top_p: 1, top_k: 0, min_p: 0 }),
  repetition_penalty: 1,
  repeat_penalty: 1,
});

/** Extensions of vLLM (0.10.2 and later): stop at these tokens and no others, and return the generated ids. */
export const tokenStops = (stopTokens: ReadonlySet<number>) => ({
  stop_token_ids: [...stopTokens],
  ignore_eos: true,
  skip_special_tokens: false,
  return_token_ids: true,
});

const responseSchema = z.object({
  choices: z
    .array(
      z.object({
        index: z.int().nullish(),
        text: z.string().nullish(),
        finish_reason: z.string().nullish(),
        token_ids: z.array(z.int()).nullish(),
        logprobs: z.unknown().optional(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.int().nullish(), completion_tokens: z.int().nullish() }).nullish(),
});
// text_offset is unused: vLLM counts a BOS token that is not in the text, SGLang writes −1, others count bytes.
export const logprobsSchema = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

/** Log-probabilities are at most 0, up to rounding in 16 bits. */
const MAX_LOGPROB = 0.01;

/** Servers write −9999 for a missing probability. No logit is that far from another. */
export const MIN_LOGPROB = -1000;

/** The tokens that the server read, then those (zero or one) that it generated. */
export interface EchoedTokens {
  readonly tokens: readonly string[];
  /** Natural logarithms; null for a token without context. */
  readonly logprobs: readonly (number | null)[];
  /** Is each token the most likely one at its position? Null if the server does not return it. */
  readonly isTop: readonly (boolean | null)[];
  /** The server's count, which can include a BOS token that is not in `tokens`. Null if it does not return one. */
  readonly promptTokens: number | null;
  /** How many tokens at the end were generated; null if the server does not return it. */
  readonly newTokens: number | null;
}

/** @throws UserError if the response has no log-probabilities of the prompt */
export function echoedTokens(response: unknown, server: string): EchoedTokens {
  const { choices, usage } = parseResponse(response, server);
  return echoedTokensOf(at(choices, 0), {
    server,
    promptTokens: usage?.prompt_tokens ?? null,
    newTokens: usage?.completion_tokens ?? null,
  });
}

/** The tokens of each prompt. @throws UserError without a choice, or log-probabilities, for each */
export function echoedPrompts(response: unknown, server: string, prompts: WirePromptList): EchoedTokens[] {
  const { choices, usage } = parseChoices(response, server, prompts.length);
  if (typeof prompts[0] !== 'string') {
    const sent = prompts.reduce((sum, tokens) => sum + tokens.length, 0);
    const read = usage?.prompt_tokens ?? sent;
    if (read !== sent) throw otherTokens(server, read, sent);
  }
  const newTokens = usage?.completion_tokens === prompts.length ? 1 : null;
  return choices.map((choice) => echoedTokensOf(choice, { server, promptTokens: null, newTokens }));
}

function echoedTokensOf(
  choice: Choice,
  { server, promptTokens, newTokens }: { readonly server: string } & Pick<EchoedTokens, 'promptTokens' | 'newTokens'>,
): EchoedTokens {
  const logprobs = validate(logprobsSchema, choice.logprobs);
  if (!logprobs.success) throw noPromptLogprobs(server);
  const { tokens, token_logprobs, top_logprobs } = logprobs.data;
  if (newTokens !== null && newTokens > 0) expectGenerated(tokens, choice.text ?? '', server);
  const generated = newTokens ?? 1;
  expectLogprobs(token_logprobs.slice(0, token_logprobs.length - generated), server);
  if (token_logprobs.length !== tokens.length || tokens.length <= generated) throw noPromptLogprobs(server);
  return {
    tokens,
    logprobs: token_logprobs,
    isTop: token_logprobs.map((own, i) => isMost(own, top_logprobs?.[i])),
    promptTokens,
    newTokens,
  };
}

/**
 * llama-cpp-python (0.3.36) drops the first listed token as if it were a BOS token, even if it is not: each token then
 * has the next one's probability, and the generated token is missing.
 * @throws UserError if the tokens are the beginning of the text, but not all of it
 */
function expectGenerated(tokens: readonly string[], text: string, server: string): void {
  const listed = tokens.join('');
  if (listed.length === text.length || !text.startsWith(listed)) return;
  throw untrusted(
    `the log-probabilities of a prompt are shifted by one token at the server at ${server}, which does not list what it generated`,
    'serve the model with vLLM (llama-cpp-python can score only models with a BOS token)',
  );
}

/** @throws UserError for a value above 0, or one that means a missing probability */
export function expectLogprobs(values: readonly (number | null)[], server: string): void {
  const above = values.find((value) => value !== null && value > MAX_LOGPROB);
  if (above !== undefined) {
    throw new UserError(
      `the server at ${server} returned a log-probability of ${above}, and none is above 0`,
      'check that it returns natural logarithms of probabilities',
      { code: 'server' },
    );
  }
  const below = values.find((value) => value !== null && value < MIN_LOGPROB);
  if (below === undefined) return;
  throw untrusted(
    `the server at ${server} truncates log-probabilities: it returned ${below} for a token`,
    'start the server with raw log-probabilities (vLLM: --logprobs-mode raw_logprobs), and without default sampling settings',
  );
}

/** The server's answers cannot be relied on, so nothing is judged by them. */
export const untrusted = (problem: string, hint: string): UserError =>
  new UserError(problem, hint, { code: 'untrusted-server' });

export const otherTokens = (server: string, read: number, sent: number): UserError =>
  new UserError(
    `the server at ${server} read ${read} tokens, and ${sent} were sent`,
    'use a server that neither adds a BOS token to token ids nor cuts them',
  );

/** Compares values, not names: two tokens can look alike, and vLLM lists the text's token in addition to the best. */
function isMost(own: number | null, top: Readonly<Record<string, number>> | null | undefined): boolean | null {
  const values = Object.values(top ?? {});
  return own === null || values.length === 0 ? null : values.every((value) => value <= own);
}

export interface WireContinuation {
  readonly text: string;
  /** Null if the server does not return token ids. */
  readonly tokens: readonly number[] | null;
  readonly finish: 'stop' | 'length';
}

/** The first two are from text-generation-inference. */
const FINISHES: ReadonlyMap<string, 'stop' | 'length'> = new Map([
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['stop', 'stop'],
  ['length', 'length'],
]);

/** @throws UserError for a response of another shape, or an aborted generation */
export function continuation(response: unknown, server: string): WireContinuation {
  const { text, token_ids, finish_reason } = at(parseResponse(response, server).choices, 0);
  const finish = FINISHES.get(finish_reason ?? '');
  if (finish === undefined) {
    const reason = JSON.stringify(finish_reason ?? null).slice(0, 50);
    throw new UserError(`the server at ${server} aborted the generation (finish_reason: ${reason})`, 'check its log');
  }
  return { text: text ?? '', tokens: token_ids ?? null, finish };
}

type Choice = z.infer<typeof responseSchema>['choices'][number];

/** The choices, in the order of their prompts. @throws UserError if there is not one for each */
export function parseChoices(response: unknown, server: string, count: number) {
  const { choices, usage } = parseResponse(response, server);
  const byIndex = new Map(choices.map((choice, i) => [choice.index ?? i, choice]));
  const ordered = Array.from({ length: count }, (_, i) => byIndex.get(i) ?? null);
  if (choices.length !== count || !ordered.every((choice) => choice !== null)) {
    throw notACompletion(server, `choices: ${choices.length} for ${count} prompts`);
  }
  return { choices: ordered, usage };
}

function parseResponse(response: unknown, server: string) {
  const parsed = validate(responseSchema, response);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  throw notACompletion(server, `${path.map(String).join('.')}: ${message}`);
}

const notACompletion = (server: string, problem: string): UserError =>
  new UserError(
    `the response of the server at ${server} is not a completion (${problem})`,
    'check that the endpoint is an OpenAI-compatible API',
  );

export const noPromptLogprobs = (server: string, reason = ''): UserError =>
  new UserError(
    `the server at ${server} does not return log-probabilities of the prompt (echo with logprobs)${reason}`,
    "serve the model with vLLM or SGLang (llama.cpp's llama-server and text-generation-inference cannot do it, llama-cpp-python only with logits_all)",
  );

const modelsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      max_model_len: z.int().positive().nullish(), // vLLM, SGLang
      // llama.cpp
      meta: z.object({ n_ctx: z.int().positive().nullish(), n_ctx_train: z.int().positive().nullish() }).nullish(),
    }),
  ),
});

/**
 * The context length of a model, for read and generated tokens together, from the response of `/v1/models`.
 * @returns without one for this model (an adapter, another name), the smallest of all listed models; null without any
 */
export function contextLength(models: unknown, model: string): number | null {
  const parsed = validate(modelsSchema, models);
  if (!parsed.success) return null;
  const lengths = parsed.data.data.map(({ id, max_model_len, meta }) => ({
    id,
    length: max_model_len ?? meta?.n_ctx ?? meta?.n_ctx_train ?? null,
  }));
  const own = lengths.find(({ id }) => id === model)?.length;
  const all = lengths.flatMap(({ length }) => length ?? []);
  return own ?? (all.length > 0 ? Math.min(...all) : null);
}
