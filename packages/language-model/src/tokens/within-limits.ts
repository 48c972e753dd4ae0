import { UserError } from '@shadow-gate/platform';
import type { Conversation } from './chat/messages.ts';

/** Most characters of a text that a decoder makes: longer than any context. */
const MAX_TEXT_LENGTH = 2 ** 24;

/** A template adds some kilobytes to a conversation, and escapes some characters. */
export function maxRendered(messages: Conversation): number {
  return Math.min(MAX_TEXT_LENGTH, 2 ** 18 + 8 * JSON.stringify(messages).length);
}

/** Most characters of a tokenizer's error, which can quote a whole regular expression. */
const MAX_MESSAGE_LENGTH = 200;

/**
 * The most tokens that a text can have: four bytes a character, and eighteen characters of its compatibility
 * decomposition (U+FDFA).
 */
export function maxTokens(text: string): number {
  return 1024 + 4 * 18 * text.length;
}

export function expectBounded(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH) return text;
  throw new Error(`the text has ${text.length} characters`);
}

/**
 * Whatever is thrown here is a fault of the files: regular expressions that do not compile, parts that are not known,
 * strings beyond all limits.
 * @param what cannot be done, for the error
 */
export function withinLimits<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const [line = ''] = String((error as Error).message).split('\n');
    throw new UserError(
      `${what}: ${line.slice(0, MAX_MESSAGE_LENGTH)}`,
      'score token ids, or serve the model and use --endpoint',
      { code: 'no-tokenizer' },
    );
  }
}
