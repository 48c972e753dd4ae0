import { at } from '@shadow-gate/platform';
import { untrusted } from './completions-api.ts';
import { type Fingerprint, isSame, measureDeviation, takeFingerprint } from './fingerprint.ts';
import type { ReadPrompt } from './prompt-reading.ts';

/** A shorter context has no room for two fixed prompts. */
const ROOM_FOR_TWO = 256;

/** Copies of each fixed prompt in the batch. */
const COPIES = 2;

/** A separator of two prompts and the BOS token of the second are a few tokens at most. */
const MAX_TOKENS_BETWEEN = 3;

/** Tokens at the end of a prompt that can be tokenized differently if text follows. */
const BOUNDARY = 2;

export interface Examined {
  /** The server's name in messages. */
  readonly server: string;
  readonly prompts: readonly string[];
  /** Longest input, in tokens. */
  readonly maxLength: number;
  readonly read: ReadPrompt;
}

/**
 * Ask a server fixed prompts cold, again, in a batch, and before other text: the same tokens have the same
 * probabilities each time, up to rounding. Prefix caches have returned those of another request (vllm issues 42019 and
 * 42245), and a silently truncated prompt is answered as if it were another one.
 * @returns the cold answers
 * @throws UserError with the code `untrusted-server` and the cause
 */
export async function examineServer({ server, prompts, maxLength, read }: Examined): Promise<Fingerprint> {
  const cold = await takeFingerprint(read, prompts);
  const own = (i: number) => at(cold.readings, i % prompts.length);
  for (const [i, prompt] of prompts.entries()) {
    const again = await read(prompt);
    expectSame(again.logprobs, own(i).logprobs, { server, when: 'when it is asked again' });
  }
  const batch = Array.from({ length: COPIES }, () => prompts).flat();
  const answers = await Promise.all(batch.map((prompt) => read(prompt)));
  for (const [i, answer] of answers.entries()) {
    expectSame(answer.logprobs, own(i).logprobs, { server, when: 'when it is asked with others' });
  }
  if (maxLength < ROOM_FOR_TWO) return cold;
  for (const [i, prompt] of prompts.entries()) {
    const both = await read(`${prompt} ${at(prompts, (i + 1) % prompts.length)}`);
    const first = own(i).count;
    const second = own(i + 1).count;
    if (first !== null && second !== null) expectWhole(both.count, first + second, server);
    const alone = own(i).logprobs.slice(0, -BOUNDARY);
    if (alone.length === 0) continue;
    expectSame(both.logprobs.slice(0, alone.length), alone, { server, when: 'when other text follows it' });
  }
  return cold;
}

function expectSame(
  values: readonly number[],
  cold: readonly number[],
  { server, when }: { readonly server: string; readonly when: string },
): void {
  if (isSame(values, cold)) return;
  const deviation = measureDeviation(values, cold);
  const by =
    deviation === null
      ? `${values.length} tokens instead of ${cold.length}`
      : `by ${deviation.mean.toFixed(2)} a token on average, and up to ${deviation.max.toFixed(2)}`;
  throw untrusted(
    `the server at ${server} gives a fixed prompt other log-probabilities ${when} (${by})`,
    'look for a known problem of its prefix cache or chunked prefill, and serve the model without them',
  );
}

function expectWhole(count: number | null, expected: number, server: string): void {
  if (count === null || count >= expected - MAX_TOKENS_BETWEEN) return;
  throw untrusted(
    `the server at ${server} cuts prompts: it read ${count} tokens of two fixed prompts that have ${expected}`,
    'serve the model with a longer context, and without a limit on the tokens of a prompt',
  );
}

/**
 * Compare the scores of the same choices by the next token and by the prompt's echo: both are of the model's own
 * distribution.
 * @param shifted the echo's values one place earlier and later, in the same order
 * @throws UserError with the code `untrusted-server` and the cause
 */
export function expectRaw(
  next: readonly number[],
  echoed: readonly number[],
  { shifted, server }: { readonly shifted: ReadonlyArray<readonly (number | null)[]>; readonly server: string },
): void {
  if (isSame(next, echoed)) return;
  if (shifted.some((values) => values.every((value) => value !== null) && isSame(next, values))) {
    throw untrusted(
      `the log-probabilities of a prompt are shifted by one token at the server at ${server}`,
      'update the server, or serve the model with vLLM',
    );
  }
  throw sampled(server, 'gives the next token other log-probabilities than the same token of a prompt');
}

/** At two temperatures, the model's own scores are the same. @throws UserError with the code `untrusted-server` */
export function expectUnsampled(cold: readonly number[], hot: readonly number[], server: string): void {
  if (isSame(cold, hot)) return;
  throw sampled(server, 'gives the next token other log-probabilities at another temperature');
}

const sampled = (server: string, what: string) =>
  untrusted(
    `the server at ${server} ${what}: they are of the distribution that it samples from, not of the model's own`,
    'start the server with raw log-probabilities (vLLM: --logprobs-mode raw_logprobs), and without default sampling settings',
  );
