import { itemKey, type MeasuredProbes, type Measurement } from '../../measure/schema/index.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding } from '../finding.ts';
import { measuredProbes } from '../probes/hide-texts.ts';

/** Suites, seeds or prompts that differ between candidate and baseline. */
export function probeComparabilityCheck({ probes }: ComparisonContext): Finding[] {
  if (probes.kind === 'paired') return [...probes.findings];
  return probes.kind === 'alone' && probes.why.kind === 'incomparable' ? [...probes.why.findings] : [];
}

/** Items that a finding names. */
const NAMED = 3;

/**
 * Questions of which the candidate's tokens say something else than the baseline's: its tokenizer, or its chat template, rewrites
 * them or writes something before them, so that the answers are to other questions. Other ids for the same text are no difference.
 */
export function otherQuestionsCheck({ candidate, baseline }: ComparisonContext): Finding[] {
  const [ours, theirs] = [measuredProbes(candidate), measuredProbes(baseline)];
  if (!baseline || !ours || !theirs || ours.chatTemplate !== theirs.chatTemplate) return [];
  if (ours.spelling === undefined || ours.spelling !== theirs.spelling) return notCompared(candidate, baseline, ours);
  const known = new Map(theirs.items.map((item) => [itemKey(item), item]));
  // What comes before each text is read before all of them.
  const isLedOtherwise = theirs.leading !== undefined && theirs.leading !== ours.leading;
  const other = ours.items.filter((item) => {
    const same = known.get(itemKey(item));
    return same !== undefined && (isLedOtherwise || same.spelling !== item.spelling);
  });
  if (other.length === 0) return [];
  const named = other.slice(0, NAMED).map(({ suite, id }) => ({ suite, item: id }));
  return [{ kind: 'other-questions', level: 'inconclusive', named, items: other.length, of: ours.items.length }];
}

/**
 * One side does not say what its tokens say: a file of an older version, or answers of a server that tokenizes itself. The same files
 * make the same tokens, and a candidate whose tokens say what was asked has not rewritten it, whatever the baseline did.
 */
function notCompared(candidate: Measurement, baseline: Measurement, ours: MeasuredProbes): Finding[] {
  const isKnown = ours.spelling !== undefined;
  if (isKnown && ours.items.every(({ spelling }) => spelling === undefined)) return [];
  const [mine, its] = [candidate.behavior?.files, baseline.behavior?.files];
  // Where nothing is known of the files, that is a finding of its own.
  if (!isKnown && (!mine || !its)) return [];
  const isSame = (['tokenizer', 'chat-template'] as const).every(
    (part) => mine?.[part]?.digest === its?.[part]?.digest,
  );
  if (mine && its && isSame) return [];
  const side = isKnown ? 'baseline' : 'candidate';
  return [{ kind: 'behavior-not-compared', level: 'inconclusive', side, what: 'questions' }];
}
