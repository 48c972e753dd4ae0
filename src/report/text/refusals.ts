import type { RefusalRow } from '../../compare/probes/index.ts';
import { formatInteger, formatPointsEstimate, NO_NUMBER } from './numbers.ts';

export const REFUSALS_TITLE = 'Refusals';

export const REFUSAL_COLUMNS = [
  'requests',
  'refused by baseline',
  'by candidate',
  'answered now',
  'newly refused',
  'change, points',
] as const;

/** The cells for the requests of one suite. */
export function refusalCells({ requests, baseline, candidate, answered, newlyRefused, change }: RefusalRow): string[] {
  const counts = baseline === null ? [NO_NUMBER, NO_NUMBER] : [formatInteger(answered), formatInteger(newlyRefused)];
  return [
    formatInteger(requests),
    baseline === null ? NO_NUMBER : formatInteger(baseline),
    formatInteger(candidate),
    ...counts,
    change === null ? NO_NUMBER : formatPointsEstimate(change),
  ];
}
