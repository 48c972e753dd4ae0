import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Tally, tally } from './libraries.ts';

/** A conversation as JSON, with a template, and what transformers writes; null where it raises. */
export interface ChatCase {
  readonly template: string;
  readonly messages: string;
  readonly addGenerationPrompt: boolean;
  readonly text: string | null;
}

/**
 * The tokens that templates know, and the time of `strftime_now`
 * (packages/language-model/test/fixtures/make_chat_templates.py).
 */
export const CHAT_CONTEXT = { bos_token: '<s>', eos_token: '</s>' };
export const CHAT_TIME = '2026-03-07T14:05:09';

export function chatCases(): ChatCase[] {
  const { conversations, chats }: Fixture = JSON.parse(
    readFileSync(
      fileURLToPath(new URL('../../packages/language-model/test/fixtures/chat-templates.json', import.meta.url)),
      'utf8',
    ),
  );
  return chats.flatMap(({ template, texts }) =>
    texts.map((text, i) => ({
      template,
      messages: conversations[i] ?? '[]',
      addGenerationPrompt: i % 2 === 0,
      text,
    })),
  );
}

/** What a template is given. */
export function contextOf({ messages, addGenerationPrompt }: ChatCase): Readonly<Record<string, unknown>> {
  const absent = { tools: null, documents: null };
  return { messages: JSON.parse(messages), add_generation_prompt: addGenerationPrompt, ...absent, ...CHAT_CONTEXT };
}

interface Fixture {
  readonly conversations: readonly string[];
  readonly chats: readonly { readonly template: string; readonly texts: readonly (string | null)[] }[];
}

/** @param render throws where the library refuses */
export function compareChats(render: (one: ChatCase) => string): Tally[] {
  const written = (one: ChatCase): string | null => {
    try {
      return render(one);
    } catch {
      return null;
    }
  };
  return [tally('renderings of chat templates', chatCases(), (one) => written(one) === one.text)];
}
