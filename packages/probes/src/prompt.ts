import type { Model } from '@shadow-gate/language-model';
import type { Tokenizer } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import type { ProbeItem } from './item.ts';

export interface PromptOptions {
  /** Render the prompt as a user's message, with the checkpoint's chat template. */
  readonly chatTemplate: boolean;
}

/** The date in chat templates: probes must not change from day to day. */
export const PROBE_DATE = new Date('2026-01-01T00:00:00Z');

/** Is the prompt rendered as a chat message? A verbatim prompt, or one with a text per choice, is not. */
export function isTemplated({ question, verbatim }: ProbeItem, { chatTemplate }: PromptOptions): boolean {
  return chatTemplate && verbatim !== true && !(question.kind === 'choice' && question.contexts !== undefined);
}

/** Texts to score: each choice, or the target, after the prompt. @throws UserError if a chat template is missing */
export function scoredTexts(
  item: ProbeItem,
  model: Pick<Model, 'tokenizer'>,
  options: PromptOptions,
): { context: string; continuation: string }[] {
  const { question } = item;
  if (question.kind === 'choice' && question.contexts !== undefined) {
    const { contexts, ending = '' } = question;
    return contexts.map((context) => ({ context, continuation: ending }));
  }
  const context = promptContext(item, model, options);
  const texts = question.kind === 'choice' ? question.choices : [question.target];
  // In a chat, the answer is a message of its own.
  const delimiter = options.chatTemplate && item.verbatim === undefined ? '' : (question.delimiter ?? ' ');
  return texts.map((text) => ({ context, continuation: `${delimiter}${text}` }));
}

/** The text before an answer: the prompt, or the conversation up to the answer. */
export function promptContext(
  { id, prompt, verbatim }: ProbeItem,
  { tokenizer }: Pick<Model, 'tokenizer'>,
  { chatTemplate }: PromptOptions,
): string {
  if (!chatTemplate || verbatim === true) return prompt;
  return expectChatTemplate(tokenizer).renderChat([{ role: 'user', content: prompt }], {
    addGenerationPrompt: true,
    now: PROBE_DATE,
    where: id,
  });
}

/** @throws UserError without one */
export function expectChatTemplate(tokenizer: Tokenizer | null): Tokenizer {
  if (tokenizer !== null && tokenizer.chatTemplate !== null) return tokenizer;
  throw new UserError(
    'chat-template is on, but there is no tokenizer with a default chat template',
    'turn it off for a base model, or give the tokenizer of the chat model',
    { code: 'no-tokenizer' },
  );
}
