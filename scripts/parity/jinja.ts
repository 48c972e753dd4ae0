import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CHAT_CONTEXT, compareChats } from './chats.ts';
import type { Tally } from './libraries.ts';

interface Jinja {
  readonly Template: new (source: string) => { render(context: Readonly<Record<string, unknown>>): string };
}

export async function compare(folder: string): Promise<Tally[]> {
  const { Template }: Jinja = createRequire(join(folder, 'x.js'))('@huggingface/jinja');
  return compareChats(({ template, messages, addGenerationPrompt }) =>
    // It turns a number into text, and ends the process in a loop of 10⁹.
    template.includes('10 ** 9')
      ? 'not tried'
      : new Template(template).render({
          messages: JSON.parse(messages),
          add_generation_prompt: addGenerationPrompt,
          tools: null,
          documents: null,
          ...CHAT_CONTEXT,
        }),
  );
}
