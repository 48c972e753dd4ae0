import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { Engine } from '../../../src/language-model/engine.ts';
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
  /** The response of /v1/models; null for 404. */
  models: object | null;
  key: string | null;
}

const requestSchema = z.looseObject({
  model: z.string(),
  prompt: z.union([z.string().min(1), z.array(z.int()).min(1)]),
  max_tokens: z.int().min(1),
  temperature: z.literal(0),
  logprobs: z.int().optional(),
  echo: z.boolean().optional(),
  stop: z.array(z.string()).optional(),
  stop_token_ids: z.array(z.int()).optional(),
  return_token_ids: z.boolean().optional(),
});
export type WireRequest = z.infer<typeof requestSchema>;

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
    models: { data: [{ id: 'toy', max_model_len: 64 }] },
    key: null,
  };
  /** One per request for a completion, taken from the front. */
  readonly faults: Fault[] = [];
  /** `POST /v1/completions`, in order of arrival. */
  readonly requests: string[] = [];
  readonly bodies: WireRequest[] = [];
  readonly authorizations: (string | undefined)[] = [];
  mostAtOnce = 0;
  /** The server responds only when this many requests are waiting. */
  gathers = 1;
  #open = 0;
  #gathered: (() => void)[] = [];
  readonly #engine: Engine;
  readonly #tokenizer: ServedTokenizer;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => reply(response, 500, { message: String(error.stack) }));
  });

  constructor(engine: Engine, tokenizer: ServedTokenizer) {
    this.#engine = engine;
    this.#tokenizer = tokenizer;
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
    if (request.url === '/v1/models')
      return reply(response, models === null ? 404 : 200, models ?? { detail: 'Not Found' });
    if (request.url?.startsWith('/v1/completions') !== true) return reply(response, 404, { detail: 'Not Found' });
    await this.#gather();
    const fault = this.faults.shift();
    if (fault !== undefined) return injectFault(response, fault);
    const wire = requestSchema.parse(JSON.parse(body));
    this.bodies.push(wire);
    if (wire.model !== 'toy') {
      return reply(response, 404, { error: { message: `The model \`${wire.model}\` does not exist.` } });
    }
    if (wire.echo !== true) return reply(response, 200, await this.#generated(wire));
    if (this.habits.promptLogprobs === 'refused') {
      return reply(response, 500, { error: { code: 500, message: 'Only no echo is supported', type: 'server_error' } });
    }
    reply(response, 200, await this.#echoed(wire));
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

  #tokensOf(prompt: string | number[]): number[] {
    const { addsBos } = this.habits;
    const isText = typeof prompt === 'string';
    const tokens = isText ? this.#tokenizer.encode(prompt) : prompt;
    return addsBos === 'to ids too' || (addsBos === 'to text' && isText) ? [this.#tokenizer.bos, ...tokens] : tokens;
  }

  async #echoed({ prompt, max_tokens: maxNewTokens }: WireRequest): Promise<object> {
    const read = this.#tokensOf(prompt);
    const [made] = await this.#engine.generate([{ tokens: read, maxNewTokens, stopTokens: NO_STOPS }]);
    const tokens = [...read, ...(made?.tokens ?? [])];
    const text = this.#tokenizer.decode(typeof prompt === 'string' ? this.#tokenizer.encode(prompt) : prompt);
    const logprobs = await this.#logprobs(tokens, read.length);
    return {
      choices: [
        { index: 0, text: text + this.#tokenizer.decode(made?.tokens ?? []), logprobs, finish_reason: 'length' },
      ],
      ...this.#usage(read, tokens.length - read.length),
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

  async #generated(wire: WireRequest): Promise<object> {
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
    const choice = { index: 0, text, logprobs: null, finish_reason: made?.finish };
    return { choices: [withIds ? { ...choice, token_ids: tokens } : choice], ...this.#usage(read, tokens.length) };
  }

  #usage(read: readonly number[], made: number): object {
    return this.habits.usage ? { usage: { prompt_tokens: read.length, completion_tokens: made } } : {};
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
