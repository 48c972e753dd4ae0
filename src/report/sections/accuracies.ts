import type { ChangeRow, Estimate, KindRow, ShadowRow } from '../../compare/probes/index.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { type Column, numberColumns, type Table, type TableCell } from '../document/block.ts';
import {
  formatInteger,
  formatInterval,
  formatRatio,
  movementWords,
  NO_NUMBER,
  percentDigits,
  pointsDigits,
} from '../text/numbers.ts';
import { name, phrase, prose, term } from '../text/phrase.ts';
import { intervalCell, planeTitle } from '../text/probe-charts.ts';
import { exclusionText, within } from '../text/probes.ts';
import { ROLE_WORDS } from '../text/twin-words.ts';

const ACCURACY_COLUMNS: readonly Column[] = [
  { head: 'facts', isNumber: true },
  { head: [term('benchmarkForm', 'exam')], unit: '%', isNumber: true },
  { head: [term('twin', 'other forms')], unit: '%', isNumber: true },
  { head: [term('shadowGap', 'shadow gap')], unit: 'points', isNumber: true },
];

const accuracyCells = (row: Pick<KindRow, 'facts' | 'benchmark' | 'twin' | 'gap'>): string[] => [
  formatInteger(row.facts),
  movementWords(row.benchmark, percentDigits),
  movementWords(row.twin, percentDigits),
  movementWords(row.gap, pointsDigits),
];

/** Rows; a team may name hundreds of capabilities. */
const MOST = 12;

