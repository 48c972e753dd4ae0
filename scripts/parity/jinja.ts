import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compareChats, contextOf } from './chats.ts';
import type { Tally } from './libraries.ts';

interface Jinja {
  readonly Template: new (source: string) => { render(context: Readonly<Record<string, unknown>>): string };
}

export async function compare(folder: string): Promise<Tally[]> {
  const { Template }: Jinja = createRequire(join(folder, 'x.js'))('@huggingface/jinja');
  return compareChats((one) =>
    // A loop of 10⁹ ends the process.
    one.template.includes('10 ** 9') ? 'not tried' : new Template(one.template).render(contextOf(one)),
  );
}
