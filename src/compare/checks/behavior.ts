import { BEHAVIOR_PARTS, type BehaviorPart, type BehaviorValues } from '../../measure/schema/behavior.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ComparisonContext } from '../context.ts';
import type { Finding, FindingOf } from '../finding.ts';

/** Keys that a finding names. */
const NAMED = 4;

/** Padding fills batches and is masked: many recipes of fine-tuning set it, and no answer depends on it. */
const PADDING = new Set(['pad_token', 'pad_token_id']);

/** Tokenizer, special tokens, templates, sampling defaults and code that are not the baseline's. */
export function changedBehavior({ candidate, baseline, policy }: ComparisonContext): Finding[] {
  if (!baseline) return [];
  // What is not known of either is said where the weights are missed.
  if (baseline.served && candidate.served && baseline.behavior === null) return [];
  if (baseline.benchmarks && candidate.benchmarks) return [];
  if (baseline.behavior === null) {
    return [{ kind: 'behavior-not-compared', level: 'info', side: 'baseline', what: 'everything' }];
  }
  if (candidate.behavior === null) {
    const levels = [...BEHAVIOR_PARTS, 'logit-scale' as const].map((part) => levelOf(policy, part));
    return [{ kind: 'behavior-not-compared', level: unknownLevel(levels), side: 'candidate', what: 'everything' }];
  }
  const [ours, theirs] = [candidate.behavior.files, baseline.behavior.files];
  return BEHAVIOR_PARTS.flatMap((part): Finding[] => {
    const [mine, its] = [ours[part], theirs[part]];
    if (mine?.digest === its?.digest) return [];
    if ((mine === null && isUnknown(candidate)) || (its === null && isUnknown(baseline))) return [];
    const changes = changesOf(mine, its);
    const level = isPaddingOnly(mine, its, changes) ? 'info' : levelOf(policy, part);
    return [
      {
        kind: 'changed-behavior',
        level,
        part,
        candidate: mine?.digest ?? null,
        baseline: its?.digest ?? null,
        named: mine === null || its === null ? [] : changes.slice(0, NAMED),
        changes: changes.length,
      },
    ];
  });
}

type PolicyLevel = Policy['behavior']['level'];

export function levelOf({ behavior }: Policy, part: BehaviorPart | 'logit-scale'): PolicyLevel {
  return behavior[part] ?? behavior.level;
}

/** Of what the candidate does not say: never better than the worst that it could have been. */
export function unknownLevel(levels: readonly PolicyLevel[]): Finding['level'] {
  if (levels.includes('fail')) return 'fail';
  return levels.includes('warn') ? 'inconclusive' : 'info';
}

/** What an adapter does not have comes from its base model, which was not given. */
function isUnknown({ checkpoint, reference }: Measurement): boolean {
  return checkpoint.format === 'lora' && reference === null;
}

function changesOf(ours: BehaviorValues | null, theirs: BehaviorValues | null): FindingOf<'changed-behavior'>['named'] {
  const [mine, its] = [new Map(Object.entries(ours?.values ?? {})), new Map(Object.entries(theirs?.values ?? {}))];
  return [...new Set([...its.keys(), ...mine.keys()])]
    .map((key) => ({ key, candidate: mine.get(key) ?? null, baseline: its.get(key) ?? null }))
    .filter((change) => change.candidate !== change.baseline);
}

function isPaddingOnly(
  ours: BehaviorValues | null,
  theirs: BehaviorValues | null,
  changes: FindingOf<'changed-behavior'>['named'],
): boolean {
  // A key that is not shown could have changed as well.
  const areAllShown = [ours, theirs].every((side) => side !== null && Object.keys(side.values).length === side.keys);
  return areAllShown && changes.length > 0 && changes.every(({ key }) => PADDING.has(key));
}
