import { itemKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import type { Measurement } from '../../measure/schema/index.ts';
import { isRequiredSuite } from '../../policy/suite-tier.ts';
import type { ComparisonContext } from '../check.ts';
import { type Finding, mildestOf } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import { byLevel } from '../pairing/pool.ts';

export function probeComparabilityCheck({ probes, policy }: ComparisonContext): Finding[] {
  const isIncomparable = probes.kind === 'alone' && probes.why.kind === 'incomparable';
  const findings = probes.kind === 'paired' ? probes.findings : isIncomparable ? probes.why.findings : [];
  // A missing required suite fails by itself.
  const isRequired = (finding: Finding) =>
    finding.kind === 'other-suite' && finding.candidate === null && isRequiredSuite(finding.suite, policy);
  return findings.filter((finding) => !isRequired(finding));
}

const NAMED = 3;

/** The candidate's tokenizer or chat template rewrites the questions. Other ids for the same text are no difference. */
export function otherQuestionsCheck({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  const [ours, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (!baseline || !ours || !theirs || ours.chatTemplate !== theirs.chatTemplate) return [];
  if (ours.spelling === undefined || ours.spelling !== theirs.spelling) return notCompared(candidate, baseline, ours);
  const known = new Map(theirs.items.map((item) => [itemKey(item), item]));
  // All texts come after the leading tokens.
  const isLedOtherwise = theirs.leading !== undefined && theirs.leading !== ours.leading;
  const other = ours.items.filter((item) => {
    const same = known.get(itemKey(item));
    return same !== undefined && (isLedOtherwise || same.spelling !== item.spelling);
  });
  return [...byLevel(other, policy)].map(([gravest, own]) => {
    const named = own.slice(0, NAMED).map(({ suite, id }) => ({ suite, item: id }));
    const level = mildestOf(gravest, 'inconclusive');
    return { kind: 'other-questions', level, named, items: own.length, of: ours.items.length };
  });
}

/**
 * One side does not spell its tokens: an older version, or a server that tokenizes itself. The same files make the same
 * tokens, and a candidate whose tokens spell what was asked has not rewritten it, whatever the baseline did.
 */
function notCompared(candidate: Measurement, baseline: Measurement, ours: MeasuredProbes): Finding[] {
  const isKnown = ours.spelling !== undefined;
  if (isKnown && ours.items.every(({ spelling }) => spelling === undefined)) return [];
  const [mine, its] = [candidate.behavior?.files, baseline.behavior?.files];
  // If nothing is known of the files, another finding says so.
  if (!isKnown && (!mine || !its)) return [];
  const isSame = (['tokenizer', 'chat-template'] as const).every(
    (part) => mine?.[part]?.digest === its?.[part]?.digest,
  );
  if (mine && its && isSame) return [];
  const side = isKnown ? 'baseline' : 'candidate';
  return [{ kind: 'behavior-not-compared', level: 'inconclusive', side, what: 'questions' }];
}
