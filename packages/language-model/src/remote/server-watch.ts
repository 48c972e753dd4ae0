import { at } from '@shadow-gate/platform';
import { untrusted } from './completions-api.ts';
import { examineServer } from './examine-server.ts';
import { type Fingerprint, isSame, takeFingerprint } from './fingerprint.ts';
import type { ReadPrompt } from './prompt-reading.ts';
import { expectSameIdentity, type ServerIdentity } from './server-identity.ts';

/** The fixed prompts have about 40 tokens, or 120 letters if each is a token; a smaller context gets beginnings. */
const ROOM_FOR_PROMPTS = 128;
const SHORT_PROMPT = 20;

interface WatchOptions {
  readonly prompts: readonly string[];
  /** Longest input, in tokens. */
  readonly maxLength: number;
  /** Search the server for contradictions. */
  readonly isExamined: boolean;
  readonly read: ReadPrompt;
  readonly identify: () => Promise<ServerIdentity>;
}

/** The server at the beginning of a run. It has to stay the same until the end. */
export class ServerWatch {
  readonly identity: ServerIdentity;
  readonly fingerprint: Fingerprint;
  readonly #options: WatchOptions;
  #checks = 0;

  private constructor(identity: ServerIdentity, fingerprint: Fingerprint, options: WatchOptions) {
    this.identity = identity;
    this.fingerprint = fingerprint;
    this.#options = options;
  }

  /** @throws UserError if the server is examined and contradicts itself */
  static async begin(identity: ServerIdentity, options: WatchOptions): Promise<ServerWatch> {
    const { maxLength, isExamined, read } = options;
    const isShort = maxLength < ROOM_FOR_PROMPTS;
    const prompts = isShort ? options.prompts.map((prompt) => prompt.slice(0, SHORT_PROMPT)) : options.prompts;
    const fingerprint = isExamined
      ? await examineServer({ server: identity.address, prompts, maxLength, read })
      : await takeFingerprint(read, prompts);
    return new ServerWatch(identity, fingerprint, { ...options, prompts });
  }

  /** Ask one of the fixed prompts again. @throws UserError if the answer differs */
  async check(): Promise<void> {
    const { prompts, read } = this.#options;
    const i = this.#checks++ % prompts.length;
    const now = await read(at(prompts, i));
    if (isSame(now.logprobs, at(this.fingerprint.readings, i).logprobs)) return;
    throw untrusted(
      `the server at ${this.identity.address} no longer answers as it did at the beginning: its model or its settings changed`,
      'run again while nothing changes the server',
    );
  }

  /** Ask everything again. @throws UserError if anything differs */
  async checkAll(): Promise<void> {
    expectSameIdentity(await this.#options.identify(), this.identity);
    for (const _ of this.#options.prompts) await this.check();
  }
}
