import { createRequire } from 'node:module';
import { join } from 'node:path';
import { compareChats, contextOf } from './chats.ts';
import type { Tally } from './libraries.ts';

interface MiniJinja {
  readonly Environment: new () => Environment;
}

interface Environment {
  trimBlocks?: boolean;
  lstripBlocks?: boolean;
  enablePyCompat?(): void;
  renderStr(source: string, context: Readonly<Record<string, unknown>>): string;
}

export async function compare(folder: string): Promise<Tally[]> {
  const { Environment }: MiniJinja = createRequire(join(folder, 'x.js'))('minijinja-js');
  return compareChats((one) => {
    const environment = new Environment();
    environment.trimBlocks = true;
    environment.lstripBlocks = true;
    environment.enablePyCompat?.();
    return environment.renderStr(one.template, contextOf(one));
  });
}
