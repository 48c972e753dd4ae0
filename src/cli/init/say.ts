import { wrap } from '../../report/terminal/index.ts';
import type { Output } from '../output.ts';

export type Say = (text: string) => void;

/** Break sentences at the width of the terminal. */
export function sayTo(output: Output): Say {
  return (text) => output.print(inWidth(text, output.terminal.width));
}

/** Spaces and a mark or a number. */
const MARK = /^ *(?:[✔▲✘·] |\d\. )?/;

/** Break a text; later lines are indented to the text after the first line's mark. */
export function inWidth(text: string, width: number): string {
  const [mark = ''] = MARK.exec(text) ?? [];
  const indent = ' '.repeat(mark.length);
  return mark + wrap(text.slice(mark.length), width - mark.length).join(`\n${indent}`);
}
