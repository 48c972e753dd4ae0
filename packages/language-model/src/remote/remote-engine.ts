import { at, groupBy, Semaphore, UserError, VERSION } from '@shadow-gate/platform';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { z } from 'zod';
import type { Continuation, Engine, OnWork, Prompt, Sampling, Sequence, SequenceScore } from '../engine.ts';
import { type ChoiceGroup, groupChoices } from './choice-tree.ts';
import {
  continuation,
  generateRequest,
  tokenStops,
  type WireContinuation,
  type WirePrompt,
} from './completions-api.ts';
import { concurrently } from './concurrently.ts';
import { expectUnsampled } from './examine-server.ts';
import { FIXED_PROMPTS } from './fingerprint.ts';
import { KeptAnswers } from './kept-answers.ts';
import { Pace } from './pace.ts';
import { PromptEcho } from './prompt-echo.ts';
import {
  listsAskedTokens,
  type PromptReading,
  readAtTwoTemperatures,
  readingOfEcho,
  readNextTokens,
} from './prompt-reading.ts';
import { RemoteServer, type RemoteServerOptions } from './remote-server.ts';
import { moveTrailingSpace, type TextPair } from './remote-text.ts';
import { IdScorer } from './score-ids.ts';
import { type RollingScore, TextScorer } from './score-texts.ts';
import { identifyServer, type ServerIdentity } from './server-identity.ts';
import { type ServerWatch, watchServer } from './server-watch.ts';

const DEFAULT_CONCURRENCY = 8;
/** The default of lm-evaluation-harness, if neither the user nor the server gives a length. */
const DEFAULT_CONTEXT_LENGTH = 2048;
/** Unlike a local engine, a server also reads the last token, and generates one that is dropped. */
const SPARE_TOKENS = 2;

export interface RemoteEngineOptions extends RemoteServerOptions {
  /** The server's name of the model. */
  readonly model: string;
  /** See `Engine.maxLength`. By default, two less than the server's context length in `/v1/models`, or than 2048. */
  readonly maxLength?: number | undefined;
  /** Most concurrent requests, 8 by default; fewer while the server is overloaded. */
  readonly concurrency?: number | undefined;
  /** Keeps answers between runs; none are kept by default. */
  readonly answers?: KeyValueStore | undefined;
  /** Ask fixed prompts first and last: a server that contradicts itself is an error. */
  readonly isExamined?: boolean | undefined;
  /** Prompts for the examination, and for the identity of kept answers. */
  readonly fixedPrompts?: readonly string[];
}

export interface TextPrompt {
  readonly prompt: WirePrompt;
  readonly maxNewTokens: number;
  /** Decoding ends before one of these, which is not part of the continuation. */
  readonly stop: readonly string[];
  readonly sampling?: Sampling;
}

export interface ServedIdentity extends ServerIdentity {
  /** SHA-256 of the answers to fixed prompts. */
  readonly fingerprint: string;
}

export interface RemoteUsage {
  /** Requests for completions, repeated ones included, without those that only identify the server. */
  readonly requests: number;
  /** Contexts with all their continuations, texts, and prompts to continue. */
  readonly questions: number;
}

type TextContinuation = Pick<WireContinuation, 'text' | 'finish'>;

/** @throws UserError for an address or key that cannot work, or a server that cannot be reached */
export async function openRemoteEngine(options: RemoteEngineOptions): Promise<RemoteEngine> {
  const { model, answers: store, fixedPrompts = FIXED_PROMPTS, isExamined = false } = options;
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  const server = new RemoteServer({ ...options, pace: new Pace(concurrency) });
  const semaphore = new Semaphore(concurrency);
  const { identity, hasAdapters } = await identifyServer(server, model);
  const maxLength = options.maxLength ?? (identity.contextLength ?? DEFAULT_CONTEXT_LENGTH) - SPARE_TOKENS;
  const isEchoAvoided = hasAdapters && (await listsAskedTokens(server, model, new AbortController().signal));
  const engine = new RemoteEngine(server, { model, maxLength, semaphore, isExamined, isEchoAvoided });
  if (store || isExamined) await engine.watch(identity, { prompts: fixedPrompts, store });
  return engine;
}

interface ServedModel {
  readonly model: string;
  readonly maxLength: number;
  readonly semaphore: Semaphore;
  readonly isExamined: boolean;
  /**
   * With adapters, vLLM mistakes the rows of a prompt for those of other requests: it stops with an error, or omits an
   * adapter's update of the last layer (issues 29955, 16668 and 51594; version 0.32 stopped).
   */
  readonly isEchoAvoided: boolean;
}

