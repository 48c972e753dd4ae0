import type { Model } from '../language-model/model.ts';
import { renderChat } from '../language-model/tokens/chat-template.ts';
import { UserError } from '../platform/user-error.ts';
import type { ProbeItem } from './item.ts';

export interface Prompting {
  /** Ask as the user of a conversation, through the checkpoint's chat template. */
  readonly chatTemplate: boolean;
}

export interface AskOptions extends Prompting {
  /** Of an exact answer. */
  readonly maxNewTokens: number;
  /** Told how many items are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** An item that was not asked, and why; its whole fact is left out with it. */
export interface LeftOut {
  readonly id: string;
  readonly reason: string;
}

/** What a chat template may write as today: probes must not change by the day. */
export const PROBE_DATE = new Date('2026-01-01T00:00:00Z');

/** A choice follows the prompt after one space; in a conversation the answer is a turn of its own. */
export function continuationOf(text: string, { chatTemplate }: Prompting): string {
  return chatTemplate ? text : ` ${text}`;
}

/** The text before a continuation: the prompt, or a conversation that has come to the answer. */
export function contextOf(
  { id, prompt }: ProbeItem,
  { tokenizer }: Pick<Model, 'tokenizer'>,
  { chatTemplate }: Prompting,
): string {
  if (!chatTemplate) return prompt;
  const template = tokenizer?.chatTemplate ?? null;
  if (tokenizer === null || template === null) {
    throw new UserError(
      'chat-template is on, but there is no tokenizer with a default chat template',
      'turn it off for a base model, or give the tokenizer of the chat model',
    );
  }
  return renderChat([{ role: 'user', content: prompt }], {
    template,
    specialTokens: tokenizer.specialTokens,
    addGenerationPrompt: true,
    now: PROBE_DATE,
    where: id,
  });
}
