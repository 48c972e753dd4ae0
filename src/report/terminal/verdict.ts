import type { Report } from '../../compare/report.ts';
import { LEVEL_MARKS, type Paint, painter } from '../render/terminal/paint.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import { roomForFirst, type TerminalColumn, type TerminalOptions, terminalTable } from '../render/terminal/table.ts';
import { wrap, wrapCommand } from '../render/terminal/wrap.ts';
import { DECIDING_COLUMNS, decidingTable, decidingValues } from '../summary/deciding-table.ts';
import { WHAT_TO_DO } from '../summary/details.ts';
import { verdictSentence, whatToDo } from '../summary/verdict.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import type { Phrase } from '../text/phrase.ts';

/** The verdict and the sentence that decides, alone. */
export function renderVerdict(report: Report, { color, width }: TerminalOptions): string {
  const sentence = phraseLine(verdictSentence(report));
  return wrap(`${LEVEL_MARKS[report.verdict]} ${report.verdict}: ${sentence}`, width - 2)
    .map((line) => `  ${painter(color)(report.verdict, line)}`)
    .join('\n');
}

/** With less room, the name of a check is no column. */
const MIN_CHECK = 18;

/** The table of the checks that decide; empty without any. */
export function renderDeciding(report: Report, { color, width }: TerminalOptions): string {
  const rows = decidingTable(report);
  if (rows.length === 0) return '';
  const paint = painter(color);
  const columns = DECIDING_COLUMNS.map(
    (head, i): TerminalColumn => (i === 0 ? { head: `  ${head}` } : { head, align: 'right' }),
  );
  const numbers = rows.map((row) => [decidingValues(row), row.change, row.limit]);
  const room = roomForFirst(
    columns,
    numbers.map((cells) => ['', ...cells]),
    width,
  );
  if (room < MIN_CHECK) return rows.map((row) => narrowRow(row, width, paint)).join('\n');
  return terminalTable(
    columns,
    rows.map((row, i) => [checkCell(row, room, paint).join('\n'), ...(numbers[i] ?? [])]),
  );
}

/** A row as lines: the check, and its numbers under it. */
function narrowRow(row: DecidingRow, width: number, paint: Paint): string {
  const numbers = [decidingValues(row), row.change, `${DECIDING_COLUMNS[3]} ${row.limit}`].join(', ');
  const lines = [...checkCell(row, width - 2, paint), ...wrap(numbers, width - 4).map((line) => `  ${line}`)];
  return lines.map((line) => `  ${line}`).join('\n');
}

function checkCell(row: DecidingRow, room: number, paint: Paint): string[] {
  const lines = wrap(phraseLine(row.check, { nameLength: 40 }), room - 2);
  return lines.map((line, i) => `${i === 0 ? paint(row.mark, LEVEL_MARKS[row.mark]) : ' '} ${line}`);
}

/** What to do about the finding that decides; empty after a pass. */
export function renderSteps(report: Report, { width, program = PROGRAM }: Omit<TerminalOptions, 'color'>): string {
  const steps = whatToDo(report);
  return steps
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

/** As commands of a report have it. */
const PROGRAM = 'shadow-gate';