const scoreSchema: z.ZodType<SequenceScore> = z.strictObject({
  tokenLogprobs: z.array(z.number()).min(1),
  greedy: z.boolean(),
});
const continuationSchema: z.ZodType<WireContinuation> = z.strictObject({
  text: z.string(),
  tokens: z.array(z.int()).nullable(),
  finish: z.enum(['stop', 'length']),
});

const questionOf = ({ context, members }: ChoiceGroup) => ({
  context,
  continuations: members.map(({ continuation }) => continuation),
});

/**
 * A server as an engine: for token ids like every engine, and for texts if there is no tokenizer here. All methods
 * throw UserErrors if the server cannot be reached, refuses a request, or does not support it.
 */
export class RemoteEngine implements Engine {
  readonly maxLength: number;
  readonly #server: RemoteServer;
  readonly #model: string;
  readonly #semaphore: Semaphore;
  /** Null if the server must not be asked for the probabilities of a prompt. */
  readonly #echo: PromptEcho | null;
  readonly #ids: IdScorer;
  readonly #texts: TextScorer;
  readonly #isExamined: boolean;
  #watch: ServerWatch | null = null;
  #kept: KeptAnswers | null = null;
  /** Requests about the server itself. */
  #checks = 0;
  #questions = 0;
  readonly #closing = new AbortController();

  constructor(server: RemoteServer, { model, maxLength, semaphore, isExamined, isEchoAvoided }: ServedModel) {
    this.#server = server;
    this.#model = model;
    this.maxLength = maxLength;
    this.#semaphore = semaphore;
    this.#isExamined = isExamined;
    this.#echo = isEchoAvoided ? null : new PromptEcho(server, model);
    this.#ids = new IdScorer({ server, model, isExamined, echo: this.#echo });
    this.#texts = new TextScorer(server.shown, this.#echo);
  }

