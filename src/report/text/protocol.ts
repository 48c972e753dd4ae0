import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from './deciding-row.ts';
import { NO_NUMBER } from './numbers.ts';
import { name, phrase, term } from './phrase.ts';

type Row = NonNullable<Report['protocol']>[number];

export const PROTOCOL = term('protocol', 'Protocol');

export const doneOf = ({ done, of }: Row['baseline']): string => `${done} of ${of}`;

/** A place of the protocol in the deciding table. */
export function protocolNumbers({ place, baseline, candidate }: Pick<Row, 'place' | 'baseline' | 'candidate'>) {
  return {
    key: `protocol ${place}`,
    check: phrase`${PROTOCOL}, ${name(place)}`,
    baseline: doneOf(baseline),
    candidate: doneOf(candidate),
    change: `${candidate.done - baseline.done}`.replace('-', '−'),
    limit: NO_NUMBER,
  } satisfies Omit<DecidingRow, 'mark'>;
}
