import { groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ComparisonContext } from '../check.ts';
import { compareProtocol } from '../estimates/protocol.ts';
import type { Finding } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import type { ProtocolRow } from '../rows/protocol.ts';

/** p of a loss: several kinds of places are asked. */
const ALPHA = 0.01;

/** Nats that what is still done may lose: e to this power is how much less likely it became. */
const NATS_LIMIT = 0.5;

type Judged = Pick<ComparisonContext, 'candidate' | 'baseline' | 'policy'>;
type Settings = Judged['policy']['protocol'];

/** Does the candidate still write what its template writes where the baseline does? The largest loss comes first. */
export function protocolCheck({ candidate, baseline, policy }: Judged): Finding[] {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  const { level } = policy.protocol;
  const all = compareProtocol(own, theirs);
  const lostAt = ({ baseline, candidate }: ProtocolRow) => baseline.done - candidate.done;
  const rows = all.filter(({ isLeftOut }) => !isLeftOut).toSorted((a, b) => lostAt(b) - lostAt(a));
  const stopped = rows.length > 0 && theirs?.protocol?.stops === true && own?.protocol?.stops === false;
  const end: Finding[] = stopped ? [{ kind: 'protocol-end-token', level }] : [];
  const unread = all.length === 0 && own !== null ? notAsked(own, theirs, policy.protocol) : [];
  return [...unread, ...templates(rows, level), ...end, ...rows.flatMap((row) => judge(row, policy.protocol))];
}

/** Places that one of the two was not asked for decide nothing, unless a policy rests on them. */
function notAsked(own: MeasuredProbes, theirs: MeasuredProbes | null, settings: Settings): Finding[] {
  const wasAsked = (probes: MeasuredProbes) => probes.protocol?.places.some(({ texts }) => texts.length > 0) === true;
  const isNeeded = settings['must-pass'] !== undefined && theirs !== null;
  if (theirs === null || !(isNeeded || wasAsked(own) || wasAsked(theirs))) return [];
  const side = wasAsked(own) ? 'baseline' : 'candidate';
  const areOthers = wasAsked(own) && wasAsked(theirs);
  const leftOut = (side === 'baseline' ? theirs : own).protocol?.leftOut ?? null;
  const why = areOthers ? 'it was asked with another seed' : leftOut;
  const level = isNeeded && settings.level !== 'info' ? 'inconclusive' : 'info';
  return [{ kind: 'protocol-not-asked', level, side, why }];
}

/** One finding for each reason why the candidate has no such place. */
function templates(rows: readonly ProtocolRow[], level: Settings['level']): Finding[] {
  const lost = rows.flatMap((row) => (row.missing === null ? [] : [{ ...row, missing: row.missing }]));
  return [...groupBy(lost, ({ missing }) => missing)].flatMap(([why, [first, ...others]]): Finding[] =>
    first === undefined
      ? []
      : [
          {
            kind: 'protocol-template',
            level,
            place: first.place,
            baseline: first.baseline,
            others: others.length,
            why,
          },
        ],
  );
}

function judge(
  { place, baseline, candidate, p, nats, missing }: ProtocolRow,
  { level, limit, 'must-pass': mustPass = [] }: Settings,
): Finding[] {
  if (missing !== null) return [];
  const isMustPass = mustPass.includes(place);
  const lost = baseline.done - candidate.done;
  if ((isMustPass && lost > 0) || (lost > limit * baseline.of && p <= ALPHA)) {
    return [{ kind: 'protocol-lost', level, place, baseline, candidate, p, limit, isMustPass }];
  }
  const isUnsure = nats.mean > NATS_LIMIT && nats.lower !== null && nats.lower > 0;
  const milder = level === 'info' ? 'info' : 'warn';
  return isUnsure
    ? [{ kind: 'protocol-likelihood', level: milder, place, baseline, candidate, nats, limit: NATS_LIMIT }]
    : [];
}
