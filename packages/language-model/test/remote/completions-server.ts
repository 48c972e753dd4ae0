import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Engine } from '@shadow-gate/language-model/engine';
import { z } from 'zod';
import { type Fault, injectFault, reply } from './server-faults.ts';

export interface ServedTokenizer {
  /** Without a BOS token. */
  encode(text: string): number[];
  decode(tokens: readonly number[]): string;
  readonly bos: number;
}

/** Differences between servers of the same protocol. */
export interface Habits {
  /** What the server returns for the prompt's log-probabilities; `refused` is an error (llama.cpp). */
  promptLogprobs: 'given' | 'null' | 'new token only' | 'llama.cpp content' | 'refused';
  topLogprobs: boolean;
  textOffset: 'characters' | 'bytes' | '-1';
  /** Text can get a BOS token; token ids must not. */
  addsBos: 'never' | 'to text' | 'to ids too';
  /** Tokens lose their leading spaces, like single tokens of SentencePiece. */
  dropsSpaces: boolean;
  usage: boolean;
  returnsTokenIds: boolean;
  /** Several prompts in one request; otherwise they are refused. */
  takesLists: boolean;
  /** What it lists as the next token: those that are asked for (vLLM since 2026-07), or its most likely ones. */
  nextTokens: 'asked for' | 'most likely' | 'by text' | 'refused' | 'ignored';
  /** Fills a list of what was asked for up with token 0 and −9999, as vLLM 0.32 does in a batch. */
  padsLists: boolean;
  /** How many most likely tokens it lists at most. */
  maxLogprobs: number;
  /** Requests at the same time; more are answered with 429. */
  capacity: number;
  /** The response of /v1/models; null for 404. */
  models: object | null;
  /**
   * What it gives log-probabilities of: the model's distribution, or the one that it samples from
   * (`processed_logprobs`).
   */
  distribution: 'raw' | 'sampled';
  /** The response of /version; null for 404. */
  version: string | null;
  key: string | null;
}

const settingsSchema = z.looseObject({
  model: z.string(),
  max_tokens: z.int().min(1),
  temperature: z.number().nonnegative(),
  logprobs: z.int().optional(),
  echo: z.boolean().optional(),
  stop: z.array(z.string()).optional(),
  stop_token_ids: z.array(z.int()).optional(),
  return_token_ids: z.boolean().optional(),
  logprob_token_ids: z.array(z.int()).optional(),
  return_tokens_as_token_ids: z.boolean().optional(),
});
const requestSchema = settingsSchema.extend({
  prompt: z.union([
    z.string().min(1),
    z.array(z.int()).min(1),
    // Lists of prompts.
    z.array(z.array(z.int()).min(1)).min(2),
    z.array(z.string().min(1)).min(2),
  ]),
});
type WireRequest = z.infer<typeof requestSchema>;
type OnePrompt = string | number[];

/** A request for several prompts as one for each. */
function promptsOf(prompt: WireRequest['prompt']): OnePrompt[] {
  return typeof prompt === 'string' || typeof prompt[0] === 'number' ? [prompt as OnePrompt] : (prompt as OnePrompt[]);
}

type SingleRequest = z.infer<typeof settingsSchema> & { readonly prompt: OnePrompt };

/** One choice, and the numbers of tokens that were read and made for it. */
interface Answered {
  readonly choice: object;
  readonly read: number;
  readonly made: number;
}

const NO_STOPS: ReadonlySet<number> = new Set();

