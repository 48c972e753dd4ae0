import { styleText } from 'node:util';
import { printable } from '../../report/escape.ts';
import type { TerminalOptions } from '../../report/terminal/index.ts';
import { inWidth } from '../init/say.ts';
import type { Diagnosis } from './diagnosis.ts';

const MARKS = { ok: '✔', warning: '▲', problem: '✘' } as const;
const COLORS = { ok: 'green', warning: 'yellow', problem: 'red' } as const;

const LONGEST = 1000;

/** One line for a check, or as many as the terminal needs; what to do is below it. */
export function renderDiagnosis({ name, status, text, fix }: Diagnosis, { color, width }: TerminalOptions): string {
  const line = inWidth(`${MARKS[status]} ${name}: ${printable(text, LONGEST)}`, width);
  const painted = color ? styleText(COLORS[status], MARKS[status], { validateStream: false }) + line.slice(1) : line;
  if (fix === null) return painted;
  const hint = inWidth(`${printable(fix, LONGEST)}`, width - INDENT.length).split('\n');
  return [painted, ...hint.map((part, i) => `${i === 0 ? ARROW : INDENT}${part}`)].join('\n');
}

const ARROW = '  → ';
const INDENT = '    ';

/** What all checks come to. */
export function renderDoctorSummary(all: readonly Diagnosis[]): string {
  const count = (wanted: Diagnosis['status']) => all.filter(({ status }) => status === wanted).length;
  const [problems, warnings] = [count('problem'), count('warning')];
  const warned = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  if (problems > 0) return `✘ ${problems} ${problems === 1 ? 'problem' : 'problems'}${warned}`;
  return `✔ everything can work${warned}`;
}