/** One row for all facts, then one for each suite of several and for each capability. */
export function shadowTable({ comparison: { rows } }: ProbeReport): Table {
  const capability = term('capability', 'capability');
  const hasSuites = rows.some(({ suite }) => suite !== null);
  return {
    kind: 'table',
    title: 'Shadow gap and shadow delta',
    columns: [
      {
        head: {
          comment: hasSuites ? phrase`suite or ${capability}` : [capability],
          terminal: hasSuites ? 'suite or capability' : 'capability',
          page: 'suite or capability',
        },
      },
      ...ACCURACY_COLUMNS,
      { head: [term('twinAccuracy', 'their change')], unit: 'points', isNumber: true },
      { head: [term('shadowDelta', 'shadow delta')], unit: 'points', isNumber: true },
    ],
    rows: rows.map((row) => [pathOf(row), ...accuracyCells(row), effect(row.twinChange, 1), effect(row.delta, 2)]),
    most: { comment: MOST, terminal: MOST },
    rest: 'more row',
    room: { least: 12, most: 24 },
    breaks: {
      heads: [{ below: 100, at: / / }],
      cells: [
        { below: 132, at: / (?=\()/ },
        { below: 132, at: /, (?=MDE)/ },
        { below: 100, at: /[ \u00a0](?=→|to )/g },
      ],
    },
  };
}

function pathOf({ suite, capability }: ShadowRow): TableCell {
  const names = [suite, capability].flatMap((own) => (own === null ? [] : [[name(own)]]));
  return { kind: 'path', names: names.length === 0 ? ['all'] : names, isWhole: capability === null };
}

/** @param most the largest change that is possible: an interval is cut there */
function effect(change: ShadowRow['twinChange'] | ShadowRow['delta'], most: number): string {
  if (change === null) return NO_NUMBER;
  const { mde } = change;
  const interval = formatInterval(within(change, most), pointsDigits);
  return `${interval}${mde === null ? '' : `, MDE\u00a0${percentDigits(mde)}`}`;
}

/** Twins by kind: did they rise with the exam, and may they decide? */
export function kindTable(kinds: readonly KindRow[], most = MOST): Table {
  return {
    kind: 'table',
    title: 'Kinds of other forms',
    columns: [
      { head: 'suite', media: ['comment'] },
      { head: [term('twinKind', 'form')], media: ['comment'] },
      { head: 'other forms', media: ['terminal'] },
      ...ACCURACY_COLUMNS,
      { head: [term('transfer', 'transfer')], unit: 'log-odds', isNumber: true },
      { head: 'decides', wrap: 18 },
    ],
    rows: kinds.map(({ suite, kind, group, transfer, ...row }) => [
      [name(suite)],
      group === null ? kind : phrase`${kind}: ${name(group)}`,
      { kind: 'path', names: [kind, ...(group === null ? [] : [[name(group)]]), [name(suite)]] },
      ...accuracyCells(row),
      transfer === null ? NO_NUMBER : intervalCell(transfer, formatRatio),
      ROLE_WORDS[row.role],
    ]),
    most: { comment: most, terminal: 16 },
    room: { least: 10, most: 28 },
    breaks: {
      heads: [{ below: 110, at: / / }],
      cells: [
        { below: 132, at: / (?=\()/ },
        { below: 110, at: /[ \u00a0](?=→|to[ \u00a0])/g },
      ],
    },
  };
}

/** The same with capabilities and the values of the planes, for a page. */
export function kindChangeTable({ changes, comparison: { kinds } }: ProbeReport): Table {
  const heads = ['facts', 'exam, %', 'other forms, %', 'shadow gap, points', 'facts below ceiling'];
  const moved = ['Δ exam, points', 'Δ other forms, points', 'shadow delta, points', 'transfer, log-odds'];
  return {
    kind: 'table',
    title: 'Kinds of other forms',
    foldTitle: 'The numbers of each kind of other form',
    columns: [{ head: 'form' }, ...numberColumns(...heads, ...moved), { head: 'decides' }],
    rows: kinds.flatMap((kind) => {
      const own = changes.filter(
        (row) => row.suite === kind.suite && row.kind === kind.kind && row.group === kind.group,
      );
      const whole = own.find(({ capability }) => capability === null);
      const [delta, transfer] = [estimateCell(kind.delta, pointsDigits), estimateCell(kind.transfer, formatRatio)];
      return [
        [planeTitle(kind), ...accuracyCells(kind), ...changeCells(whole), delta, transfer, ROLE_WORDS[kind.role]],
        // A capability has neither delta nor transfer of its own.
        ...own.flatMap((row): TableCell[][] => {
          const words = [prose(row.capability ?? '')];
          const isPart = row.capability !== null;
          return isPart ? [[{ kind: 'part', words }, '', '', '', '', ...changeCells(row), '', '', '']] : [];
        }),
      ];
    }),
  };
}

function changeCells(change: ChangeRow | undefined): string[] {
  if (change === undefined) return [NO_NUMBER, NO_NUMBER, NO_NUMBER];
  const { facts, benchmark, twin } = change;
  return [formatInteger(facts), intervalCell(benchmark, pointsDigits), intervalCell(twin, pointsDigits)];
}

const estimateCell = (estimate: Estimate | null, show: (value: number) => string): string =>
  estimate === null ? NO_NUMBER : intervalCell(estimate, show);

/** Accuracy by family, and the tests that exclude it. A terminal has no room for it. */
export function familyTable({ comparison: { families } }: ProbeReport): Table {
  return {
    kind: 'table',
    title: 'Families',
    foldTitle: 'Families, and the tests that they take no part in',
    columns: [
      { head: [term('family', 'family')] },
      { head: 'facts', isNumber: true },
      { head: examHead('benchmarkForm', 'exam'), isNumber: true },
      { head: examHead('twin', 'other forms'), isNumber: true },
      { head: 'chance, %', isNumber: true },
      { head: 'excluded from' },
    ],
    rows: families.map(({ family, facts, benchmark, twin, excludedFrom }) => [
      [name(family)],
      formatInteger(facts),
      movementWords(benchmark, percentDigits),
      movementWords(twin, percentDigits),
      [...new Set([percentDigits(benchmark.chance), percentDigits(twin.chance)])].join(' / '),
      { kind: 'lines', lines: excludedFrom.map(exclusionText) },
    ]),
    most: { comment: 40 },
  };
}

/** Linked in a comment only. */
function examHead(key: 'benchmarkForm' | 'twin', text: string) {
  return { comment: phrase`${term(key, text)}, %`, terminal: `${text}, %`, page: `${text}, %` };
}
