import { groupName } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { formatInteger, formatPercent } from './numbers.ts';

type Quantization = NonNullable<Report['quantization']>;

/** What the error is, and of what. */
export const QUANTIZATION_TITLE = 'Quantization: ‖W_q − W‖ ÷ ‖W‖ against the baseline';

export const QUANTIZATION_COLUMNS = ['module type', 'matrices', 'relative error', 'most in', 'its error'] as const;

/** One row of the table; the first and the fourth cell are foreign names. */
export function quantizationCells(row: Quantization['modules'][number]): [string, string, string, string, string] {
  const { matrices, error, largest } = row;
  return [groupName(row), formatInteger(matrices), formatPercent(error), largest.name, formatPercent(largest.error)];
}

/**
 * `weights in nf4 and BF16, baseline in BF16`, or `weights of both in BF16`; empty where it is not known.
 * @param show escapes a name
 */
export function precisionOfWeights({ candidate, baseline }: Report, show: (name: string) => string): string {
  const [ours, theirs] = [candidate, baseline].map((side) =>
    storedIn(side?.dtypes ?? {})
      .map(show)
      .join(' and '),
  );
  if (!ours) return '';
  if (ours === theirs) return `weights of both in ${ours}`;
  return `weights in ${ours}${theirs ? `, baseline in ${theirs}` : ''}`;
}

/** In what the weights of one side are stored, the most frequent first; empty where it is not known. */
export function storedIn(dtypes: Readonly<Record<string, number>>): string[] {
  return Object.entries(dtypes)
    .sort(([, a], [, b]) => b - a)
    .map(([dtype]) => dtype);
}
