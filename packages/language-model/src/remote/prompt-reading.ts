import { z } from 'zod';
import { type EchoedTokens, parseChoices, untrusted } from './completions-api.ts';
import { type NextToken, nextTokenIn, nextTokenRequest } from './next-token.ts';
import { isRefusedFeature } from './prompt-echo.ts';
import type { RemoteServer } from './remote-server.ts';
import { promptCount } from './remote-text.ts';

/** A server's probabilities for a text. The same model gives the same ones each time, up to rounding. */
export interface PromptReading {
  /** The tokens' names, if the server gives them. */
  readonly tokens: readonly string[];
  /** Natural logarithms. */
  readonly logprobs: readonly number[];
  /** Tokens that the server read; null if that is not known for this text alone. */
  readonly count: number | null;
}

/** Ask for one text, alone. */
export type ReadPrompt = (prompt: string) => Promise<PromptReading>;

/** The probabilities of the text's own tokens: the first has none, and the last was generated. */
export function readingOfEcho(echoed: EchoedTokens): PromptReading {
  return {
    tokens: echoed.tokens.slice(0, -1),
    logprobs: echoed.logprobs.slice(0, -1).filter((value) => value !== null),
    count: promptCount(echoed),
  };
}

/** Beginnings of a text per request. */
const MAX_BEGINNINGS = 16;

/** The text up to each of its spaces, the shortest first, and the whole text if it has none. */
export function promptBeginnings(text: string): string[] {
  const spaces = [...text.matchAll(/(?<=\S)\s/g)].map(({ index }) => text.slice(0, index));
  return spaces.length > 0 ? spaces.slice(0, MAX_BEGINNINGS) : [text];
}

/** Any tokens: only the most likely one is read, which a server lists in any case. */
const ANY_TOKENS: readonly number[] = [1, 2, 3];

/** Probabilities of the most likely token after each beginning of a text. @throws UserError if none are listed */
export async function readNextTokens(
  server: RemoteServer,
  model: string,
  prompt: string,
  signal: AbortSignal,
): Promise<PromptReading> {
  const answers = await askNext(server, nextTokenRequest(model, promptBeginnings(prompt), ANY_TOKENS), signal);
  const tokens = answers.map(({ logprobs, best }) => [...logprobs].find(([, value]) => value === best)?.[0]);
  return { tokens: tokens.map((token) => String(token ?? '')), logprobs: answers.map(({ best }) => best), count: null };
}

/** The same tokens' log-probabilities, greedily and at a high sampling temperature: the model's own do not differ. */
export async function readAtTwoTemperatures(
  server: RemoteServer,
  model: string,
  prompt: string,
  signal: AbortSignal,
): Promise<{ readonly cold: number[]; readonly hot: number[] }> {
  const { tokens: names } = await readNextTokens(server, model, prompt, signal);
  const tokens = names.map((name) => (name === '' ? null : Number(name)));
  const asked = [...new Set(tokens.filter((token) => token !== null))];
  const request = nextTokenRequest(model, promptBeginnings(prompt), asked);
  const values = async (body: NextTokenRequest) => {
    const answers = await askNext(server, body, signal);
    return answers.flatMap(({ logprobs }, i) => {
      const token = tokens[i] ?? null;
      return token === null ? [] : (logprobs.get(token) ?? Number.NaN);
    });
  };
  return { cold: await values(request), hot: await values({ ...request, temperature: HOT }) };
}

const HOT = 2;

type NextTokenRequest = ReturnType<typeof nextTokenRequest>;

async function askNext(server: RemoteServer, request: NextTokenRequest, signal: AbortSignal): Promise<NextToken[]> {
  const response = await server.request('completions', request, signal);
  const count = Array.isArray(request.prompt) ? request.prompt.length : 1;
  const { choices } = parseChoices(response, server.shown, count);
  return choices.map(({ logprobs }) => {
    const answer = nextTokenIn(logprobs, server.shown);
    if (answer !== null) return answer;
    throw untrusted(
      `the server at ${server.shown} no longer lists the tokens that are asked for`,
      'check whether it was replaced by another during the run',
    );
  });
}

const listedSchema = z.object({ choices: z.array(z.object({ logprobs: z.unknown() })).length(1) });

/** Does it list even unlikely tokens by id (vLLM since July 2026)? @throws UserError if it cannot be reached */
export async function listsAskedTokens(server: RemoteServer, model: string, signal: AbortSignal): Promise<boolean> {
  const request = nextTokenRequest(model, ['The'], ANY_TOKENS);
  try {
    const response = listedSchema.safeParse(await server.request('completions', request, signal));
    const answer = response.success ? nextTokenIn(response.data.choices[0]?.logprobs, server.shown) : null;
    return answer !== null && ANY_TOKENS.every((token) => answer.logprobs.has(token));
  } catch (error) {
    if (isRefusedFeature(error)) return false;
    throw error;
  }
}
