import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson, parseJson, seal, unseal } from '@shadow-gate/platform/json';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { z } from 'zod';

const SCHEMA = 'shadow-gate/answer@1';

const entrySchema = z.strictObject({ schema: z.literal(SCHEMA), key: z.string(), answer: z.unknown() });

/** Answers stored at a time, after one more request that checks the model. A broken run loses no more than these. */
const KEPT_TOGETHER = 32;

interface KeptAnswersOptions {
  readonly store: KeyValueStore;
  /** Everything else that answers depend on: server, model, its fingerprint. */
  readonly identity: unknown;
  /** @throws if the server no longer has the same model */
  readonly check: () => Promise<void>;
}

/** The answers of a server, by question and server identity, so that a second run asks only what is missing. */
export class KeptAnswers {
  readonly #options: KeptAnswersOptions;
  #pending: { readonly key: string; readonly answer: unknown }[] = [];

  constructor(options: KeptAnswersOptions) {
    this.#options = options;
  }

  /** The kept answer, or the one of `ask`, which is then kept. */
  async answer<T>(question: unknown, schema: z.ZodType<T>, ask: () => Promise<T>): Promise<T> {
    const key = sha256(canonicalJson([SCHEMA, this.#options.identity, question]));
    const kept = decode(await this.#options.store.get(key), key, schema);
    if (kept !== null) return kept;
    const answer = await ask();
    this.#pending.push({ key, answer });
    if (this.#pending.length >= KEPT_TOGETHER) await this.flush();
    return answer;
  }

  /** Store the answers so far. @throws if the server no longer has the same model */
  async flush(): Promise<void> {
    // Answers that arrive during the check are stored after the next one.
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length === 0) return;
    await this.#options.check();
    for (const { key, answer } of pending) await this.#options.store.set(key, seal({ schema: SCHEMA, key, answer }));
  }
}

/** @returns null for a missing, damaged or edited text, or another key's */
function decode<T>(text: string | null, key: string, schema: z.ZodType<T>): T | null {
  if (text === null) return null;
  try {
    const entry = entrySchema.parse(parseJson(unseal(text) ?? '', { name: key, hint: '' }));
    return entry.key === key ? schema.parse(entry.answer) : null;
  } catch {
    return null;
  }
}
