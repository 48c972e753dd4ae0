import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson, parseJson, seal, unseal } from '@shadow-gate/platform/json';
import type { KeyValueStore } from '@shadow-gate/platform/key-value-store';
import { z } from 'zod';

const SCHEMA = 'shadow-gate/answer@1';

const entrySchema = z.strictObject({ schema: z.literal(SCHEMA), key: z.string(), answer: z.unknown() });

/**
 * Answers are kept together as soon as there are so many: each time, one more request shows that the server still has
 * the same model. A run that breaks off loses no more than these.
 */
const KEPT_TOGETHER = 32;

interface KeptAnswersOptions {
  readonly store: KeyValueStore;
  /** Everything that the answers depend on, besides the question: server, model, its fingerprint. */
  readonly identity: unknown;
  /** @throws if the server no longer has the model that it had */
  readonly check: () => Promise<void>;
}

/** The answers of a server, by question and by what the server is, so that a second run asks only what is missing. */
export class KeptAnswers {
  readonly #options: KeptAnswersOptions;
  #pending: { readonly key: string; readonly answer: unknown }[] = [];

  constructor(options: KeptAnswersOptions) {
    this.#options = options;
  }

  /** The kept answer, or that of `ask`, which is kept then. */
  async answer<T>(question: unknown, schema: z.ZodType<T>, ask: () => Promise<T>): Promise<T> {
    const key = sha256(canonicalJson([SCHEMA, this.#options.identity, question]));
    const kept = decode(await this.#options.store.get(key), key, schema);
    if (kept !== null) return kept;
    const answer = await ask();
    this.#pending.push({ key, answer });
    if (this.#pending.length >= KEPT_TOGETHER) await this.flush();
    return answer;
  }

  /** Keep what was answered until now. @throws if the server no longer has the model that it had */
  async flush(): Promise<void> {
    // Answers that come during the check are kept after the next one.
    const pending = this.#pending;
    this.#pending = [];
    if (pending.length === 0) return;
    await this.#options.check();
    for (const { key, answer } of pending) await this.#options.store.set(key, seal({ schema: SCHEMA, key, answer }));
  }
}

/** @returns null for a text that is missing, damaged, edited, or belongs to another key */
function decode<T>(text: string | null, key: string, schema: z.ZodType<T>): T | null {
  if (text === null) return null;
  try {
    const entry = entrySchema.parse(parseJson(unseal(text) ?? '', { name: key, hint: '' }));
    return entry.key === key ? schema.parse(entry.answer) : null;
  } catch {
    return null;
  }
}
