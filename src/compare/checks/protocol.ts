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

/** Does the candidate still write what its template writes, wherever the baseline does? */
export function protocolCheck({ candidate, baseline, policy }: Judged): Finding[] {
  const [own, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  const { level } = policy.protocol;
  const rows = compareProtocol(own, theirs).filter(({ isLeftOut }) => !isLeftOut);
  const stopped = rows.length > 0 && theirs?.protocol?.stops === true && own?.protocol?.stops === false;
  const end: Finding[] = stopped ? [{ kind: 'protocol-end-token', level }] : [];
  return [...end, ...rows.flatMap((row) => judge(row, policy.protocol))];
}

function judge(
  { place, baseline, candidate, p, nats, missing }: ProtocolRow,
  { level, limit, 'must-pass': mustPass = [] }: Judged['policy']['protocol'],
): Finding[] {
  if (missing !== null) return [{ kind: 'protocol-template', level, place, baseline, why: missing }];
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