/** An OpenAI-compatible `/v1/completions` in front of any engine, in the shape of vLLM's, with faults on demand. */
export class CompletionsServer {
  readonly habits: Habits = {
    promptLogprobs: 'given',
    topLogprobs: true,
    textOffset: 'characters',
    addsBos: 'never',
    dropsSpaces: false,
    usage: true,
    returnsTokenIds: true,
    takesLists: true,
    nextTokens: 'asked for',
    padsLists: false,
    maxLogprobs: 20,
    capacity: Infinity,
    models: { data: [{ id: 'toy', max_model_len: 64 }] },
    distribution: 'raw',
    version: null,
    key: null,
  };
  /** One per request for a completion, taken from the front. */
  readonly faults: Fault[] = [];
  /** Method and path, in order of arrival. */
  readonly requests: string[] = [];
  readonly bodies: WireRequest[] = [];
  /** Those that ask the model, and not what the server is. */
  get posts(): string[] {
    return this.requests.filter((request) => request.startsWith('POST '));
  }
  readonly authorizations: (string | undefined)[] = [];
  mostAtOnce = 0;
  /** Changes an echo before it is sent. */
  tamper: ((echo: object, request: WireRequest) => void) | null = null;
  /** How many completions there are before the model is taken from the server. */
  left = Infinity;
  /** The server responds only when this many requests are waiting. */
  gathers = 1;
  #open = 0;
  #gathered: (() => void)[] = [];
  #engine: Engine;
  readonly #tokenizer: ServedTokenizer;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => reply(response, 500, { message: String(error.stack) }));
  });

  constructor(engine: Engine, tokenizer: ServedTokenizer) {
    this.#engine = engine;
    this.#tokenizer = tokenizer;
  }

  /** Serve another model from now on, under the same name. */
  swap(engine: Engine): void {
    this.#engine = engine;
  }

  /** Without `/v1`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    this.authorizations.push(request.headers.authorization);
    this.#open++;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.once('close', () => this.#open--);
    const body = await bodyOf(request);
    const { key, models } = this.habits;
    if (key !== null && request.headers.authorization !== `Bearer ${key}`) {
      const said = `Incorrect API key provided:\n${request.headers.authorization?.replace('Bearer ', '') ?? 'none'}`;
      return reply(response, 401, { error: { message: said } });
    }
    const { version } = this.habits;
    if (request.url === '/version' && version !== null) return reply(response, 200, { version });
    if (request.url === '/v1/models')
      return reply(response, models === null ? 404 : 200, models ?? { detail: 'Not Found' });
    if (request.url?.startsWith('/v1/completions') !== true) return reply(response, 404, { detail: 'Not Found' });
    if (this.#open > this.habits.capacity) return reply(response, 429, { error: { message: 'too many requests' } });
    if (this.left-- <= 0) return reply(response, 404, { error: { message: 'The model does not exist.' } });
    await this.#gather();
    const fault = this.faults.shift();
    if (fault !== undefined) return injectFault(response, fault);
    const wire = requestSchema.parse(JSON.parse(body));
    this.bodies.push(wire);
    if (wire.model !== 'toy') {
      return reply(response, 404, { error: { message: `The model \`${wire.model}\` does not exist.` } });
    }
    const prompts = promptsOf(wire.prompt);
    if (prompts.length > 1 && !this.habits.takesLists) {
      return reply(response, 400, { error: { message: 'prompt must be a string or a list of tokens' } });
    }
    if (wire.echo !== true && wire.logprobs !== undefined) {
      if (this.habits.nextTokens === 'refused') {
        return reply(response, 400, { error: { message: 'Extra inputs are not permitted: logprob_token_ids' } });
      }
      return reply(response, 200, await this.#each(prompts, (prompt) => this.#next({ ...wire, prompt })));
    }
    if (wire.echo !== true) {
      return reply(response, 200, await this.#each(prompts, (prompt) => this.#generated({ ...wire, prompt })));
    }
    if (this.habits.promptLogprobs === 'refused') {
      return reply(response, 500, { error: { code: 500, message: 'Only no echo is supported', type: 'server_error' } });
    }
    const echo = await this.#each(prompts, (prompt) => this.#echoed({ ...wire, prompt }));
    this.tamper?.(echo, wire);
    reply(response, 200, echo);
  }

  /** The answers to all prompts as one, in reverse, since only their index counts. */
  async #each(prompts: OnePrompt[], answer: (prompt: OnePrompt) => Promise<Answered>): Promise<object> {
    const answers = await Promise.all(prompts.map(answer));
    const total = (of: (answered: Answered) => number) => answers.reduce((sum, answered) => sum + of(answered), 0);
    const usage = { prompt_tokens: total(({ read }) => read), completion_tokens: total(({ made }) => made) };
    return {
      choices: answers.map(({ choice }, index) => ({ ...choice, index })).reverse(),
      ...(this.habits.usage ? { usage } : {}),
    };
  }

  async #next({
    prompt,
    temperature,
    logprobs: count = 0,
    logprob_token_ids: asked,
    return_tokens_as_token_ids: byId,
  }: SingleRequest) {
    const read = this.#tokensOf(prompt);
    const [made] = await this.#engine.generate([{ tokens: read, maxNewTokens: 1, stopTokens: NO_STOPS }]);
    const best = made?.tokens[0] ?? 0;
    const { nextTokens, maxLogprobs, distribution } = this.habits;
    const scale = distribution === 'sampled' ? Math.max(temperature, 0.5) : 1;
    const isAsked = nextTokens === 'asked for' && asked !== undefined;
    const all = Array.from({ length: this.#engine.vocabulary ?? 9 }, (_, token) => token);
    const tokens = [...new Set(isAsked ? [best, ...asked] : all)];
    const scores = await this.#engine.score(tokens.map((token) => ({ context: read, continuation: [token] })));
    const name = (token: number) => (byId && nextTokens !== 'by text' ? `token_id:${token}` : this.#piece(token));
    const listed = tokens
      .map((token, i) => ({ token, logprob: (scores[i]?.tokenLogprobs[0] ?? 0) / scale }))
      .sort((a, b) => b.logprob - a.logprob);
    const top = isAsked ? listed : listed.slice(0, Math.min(count, maxLogprobs));
    const isPadded = isAsked && this.habits.padsLists;
    const shownAs = (token: number, logprob: number) => (isPadded && token === 0 ? -9999 : logprob);
    const padding = isPadded ? { [name(0)]: -9999 } : {};
    const logprobs = {
      text_offset: [0],
      tokens: [name(best)],
      token_logprobs: [shownAs(best, listed.find(({ token }) => token === best)?.logprob ?? 0)],
      top_logprobs: [{ ...Object.fromEntries(top.map(({ token, logprob }) => [name(token), logprob])), ...padding }],
    };
    return {
      choice: {
        text: this.#piece(best),
        logprobs: nextTokens === 'ignored' ? null : logprobs,
        finish_reason: 'length',
      },
      read: read.length,
      made: 1,
    };
  }

  async #gather(): Promise<void> {
    if (this.gathers <= 1) return;
    await new Promise<void>((resolve) => {
      this.#gathered.push(resolve);
      if (this.#gathered.length < this.gathers) return;
      this.gathers = 1;
      for (const go of this.#gathered) go();
    });
  }

  #tokensOf(prompt: OnePrompt): number[] {
    const { addsBos } = this.habits;
    const isText = typeof prompt === 'string';
    const tokens = isText ? this.#tokenizer.encode(prompt) : prompt;
    return addsBos === 'to ids too' || (addsBos === 'to text' && isText) ? [this.#tokenizer.bos, ...tokens] : tokens;
  }

  async #echoed({ prompt, max_tokens: maxNewTokens }: SingleRequest): Promise<Answered> {
    const read = this.#tokensOf(prompt);
    const [made] = await this.#engine.generate([{ tokens: read, maxNewTokens, stopTokens: NO_STOPS }]);
    const tokens = [...read, ...(made?.tokens ?? [])];
    const text = this.#tokenizer.decode(typeof prompt === 'string' ? this.#tokenizer.encode(prompt) : prompt);
    const logprobs = await this.#logprobs(tokens, read.length);
    return {
      choice: { text: text + this.#tokenizer.decode(made?.tokens ?? []), logprobs, finish_reason: 'length' },
      read: read.length,
      made: tokens.length - read.length,
    };
  }

  async #logprobs(tokens: number[], read: number): Promise<object | null> {
    const rows = await this.#rows(tokens);
    const strings = rows.map(({ token }) => this.#piece(token));
    const size = { bytes: Buffer.byteLength, characters: (piece: string) => [...piece].length, '-1': () => 0 };
    let offset = this.habits.textOffset === '-1' ? -1 : 0;
    const all = {
      text_offset: strings.map((piece) => {
        offset += size[this.habits.textOffset](piece);
        return offset - size[this.habits.textOffset](piece);
      }),
      tokens: strings,
      token_logprobs: rows.map(({ own }) => own),
      top_logprobs: rows.map(({ top }) => (top === null ? null : { [this.#piece(top.token)]: top.logprob })),
    };
    const rest = <T>(list: T[]) => list.slice(read);
    if (this.habits.promptLogprobs === 'null') return null;
    if (this.habits.promptLogprobs === 'llama.cpp content') {
      return { content: rest(rows).map(({ token, own }) => ({ id: token, token: this.#piece(token), logprob: own })) };
    }
    if (this.habits.promptLogprobs === 'new token only') {
      return {
        tokens: rest(all.tokens),
        token_logprobs: rest(all.token_logprobs),
        top_logprobs: rest(all.top_logprobs),
      };
    }
    return this.habits.topLogprobs ? all : { ...all, top_logprobs: null };
  }

  /** The log-probability of each token, and the most likely token at its position; nothing for the first. */
  async #rows(tokens: number[]) {
    const prefixes = tokens.slice(1).map((_, i) => tokens.slice(0, i + 1));
    const [own] = await this.#engine.score([{ context: tokens.slice(0, 1), continuation: tokens.slice(1) }]);
    const next = await this.#engine.generate(
      prefixes.map((prefix) => ({ tokens: prefix, maxNewTokens: 1, stopTokens: NO_STOPS })),
    );
    const best = next.map(({ tokens: [token = 0] }) => token);
    const scores = await this.#engine.score(prefixes.map((context, i) => ({ context, continuation: [best[i] ?? 0] })));
    return tokens.map((token, i) => {
      if (i === 0) return { token, own: null, top: null };
      const logprob = own?.tokenLogprobs[i - 1] ?? null;
      // A token has the same log-probability whatever follows it.
      const top = best[i - 1] === token ? logprob : (scores[i - 1]?.tokenLogprobs[0] ?? null);
      return { token, own: logprob, top: { token: best[i - 1] ?? 0, logprob: top } };
    });
  }

  #piece(token: number): string {
    const piece = this.#tokenizer.decode([token]);
    return this.habits.dropsSpaces ? piece.trimStart() : piece;
  }

  async #generated(wire: SingleRequest): Promise<Answered> {
    const { stop = [], stop_token_ids: stopIds = [] } = wire;
    const read = this.#tokensOf(wire.prompt);
    const textOf = (tokens: readonly number[]) =>
      this.#tokenizer.decode(tokens.filter((token) => !stopIds.includes(token)));
    const [made] = await this.#engine.generate([
      {
        tokens: read,
        maxNewTokens: wire.max_tokens,
        stopTokens: new Set(stopIds),
        isDone: (tokens) => stop.some((string) => textOf(tokens).includes(string)),
      },
    ]);
    const tokens = made?.tokens ?? [];
    const ends = stop.map((string) => textOf(tokens).indexOf(string)).filter((end) => end >= 0);
    const text = ends.length > 0 ? textOf(tokens).slice(0, Math.min(...ends)) : textOf(tokens);
    const withIds = this.habits.returnsTokenIds && wire.return_token_ids === true;
    const choice = { text, logprobs: null, finish_reason: made?.finish };
    return { choice: withIds ? { ...choice, token_ids: tokens } : choice, read: read.length, made: tokens.length };
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