  /** Detect changes of the model; with a store, keep answers. @throws UserError if it contradicts itself */
  async watch(
    identity: ServerIdentity,
    { prompts, store }: { readonly prompts: readonly string[]; readonly store: KeyValueStore | undefined },
  ): Promise<void> {
    const { signal } = this.#closing;
    const watch = await watchServer(identity, {
      prompts,
      maxLength: this.maxLength,
      isExamined: this.#isExamined,
      read: (prompt) => this.#read(prompt, signal),
      identify: async () => (await identifyServer(this.#server, this.#model, signal)).identity,
    });
    if (this.#isExamined && this.#echo === null) {
      const { cold, hot } = await readAtTwoTemperatures(this.#server, this.#model, prompts[0] ?? '', signal);
      expectUnsampled(cold, hot, this.#server.shown);
    }
    this.#watch = watch;
    this.#checks = this.#server.completions;
    if (!store) return;
    const known = { ...identity, fingerprint: watch.fingerprint.digest, tool: VERSION };
    this.#kept = new KeptAnswers({ store, identity: known, check: () => watch.check() });
  }

  async #read(prompt: string, signal: AbortSignal): Promise<PromptReading> {
    if (this.#echo === null) return readNextTokens(this.#server, this.#model, prompt, signal);
    return readingOfEcho(await this.#echo.one(prompt, signal));
  }

  /** Check an examined server again, and store the last answers. @throws UserError if its model has changed */
  async finish(): Promise<void> {
    if (this.#isExamined) await this.#watch?.checkAll();
    await this.#kept?.flush();
  }

  /** Identity of the server; null if it was not asked. */
  get served(): ServedIdentity | null {
    return this.#watch && { ...this.#watch.identity, fingerprint: this.#watch.fingerprint.digest };
  }

  /** Can it be asked for the probabilities of a prompt? Otherwise each token of a text would be a question. */
  get scoresTexts(): boolean {
    return this.#echo !== null;
  }

  get usage(): RemoteUsage {
    return { requests: this.#server.completions - this.#checks, questions: this.#questions };
  }

  async score(sequences: readonly Sequence[], onWork?: OnWork): Promise<SequenceScore[]> {
    if (sequences.some(({ context, continuation }) => context.length === 0 || continuation.length === 0)) {
      throw new RangeError('a sequence needs a context and a continuation');
    }
    const groups = groupChoices(sequences);
    const trial = groups.find((group) => this.#ids.isTrial(group));
    const rest = groups.filter((group) => group !== trial);
    const scores = new Map<number, SequenceScore>();
    let before = 0;
    for (const part of trial ? [[trial], rest] : [rest]) {
      const answers = await this.#ask(
        part,
        (group, signal) => this.#keep(questionOf(group), z.array(scoreSchema), () => this.#ids.score(group, signal)),
        (share) => onWork?.((before + share * part.length) / groups.length),
      );
      before += part.length;
      for (const [i, { members }] of part.entries()) {
        for (const [j, { index }] of members.entries()) scores.set(index, at(at(answers, i), j));
      }
    }
    return sequences.flatMap((_, i) => scores.get(i) ?? []);
  }

  #keep<T>(question: object, schema: z.ZodType<T>, ask: () => Promise<T>): Promise<T> {
    return this.#kept ? this.#kept.answer(question, schema, ask) : ask();
  }

  /** log p(continuation | context) with the server's tokens, in the order of the pairs. */
  async scoreText(pairs: readonly TextPair[], onWork?: OnWork): Promise<SequenceScore[]> {
    if (pairs.some(({ continuation }) => continuation === '')) throw new RangeError('a pair needs a continuation');
    const moved = pairs.map(moveTrailingSpace);
    const groups = [...groupBy(moved, ({ context }) => context).values()];
    const scores = await this.#ask(
      groups,
      (group, signal) => this.#keep({ pairs: group }, z.array(scoreSchema), () => this.#texts.score(group, signal)),
      onWork,
    );
    const byPair = new Map(groups.flatMap((group, i) => group.map((pair, j) => [pair, at(at(scores, i), j)] as const)));
    return moved.flatMap((pair) => byPair.get(pair) ?? []);
  }

  /** log p(text) of texts that fit into the model. */
  scoreRollingText(texts: readonly string[], onWork?: OnWork): Promise<RollingScore[]> {
    return this.#ask(texts, (text, signal) => this.#texts.scoreAll(text, signal), onWork);
  }

  generate(prompts: readonly Prompt[], onWork?: OnWork): Promise<Continuation[]> {
    return this.#ask(
      prompts,
      async ({ tokens, maxNewTokens, stopTokens, isDone, sampling }, signal) => {
        const request = { ...generateRequest(this.#model, tokens, maxNewTokens, sampling), ...tokenStops(stopTokens) };
        const generated = await this.#complete(request, signal);
        if (generated.tokens === null) {
          throw new UserError(
            `the server at ${this.#server.shown} does not return the ids of generated tokens (return_token_ids)`,
            'serve the model with vLLM 0.10.2 or later, or generate from text',
          );
        }
        // The server cannot call isDone after each token, so tokens beyond the end are dropped.
        for (const [i, token] of generated.tokens.entries()) {
          const soFar = generated.tokens.slice(0, i + 1);
          if (stopTokens.has(token) || isDone?.(soFar)) return { tokens: soFar, finish: 'stop' };
        }
        return { tokens: generated.tokens, finish: generated.finish };
      },
      onWork,
    );
  }

  /** Greedy decoding until a stop string, or until the server ends. */
  generateText(prompts: readonly TextPrompt[], onWork?: OnWork): Promise<TextContinuation[]> {
    return this.#ask(
      prompts,
      async ({ prompt, maxNewTokens, stop, sampling }, signal) => {
        const request = generateRequest(this.#model, prompt, maxNewTokens, sampling);
        const { text, finish } = await this.#complete(stop.length > 0 ? { ...request, stop } : request, signal);
        // Some servers include the stop string, or use only the first four.
        const ends = stop.map((string) => text.indexOf(string)).filter((end) => end >= 0);
        return ends.length > 0 ? { text: text.slice(0, Math.min(...ends)), finish: 'stop' } : { text, finish };
      },
      onWork,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the engine is closed'));
  }

  async #ask<Item, Result>(
    items: readonly Item[],
    task: (item: Item, signal: AbortSignal) => Promise<Result>,
    onWork?: OnWork,
  ) {
    let done = 0;
    const counted = async (item: Item, signal: AbortSignal) => {
      const result = await task(item, signal);
      done += 1;
      onWork?.(done / items.length);
      return result;
    };
    const results = await concurrently(items, this.#semaphore, this.#closing.signal, counted);
    this.#questions += items.length;
    return results;
  }

  #complete(request: object, signal: AbortSignal): Promise<WireContinuation> {
    return this.#keep({ request }, continuationSchema, async () =>
      continuation(await this.#server.request('completions', request, signal), this.#server.shown),
    );
  }
}
