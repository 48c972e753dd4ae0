import { groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes, Place } from '@shadow-gate/probes/answer';
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
  const { level, 'must-pass': mustPass = [] } = policy.protocol;
  const all = compareProtocol(own, theirs);
  const lostAt = ({ baseline, candidate }: ProtocolRow) => baseline.done - candidate.done;
  const judged = all.filter(({ isLeftOut, place }) => !isLeftOut || mustPass.includes(place));
  const rows = judged.filter((row) => !isElsewhere(row, own)).toSorted((a, b) => lostAt(b) - lostAt(a));
  const stopped = rows.length > 0 && theirs?.protocol?.stops === true && own?.protocol?.stops === false;
  const end: Finding[] = stopped ? [{ kind: 'protocol-end-token', level }] : [];
  const unread = notAsked({ own, theirs, all }, policy.protocol);
  return [...unread, ...templates(rows, level), ...end, ...rows.flatMap((row) => judge(row, policy.protocol))];
}

const wasAsked = (probes: MeasuredProbes): boolean =>
  probes.protocol?.places.some(({ texts }) => texts.length > 0) === true;

/** A model that got a chat template ends turns, no documents. */
function isElsewhere({ place, missing }: ProtocolRow, own: MeasuredProbes | null): boolean {
  return place === 'end of a document' && missing !== null && own !== null && wasAsked(own);
}

interface Asked {
  readonly own: MeasuredProbes | null;
  readonly theirs: MeasuredProbes | null;
  readonly all: readonly ProtocolRow[];
}

/** Places that one of the two was not asked for decide nothing, unless a policy rests on them. */
function notAsked({ own, theirs, all }: Asked, { level: stated, 'must-pass': mustPass = [] }: Settings): Finding[] {
  if (own === null || theirs === null) return [];
  const levelFor = (isNeeded: boolean) => (isNeeded && stated !== 'info' ? 'inconclusive' : 'info');
  if (all.length > 0) {
    const unasked = mustPass.filter((place) => !all.some((row) => row.place === place));
    const moved = all.filter((row) => isElsewhere(row, own));
    return [
      ...unasked.map((place): Finding => {
        const why = whyNot(theirs, place) ?? 'its template writes nothing there';
        return { kind: 'protocol-not-asked', level: levelFor(true), place, side: 'baseline', why, isRefused: true };
      }),
      ...moved.map(({ place }): Finding => {
        const why = 'it has a chat template, and the baseline has none';
        const level = levelFor(mustPass.includes(place));
        return { kind: 'protocol-not-asked', level, place, side: 'candidate', why, isRefused: true };
      }),
    ];
  }
  const isNeeded = mustPass.length > 0;
  if (!(isNeeded || wasAsked(own) || wasAsked(theirs))) return [];
  const side = wasAsked(own) ? 'baseline' : 'candidate';
  const areOthers = wasAsked(own) && wasAsked(theirs);
  const unread = side === 'baseline' ? theirs : own;
  const refusal = whyNot(unread);
  const why = areOthers ? 'it was asked with another seed' : (unread.protocol?.leftOut ?? refusal);
  const isRefused = !areOthers && unread.protocol?.leftOut === undefined && refusal !== null;
  return [{ kind: 'protocol-not-asked', level: levelFor(isNeeded), place: null, side, why, isRefused }];
}

/** Why a model has no texts of a place, or of the first one without. */
function whyNot({ protocol }: MeasuredProbes, place?: Place): string | null {
  const own = protocol?.places.filter((one) => place === undefined || one.place === place) ?? [];
  return own.find(({ missing }) => missing !== undefined)?.missing ?? null;
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
  { place, baseline, candidate, lost: texts, p, nats, missing, isLeftOut }: ProtocolRow,
  { level, limit, 'must-pass': mustPass = [] }: Settings,
): Finding[] {
  if (missing !== null) return [];
  const isMustPass = mustPass.includes(place);
  const lost = baseline.done - candidate.done;
  if ((isMustPass && texts > 0) || (!isLeftOut && lost > limit * baseline.of && p <= ALPHA)) {
    return [{ kind: 'protocol-lost', level, place, baseline, candidate, p, limit, isMustPass }];
  }
  const isUnsure = nats.mean > NATS_LIMIT && nats.lower !== null && nats.lower > 0;
  const milder = level === 'info' ? 'info' : 'warn';
  return isUnsure
    ? [{ kind: 'protocol-likelihood', level: milder, place, baseline, candidate, nats, limit: NATS_LIMIT }]
    : [];
}
