import { readFileSync } from 'node:fs';
import { repository } from '../fixtures.ts';

const COMMAND = 'node dist/cli.js ';

/** The commands of this release that a page has in its blocks of code, as arguments, in their order. */
export function printedCommands(page: string): string[][] {
  return blocksOf(page)
    .filter((block) => block.startsWith(COMMAND))
    .map((block) => block.slice(COMMAND.length).replaceAll('\\\n', ' ').trim().split(/\s+/));
}

/** The blocks of code of a page, without their fences. */
export function blocksOf(page: string): string[] {
  return [...readPage(page).matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
}

/**
 * The rows of the tables of a page whose first cell names a checkpoint, by the baseline of the command or text above.
 */
export function tableRows(page: string): { readonly checkpoint: string; readonly cells: readonly string[] }[] {
  return [...readPage(page).matchAll(/^\| `([a-z-]+)` +\|(.+→.+)\|$/gm)].map(([, checkpoint = '', rest = '']) => ({
    checkpoint,
    cells: rest.split('|').map((cell) => cell.trim()),
  }));
}

export const readPage = (page: string): string => readFileSync(repository(page), 'utf8');

/** The numbers of a text, with sign and unit. */
export const numbersOf = (text: string): string[] => text.match(/[+−]?\d+(?:\.\d+)?%?/g) ?? [];
