import type { Help } from 'commander';
import { wrap, wrapCommand } from '../report/terminal/index.ts';

/** Below this width, a description goes under its term instead of next to it. */
const MIN_BESIDE = 34;

/** Indentation of a description under its term. */
const UNDER = 6;

/** The parts of Commander's help that break lines: it breaks none if there is little room. */
export const WRAPPED_HELP: Partial<Help> = {
  minWidthToWrap: 1,
  boxWrap: (text, width) =>
    text
      .split('\n')
      .flatMap((line) => wrapOrEmpty(line, width))
      .join('\n'),
  formatItem: (term, termWidth, description, { helpWidth = 80 }) => {
    const width = helpWidth - termWidth - 4;
    if (description === '') return `  ${term}`;
    if (width < MIN_BESIDE) {
      const under = wrap(description, helpWidth - UNDER).map((line) => `${' '.repeat(UNDER)}${line}`);
      return [...indented(term, helpWidth, 2), ...under].join('\n');
    }
    const [first = '', ...rest] = wrap(description, width);
    const more = rest.map((line) => `\n${' '.repeat(termWidth + 4)}${line}`);
    return `  ${term.padEnd(termWidth)}  ${first}${more.join('')}`;
  },
};

function wrapOrEmpty(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines = wrap(line.trim(), Math.max(1, width - indent.length));
  return lines.length === 0 ? [''] : lines.map((part) => indent + part);
}

function indented(text: string, width: number, indent: number): string[] {
  return wrap(text, width - indent).map((line) => ' '.repeat(indent) + line);
}

/** Break the texts after the options at words, commands with a backslash, comments with another `#`. */
export function wrapHelpText(text: string, width: number): string {
  const whole = text.replace(/ \\\n */g, ' ');
  return whole
    .split('\n')
    .flatMap((line) => wrapLine(line, width))
    .join('\n');
}

/** Starts of lines that continuation lines repeat or indent to. */
const COMMENT = /^( *# )(.*)$/;
const COMMAND = /^( *)(shadow-gate .*)$/;
const LISTED = /^( *\S+ {2,})(.*)$/;

function wrapLine(line: string, width: number): string[] {
  if (line.length <= width) return [line];
  const comment = COMMENT.exec(line);
  if (comment) {
    const [, mark = '', rest = ''] = comment;
    return wrap(rest, width - mark.length).map((part) => mark + part);
  }
  const command = COMMAND.exec(line);
  if (command) {
    const [, indent = '', rest = ''] = command;
    return wrapCommand(rest, width - indent.length).map((part) => indent + part);
  }
  const listed = LISTED.exec(line);
  if (listed) {
    const [, head = '', rest = ''] = listed;
    return wrap(rest, width - head.length).map((part, i) => (i === 0 ? head : ' '.repeat(head.length)) + part);
  }
  return wrapOrEmpty(line, width);
}
