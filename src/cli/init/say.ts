import { wrap } from '../../report/terminal/index.ts';
import type { Output } from '../output.ts';

/** Prints a sentence. */
export type Say = (text: string) => void;

/** In the width of the terminal; what follows the first line of a sentence with a mark stands below its text. */
export function sayTo(output: Output): Say {
  return (text) => output.print(inWidth(text, output.terminal.width));
}

/** What a sentence can begin with: spaces, and a mark or a number. */
const MARK = /^ *(?:[✔▲✘·] |\d\. )?/;

/** A text in lines of a width, each of which stands below the first one's text. */
export function inWidth(text: string, width: number): string {
  const [mark = ''] = MARK.exec(text) ?? [];
  const indent = ' '.repeat(mark.length);
  return mark + wrap(text.slice(mark.length), width - mark.length).join(`\n${indent}`);
}
