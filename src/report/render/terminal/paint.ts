import { styleText } from 'node:util';
import type { Level } from '../../../compare/finding.ts';
import type { Verdict } from '../../../compare/report.ts';

export const LEVEL_MARKS = { pass: '✔', warn: '▲', fail: '✘', inconclusive: '?', info: '·' } as const;
const COLORS = { pass: 'green', warn: 'yellow', fail: 'red', inconclusive: 'magenta', info: 'gray' } as const;

export type Paint = (level: Level | Verdict, text: string) => string;

/** Paints by level, or not at all. */
export const painter =
  (color: boolean): Paint =>
  (level, text) =>
    color ? styleText(COLORS[level], text, { validateStream: false }) : text;
