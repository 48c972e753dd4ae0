import type { Model } from '../language-model/model.ts';
import { UserError } from '../platform/user-error.ts';
import type { ProbeItem } from './item.ts';

export interface PromptOptions {
  /** Render the prompt as a user's message, with the checkpoint's chat template. */
  readonly chatTemplate: boolean;
}

/** The date that chat templates see: probes must not change from day to day. */
export const PROBE_DATE = new Date('2026-01-01T00:00:00Z');

/** A choice follows the prompt after a space; in a conversation, the answer is a message of its own. */
export function continuationOf(text: string, { chatTemplate }: PromptOptions): string {
  return chatTemplate ? text : ` ${text}`;
}

/**
 * The text before a continuation: the prompt, or the conversation up to the answer.
 * @throws UserError if a chat template is wanted, and there is none
 */
export function contextOf(
  { id, prompt }: ProbeItem,
  { tokenizer }: Pick<Model, 'tokenizer'>,
  { chatTemplate }: PromptOptions,
): string {
  if (!chatTemplate) return prompt;
  if (tokenizer === null || tokenizer.chatTemplate === null) {
    throw new UserError(
      'chat-template is on, but there is no tokenizer with a default chat template',
      'turn it off for a base model, or give the tokenizer of the chat model',
      { code: 'no-tokenizer' },
    );
  }
  return tokenizer.renderChat([{ role: 'user', content: prompt }], {
    addGenerationPrompt: true,
    now: PROBE_DATE,
    where: id,
  });
}
