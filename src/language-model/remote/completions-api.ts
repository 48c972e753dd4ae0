import { z } from 'zod';
import { UserError } from '../../platform/user-error.ts';

/**
 * What is sent to `/v1/completions` and what comes back, as vLLM and OpenAI have it (the request is the one of
 * lm-evaluation-harness, lm_eval/models/openai_completions.py).
 */

/** Text, which the server tokenizes (and may put a BOS token before), or token ids, which it takes as they are. */
export type WirePrompt = string | readonly number[];

/**
 * One token is generated and dropped: old vLLM fails with 0, llama-cpp-python takes 0 for «no limit». So the server
 * needs room for one token more than the prompt has.
 */
export const scoreRequest = (model: string, prompt: WirePrompt) => ({
  model,
  prompt,
  max_tokens: 1,
  temperature: 0,
  logprobs: 1,
  echo: true,
});

/** vLLM takes a repetition penalty from the model's generation_config.json unless told otherwise; others ignore it. */
export const generateRequest = (model: string, prompt: WirePrompt, maxNewTokens: number) => ({
  model,
  prompt,
  max_tokens: maxNewTokens,
  temperature: 0,
  repetition_penalty: 1,
});

/** Extensions of vLLM (0.10.2 and later) with which it stops at these tokens and no others, and says what it generated. */
export const tokenStops = (stopTokens: ReadonlySet<number>) => ({
  stop_token_ids: [...stopTokens],
  ignore_eos: true,
  skip_special_tokens: false,
  return_token_ids: true,
});

const answerSchema = z.object({
  choices: z
    .array(
      z.object({
        text: z.string().nullish(),
        finish_reason: z.string().nullish(),
        token_ids: z.array(z.int()).nullish(),
        logprobs: z.unknown().optional(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.int().nullish(), completion_tokens: z.int().nullish() }).nullish(),
});
// text_offset is left alone: vLLM counts a BOS token that is not in the text, SGLang writes −1, others count bytes.
const logprobsSchema = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

/** What the server says of the tokens it read, and of those (zero or one) it added. */
export interface EchoedTokens {
  readonly tokens: readonly string[];
  /** Natural logarithms; null for a token that has nothing before it. */
  readonly logprobs: readonly (number | null)[];
  /** Is each token the most likely at its place? Null where the server does not say. */
  readonly isTop: readonly (boolean | null)[];
  /** As the server counts; a BOS token may be in it and not in `tokens`. Null where it does not say. */
  readonly promptTokens: number | null;
  /** How many at the end are not of the prompt; null where the server does not say. */
  readonly newTokens: number | null;
}

/** @throws UserError where the answer has no log-probabilities of a prompt */
export function echoedTokens(answer: unknown, server: string): EchoedTokens {
  const { choice, usage } = firstChoice(answer, server);
  const logprobs = logprobsSchema.safeParse(choice.logprobs);
  if (!logprobs.success) throw noPromptLogprobs(server);
  const { tokens, token_logprobs, top_logprobs } = logprobs.data;
  const newTokens = usage?.completion_tokens ?? null;
  if (token_logprobs.length !== tokens.length || tokens.length <= (newTokens ?? 1)) throw noPromptLogprobs(server);
  return {
    tokens,
    logprobs: token_logprobs,
    isTop: token_logprobs.map((own, i) => isMost(own, top_logprobs?.[i])),
    promptTokens: usage?.prompt_tokens ?? null,
    newTokens,
  };
}

/** Values are compared, not names: two tokens may look alike, and vLLM lists the token of the text beside the best. */
function isMost(own: number | null, top: Readonly<Record<string, number>> | null | undefined): boolean | null {
  const values = Object.values(top ?? {});
  return own === null || values.length === 0 ? null : values.every((value) => value <= own);
}

export interface WireContinuation {
  readonly text: string;
  /** Null where the server does not give them. */
  readonly tokens: readonly number[] | null;
  readonly finish: 'stop' | 'length';
}

/** The first two are of text-generation-inference. */
const FINISHES: ReadonlyMap<string, 'stop' | 'length'> = new Map([
  ['eos_token', 'stop'],
  ['stop_sequence', 'stop'],
  ['stop', 'stop'],
  ['length', 'length'],
]);

/** @throws UserError where the answer is of another shape or was broken off */
export function continuation(answer: unknown, server: string): WireContinuation {
  const { choice } = firstChoice(answer, server);
  const { text, token_ids, finish_reason } = choice;
  const finish = FINISHES.get(finish_reason ?? '');
  if (finish === undefined) {
    const reason = JSON.stringify(finish_reason ?? null).slice(0, 50);
    throw new UserError(
      `the server at ${server} broke off what it generated (finish_reason: ${reason})`,
      'see its log',
    );
  }
  return { text: text ?? '', tokens: token_ids ?? null, finish };
}

function firstChoice(answer: unknown, server: string) {
  const parsed = answerSchema.safeParse(answer);
  const choice = parsed.data?.choices[0];
  if (parsed.success && choice !== undefined) return { choice, usage: parsed.data.usage };
  const issue = parsed.error?.issues[0];
  throw new UserError(
    `the answer of the server at ${server} is no completion (${issue?.path.join('.')}: ${issue?.message})`,
    'see that the endpoint is an OpenAI-compatible API',
  );
}

export const noPromptLogprobs = (server: string, because = ''): UserError =>
  new UserError(
    `the server at ${server} does not return log-probabilities of the prompt (echo with logprobs)${because}`,
    "serve the model with vLLM or SGLang: llama.cpp's llama-server and text-generation-inference cannot do it, llama-cpp-python only with logits_all",
  );

const modelsSchema = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      max_model_len: z.int().positive().nullish(), // vLLM, SGLang
      meta: z.object({ n_ctx: z.int().positive().nullish(), n_ctx_train: z.int().positive().nullish() }).nullish(), // llama.cpp
    }),
  ),
});

/**
 * How many tokens, read and generated together, a model has room for, from the answer of `/v1/models`.
 *
 * @returns where the model itself says nothing (an adapter, another name), the least that any model there has; null if
 *   none says anything
 */
export function contextLength(models: unknown, model: string): number | null {
  const parsed = modelsSchema.safeParse(models);
  if (!parsed.success) return null;
  const lengths = parsed.data.data.map(({ id, max_model_len, meta }) => ({
    id,
    length: max_model_len ?? meta?.n_ctx ?? meta?.n_ctx_train ?? null,
  }));
  const own = lengths.find(({ id }) => id === model)?.length;
  const all = lengths.flatMap(({ length }) => length ?? []);
  return own ?? (all.length > 0 ? Math.min(...all) : null);
}
