import type { Level } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { LEVEL_MARKS, painter } from '../render/terminal/paint.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import type { TerminalOptions } from '../render/terminal/table.ts';
import { wrap, wrapCommand } from '../render/terminal/wrap.ts';
import { verdictSentence, WHAT_TO_DO, whatToDo } from '../summary/verdict.ts';
import type { Phrase } from '../text/phrase.ts';

/** The verdict and the sentence that decides, alone. */
export function renderVerdict(report: Report, options: TerminalOptions): string {
  const sentence = phraseLine(verdictSentence(report));
  return painted(report.verdict, [`${LEVEL_MARKS[report.verdict]} ${report.verdict}: ${sentence}`], options);
}

/** Indented lines in the color of a level. */
export function painted(level: Level | Verdict, texts: readonly string[], { color, width }: TerminalOptions): string {
  return texts
    .flatMap((text) => wrap(text, width - 2))
    .map((line) => `  ${painter(color)(level, line)}`)
    .join('\n');
}

/** Next steps for the finding that decides; empty after a pass. */
export function renderSteps(report: Report, { width, program = PROGRAM }: Omit<TerminalOptions, 'color'>): string {
  return whatToDo(report)
    .flatMap((step, i) => stepLines(step, i === 0 ? `${WHAT_TO_DO} ` : '', { width: width - 2, program }))
    .map((line) => `  ${line}`)
    .join('\n');
}

/** A command at the end of a step has lines of its own, from which it can be copied. */
function stepLines(
  step: Phrase,
  prefix: string,
  { width, program }: { readonly width: number; readonly program: string },
): string[] {
  const last = step.at(-1);
  if (typeof last !== 'object' || last.kind !== 'command') return wrap(prefix + phraseLine(step), width);
  const words = wrap(prefix + phraseLine(step.slice(0, -1)).trimEnd(), width);
  const command = phraseLine([last]);
  const started = command.startsWith(`${PROGRAM} `) ? program + command.slice(PROGRAM.length) : command;
  return [...words, ...wrapCommand(started, width - COMMAND_INDENT.length).map((line) => COMMAND_INDENT + line)];
}

const COMMAND_INDENT = '  ';

/** The name in the commands of a report. */
const PROGRAM = 'shadow-gate';
