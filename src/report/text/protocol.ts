import type { Report } from '../../compare/report.ts';
import type { DecidingRow } from './deciding-row.ts';
import { NO_NUMBER } from './numbers.ts';
import { joinPhrases, name, type Phrase, phrase, term } from './phrase.ts';

type Row = NonNullable<Report['protocol']>[number];

export const PROTOCOL_TERM = term('protocol', 'Protocol');

export const doneOf = ({ done, of }: Row['baseline']): string => `${done} of ${of}`;

/** A place of the protocol in the deciding table. */
export function protocolNumbers({ place, baseline, candidate }: Pick<Row, 'place' | 'baseline' | 'candidate'>) {
  return {
    key: `protocol ${place}`,
    check: phrase`${PROTOCOL_TERM}, ${name(place)}`,
    baseline: doneOf(baseline),
    candidate: doneOf(candidate),
    change: `${candidate.done - baseline.done}`.replace('-', '−'),
    limit: NO_NUMBER,
  } satisfies Omit<DecidingRow, 'mark'>;
}

/** Which places decide nothing, since the baseline seldom does there what its template writes; null if all decide. */
export function leftOutPlaces({ protocol = [] }: Pick<Report, 'protocol'>): Phrase | null {
  const leftOut = protocol.filter(({ isLeftOut }) => isLeftOut);
  if (leftOut.length === 0) return null;
  const places = leftOut.map(({ place, baseline }) => phrase`${name(place)} (${doneOf(baseline)})`);
  return phrase`Places of the protocol that the baseline seldom does itself were not judged: ${joinPhrases(places)}.`;
}
