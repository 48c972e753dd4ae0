import { validate } from '@shadow-gate/platform/json';
import {
  expectLogprobs,
  generateRequest,
  logprobsSchema,
  MIN_LOGPROB,
  otherTokens,
  parseChoices,
} from './completions-api.ts';

type TokenPrompts = ReadonlyArray<readonly number[]>;

/** vLLM refuses more, unless it was started with a larger `--max-logprobs`. */
const TOP_LOGPROBS = 20;

/**
 * Asks for the log-probabilities of some tokens as each prompt's next one. `logprob_token_ids` is vLLM's own, since
 * 2026-07: other servers list their most likely tokens. Without ids as names, tokens that look alike could not be told
 * apart (vLLM, since 0.5).
 */
export const nextTokenRequest = (
  model: string,
  prompts: TokenPrompts | readonly string[],
  tokens: readonly number[],
) => ({
  ...generateRequest(model, [], 1),
  prompt: prompts.length === 1 ? prompts[0] : prompts,
  logprobs: TOP_LOGPROBS,
  logprob_token_ids: tokens,
  return_tokens_as_token_ids: true,
});

/** The probabilities of the next token. */
export interface NextToken {
  /** Natural logarithms by token id, for the tokens that the server listed. */
  readonly logprobs: ReadonlyMap<number, number>;
  /** The most likely token's. */
  readonly best: number;
}

const TOKEN_ID = /^token_id:(\d+)$/;

/** @returns null for tokens named by texts, or not counted @throws UserError if the server read other tokens */
export function nextTokens(response: unknown, server: string, prompts: TokenPrompts): NextToken[] | null {
  const { choices, usage } = parseChoices(response, server, prompts.length);
  const sent = prompts.reduce((sum, { length }) => sum + length, 0);
  const read = usage?.prompt_tokens ?? null;
  if (read === null) return null;
  if (read !== sent) throw otherTokens(server, read, sent);
  const answers = choices.map(({ logprobs }) => nextTokenIn(logprobs, server));
  return answers.every((answer) => answer !== null) ? answers : null;
}

/** @returns null if the server names tokens by their texts, or lists none */
export function nextTokenIn(logprobs: unknown, server: string): NextToken | null {
  const parsed = validate(logprobsSchema, logprobs);
  if (!parsed.success) return null;
  const { token_logprobs: own, top_logprobs: top } = parsed.data;
  const listed = Object.entries(top?.[0] ?? {});
  const [generated = null] = own;
  if (own.length !== 1 || generated === null || listed.length === 0) return null;
  const byId = listed.map(([name, value]) => [Number(TOKEN_ID.exec(name)?.[1] ?? Number.NaN), value] as const);
  if (byId.some(([id]) => Number.isNaN(id))) return null;
  if (generated < MIN_LOGPROB) return NOTHING_LISTED;
  const known = byId.filter(([, value]) => value >= MIN_LOGPROB);
  expectLogprobs([generated, ...known.map(([, value]) => value)], server);
  // Greedy decoding takes the most likely token, even one that was not asked for.
  return { logprobs: new Map(known), best: Math.max(generated, ...known.map(([, value]) => value)) };
}

/**
 * vLLM pads the lists of a batch with token 0 and −∞, which it writes as −9999 (0.32,
 * `gather_specific_token_logprobs`). This replaces token 0's own probability, and the generated token's if it is
 * token 0.
 */
const NOTHING_LISTED: NextToken = { logprobs: new Map(), best: 0 };
