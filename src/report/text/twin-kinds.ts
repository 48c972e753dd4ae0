import type { KindRow } from '../../compare/probes/comparison.ts';
import type { Form, TwinKind } from '../../probes/item.ts';
import type { Term } from './glossary.ts';
import { movement } from './movement.ts';
import { formatInteger, formatInterval, formatRatio, NO_NUMBER, percentDigits, pointsDigits } from './numbers.ts';

/** The columns of the table of twin kinds after suite and kind. */
export const KIND_COLUMNS: ReadonlyArray<{
  readonly text: string;
  readonly unit: string;
  readonly term: Term | null;
}> = [
  { text: 'facts', unit: '', term: null },
  { text: 'benchmark form', unit: '%', term: 'benchmarkForm' },
  { text: 'twins', unit: '%', term: 'twin' },
  { text: 'shadow gap', unit: 'points', term: 'shadowGap' },
  { text: 'transfer', unit: 'log-odds', term: 'transfer' },
];

export function kindCells({ facts, benchmark, twin, gap, transfer }: KindRow): string[] {
  return [
    formatInteger(facts),
    movement(benchmark, percentDigits),
    movement(twin, percentDigits),
    movement(gap, pointsDigits),
    transfer === null ? NO_NUMBER : unbroken(formatInterval(transfer, formatRatio)),
  ];
}

/** A line may break before the parenthesis only. */
function unbroken(interval: string): string {
  return interval.replaceAll(' ', '\u00a0').replace('\u00a0(', ' (');
}

const ROLES: Readonly<Record<KindRow['role'], string>> = {
  decides: 'yes',
  'only-format': 'can fail a gain, cannot confirm it',
  'beside-stronger': 'no: stronger twins decide',
  'labels-not-bound': 'no: asks for letters, which do not work here',
  'too-few': 'no: too few facts',
};

/** Whether twins of this kind may decide about a gain, and if not, why. */
export function roleText({ role }: KindRow): string {
  return ROLES[role];
}

/** The rows that decide; all of them where none does. The others explain. */
export function decidingKinds(rows: readonly KindRow[]): readonly KindRow[] {
  const deciding = rows.filter(({ role }) => role === 'decides' || role === 'only-format');
  return deciding.length > 0 ? deciding : rows;
}

/** The forms of items by name; of twins, by what they change. */
export function formName(form: Form, kind: TwinKind | null): string {
  switch (form) {
    case 'benchmark':
      return 'benchmark form';
    case 'benchmark-text':
      return 'benchmark form, answered by text';
    case 'twin':
      return kind === null ? 'twins' : `${kind} twins`;
    case 'robustness':
      return 'distracted';
  }
}
