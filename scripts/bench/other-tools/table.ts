import { at } from '@shadow-gate/platform';
import { markdownTable } from 'markdown-table';
import { middle } from '../middle.ts';
import type { Cell, Timed } from './results.ts';

type CellOf<Kind extends Cell['kind']> = Extract<Cell, { readonly kind: Kind }>;

/** What was measured, as tables of Markdown. */
export function tablesOf(cells: readonly Cell[]): string {
  const only = <Kind extends Cell['kind']>(kind: Kind) =>
    cells.filter((cell): cell is CellOf<Kind> => cell.kind === kind);
  const tables = [
    [
      ['model', 'work', 'other tool', 'time: its, ours', 'its ÷ ours', 'of the processors', 'start', 'peak', 'GFLOP/s'],
      ...only('time').flatMap(timeRows),
    ],
    [
      ['model', 'tokens', 'log p of a token from', 'difference', 'mean', 'largest'],
      ...only('scores').flatMap(scoreRows),
    ],
    [
      [
        'model',
        'command',
        'time',
        'its ÷ ours',
        'without the start',
        'its ÷ ours',
        'of the processors',
        'peak',
        'right',
        'differ',
      ],
      ...taskRows(only('task')),
    ],
  ];
  return tables
    .filter((rows) => rows.length > 1)
    .map((rows) => `${markdownTable(rows)}\n`)
    .join('\n');
}

function timeRows({ model, work, parts, gigaflops, contestants: [own, ...others] }: CellOf<'time'>): string[][] {
  if (own === undefined) return [];
  const whole = (times: readonly number[]) => (parts ? sum(times) : middle(times));
  const ratio = (other: Timed, of: 'seconds' | 'processorSeconds') => ratioText(whole(other[of]), whole(own[of]));
  const pair = (text: (one: Timed) => string, other: Timed) => `${text(other)}, ${text(own)}`;
  return others.map((other) => [
    ...[model, work, other.name, pair(({ seconds }) => secondsText(whole(seconds)), other)],
    ...[ratio(other, 'seconds'), ratio(other, 'processorSeconds')],
    pair(({ startSeconds }) => secondsText(startSeconds), other),
    pair(({ mebibytes }) => mebibytesText(mebibytes), other),
    gigaflops.toFixed(0),
  ]);
}

function scoreRows({ model, tokens, reference, contestants }: CellOf<'scores'>): string[][] {
  return contestants.map(({ name, mean, most }) => [
    ...[model, String(tokens), reference, name, mean.toExponential(1), most.toExponential(1)],
  ]);
}

/** The first command for a model is ours; the others are compared with it. */
function taskRows(cells: readonly CellOf<'task'>[]): string[][] {
  return cells.map((cell) => {
    const own = at(
      cells.filter(({ model }) => model === cell.model),
      0,
    );
    const isOwn = own === cell;
    const ratio = (of: (one: CellOf<'task'>) => number) => (isOwn ? '' : ratioText(of(cell), of(own)));
    const work = ({ seconds, start }: CellOf<'task'>) => seconds - start.seconds;
    const differing = cell.right.filter((right, i) => right !== own.right[i]).length;
    return [
      ...[cell.model, cell.name, secondsText(cell.seconds), ratio(({ seconds }) => seconds)],
      ...[secondsText(work(cell)), ratio(work), ratio((one) => one.processorSeconds - one.start.processorSeconds)],
      ...[mebibytesText(cell.mebibytes), `${cell.right.filter(Boolean).length} of ${cell.right.length}`],
      isOwn ? '' : String(differing),
    ];
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const secondsText = (seconds: number): string => `${seconds.toPrecision(3)} s`;
const ratioText = (other: number, own: number): string => (other / own).toFixed(2);
const mebibytesText = (mebibytes: number): string => `${mebibytes.toFixed(0)} MiB`;
