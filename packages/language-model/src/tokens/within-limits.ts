import { UserError } from '@shadow-gate/platform';
import type { Conversation } from './chat/messages.ts';
import { noTokenizer } from './no-tokenizer.ts';

/** Most characters of a decoded text: longer than any context. */
const MAX_TEXT_LENGTH = 2 ** 24;

/** A template adds some kilobytes to a conversation, and escapes some characters. */
export function maxRendered(messages: Conversation): number {
  return Math.min(MAX_TEXT_LENGTH, 2 ** 18 + 8 * JSON.stringify(messages).length);
}

/** Most characters of a tokenizer's error, which can quote a whole regular expression. */
const MAX_MESSAGE_LENGTH = 200;

/** Most tokens of a text: four bytes a character, in a compatibility decomposition of up to 18 (U+FDFA). */
export function maxTokens(text: string): number {
  return 1024 + 4 * 18 * text.length;
}

export function expectBounded(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new Error(`the text has ${text.length} characters`);
}

/** Errors of this work are faults of the files. @param what cannot be done, for the error */
export function withinLimits<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const [line = ''] = String((error as Error).message).split('\n');
    const problem = `${what}: ${line.slice(0, MAX_MESSAGE_LENGTH)}`;
    throw noTokenizer(problem, 'score token ids, or serve the model and use --endpoint');
  }
}
