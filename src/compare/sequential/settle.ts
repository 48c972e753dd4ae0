import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { KindView } from '../estimates/kinds.ts';
import { type Finding, findingTraits } from '../finding.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import type { Settled } from '../rows/probes.ts';
import { mayBeBought } from '../tests/graded-losses.ts';
import { Asked } from './asked.ts';
import { excludesGain, excludesHarm, excludesSum, excludesUnclear } from './exclude.ts';
import type { GainRule } from './gain-rule.ts';
import { excludesGradedLoss, showsFall } from './graded-evidence.ts';
import { isGraded } from './graded-rule.ts';
import { type HarmRule, isAbout } from './harm-rule.ts';
import type { SettlingPlan } from './plan.ts';
import { evidenceOfGain, excludesTransfer, showsHarm, showsTransfer } from './show.ts';

interface SoFar {
  readonly items: readonly PairedItem[];
  /** Some items that the candidate should have answered are missing. */
  readonly hasLost: boolean;
  readonly blocks: number;
  readonly policy: ProbePolicy;
  /** Findings by the answers so far. Slow: called at most once, and only if it matters. */
  readonly judge: () => { readonly findings: readonly Finding[]; readonly kinds: readonly KindView[] };
  /** If the rest is answered as by the baseline; `facts`: the number of judged facts then. */
  readonly complete: () => { readonly findings: readonly Finding[]; readonly facts: number };
}

/**
 * Could the remaining answers change the verdict of the probes? Settled is a failure that the full run would find too,
 * or a pass that it would not turn into a failure: each but for a probability of the policy's `alpha`, at any stopping
 * time. Warnings and what cannot be judged are never settled.
 */
export function settle(plan: SettlingPlan, { items, hasLost, blocks, policy, judge, complete }: SoFar): Settled | null {
  const asked = new Asked(items, plan, blocks);
  const isSoft = () =>
    !mayBeBought(
      items.map((item) => [item]),
      policy,
    );
  const canPass = plan.canPass && excludesAll(plan, asked, { policy, isSoft });
  const { harms, gains, graded } = plan;
  // Any rule may be the one that fails: those about everything, parts, gains and likelihoods share the error.
  const share = policy['twin-accuracy'].alpha / 4;
  const parts = harms.filter(({ isPart }) => isPart).length;
  const shareOf = ({ isPart }: HarmRule) => share / (isPart ? parts : harms.length - parts);
  const shown = {
    harms: harms.filter((rule) => showsHarm(rule, asked, shareOf(rule))),
    gains: gains.filter((rule) =>
      evidenceOfGain(rule, asked, { alpha: share / gains.length, policy, rules: gains.length }),
    ),
    graded: graded.filter((rule) => showsFall(rule, asked, { alpha: share / graded.length, policy })),
  };
  if (!canPass && !hasLost && shown.harms.length + shown.gains.length + shown.graded.length === 0) return null;
  const { findings, kinds } = judge();
  const failed = findings.filter(({ level }) => level === 'fail');
  if (failed.length === 0) {
    const isClean = findings.every((finding) => finding.level === 'info' || findingTraits(finding.kind).isOfFew);
    const isWarned = gains.some(
      (rule) => rule.leastWarning && !excludesTransfer(rule, kinds, policy) && !excludesWarning(rule, asked, policy),
    );
    if (!canPass || !isClean || isWarned) return null;
    // Families, capabilities and labels by the candidate's own answers.
    const whole = complete();
    const others = whole.findings.filter(({ kind }) => !findingTraits(kind).isOfGain);
    return whole.facts === plan.facts && others.every(({ level }) => level === 'info') ? 'pass' : null;
  }
  if (failed.some(({ kind }) => findingTraits(kind).isFinal)) return 'fail';
  const isWhole = ({ kind }: Finding) =>
    complete().findings.some((other) => other.kind === kind && other.level === 'fail');
  const isShown = failed.some(
    (finding) =>
      shown.graded.some((rule) => isAbout(rule, finding)) ||
      shown.harms.some(
        (rule) => isAbout(rule, finding) && (!findingTraits(rule.of.kind).needsMoreThanHarm || isWhole(finding)),
      ) ||
      shown.gains.some((rule) => isAbout(rule, finding) && showsTransfer(rule, kinds, { policy, rules: gains.length })),
  );
  return isShown ? 'fail' : null;
}

function excludesWarning(rule: GainRule, asked: Asked, policy: ProbePolicy): boolean {
  const { leastWarning: least = rule.least } = rule;
  return excludesGain({ ...rule, least }, asked, policy['twin-accuracy'].alpha);
}

/** @param of.isSoft likelihoods may show that a loss is one of near ties */
function excludesAll(
  { harms, gains, graded }: SettlingPlan,
  asked: Asked,
  { policy, isSoft }: { readonly policy: ProbePolicy; readonly isSoft: () => boolean },
): boolean {
  const { alpha } = policy['twin-accuracy'];
  const clear = harms.flatMap((rule) => (rule.margin === undefined ? [] : [{ rule, margin: rule.margin }]));
  const whole = graded.filter(({ margin }) => margin !== null);
  const isClear =
    whole.length > 0 && whole.every(isGraded)
      ? graded.every((rule) => !isGraded(rule) || excludesGradedLoss(rule, asked, { alpha, policy }))
      : clear.length > 0 && clear.every(({ rule, margin }) => excludesUnclear(rule, asked, { alpha, margin }));
  return (
    isClear &&
    harms.every((rule) => excludesHarm(rule, asked, alpha) || (areNearTies(rule, asked, policy) && isSoft())) &&
    gains.every((rule) => excludesGain(rule, asked, alpha))
  );
}

/** Graded outcomes rule out a loss in these answers, and harm at which the rule would fail anyway is excluded. */
function areNearTies({ nearTies, ...rule }: HarmRule, asked: Asked, policy: ProbePolicy): boolean {
  const { alpha } = policy['twin-accuracy'];
  if (nearTies === undefined) return false;
  const { least, ...graded } = nearTies;
  return (
    excludesGradedLoss(graded, asked, { alpha, policy }) &&
    excludesSum({ ...rule, loosest: null, least: Math.max(rule.least, least) }, asked, alpha)
  );
}
