import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Finding } from '../finding.ts';
import { type ProbePairing, pairWithItself } from '../probes/pair.ts';
import { Asked } from './asked.ts';
import { excludesGain, excludesHarm, excludesUnclear } from './exclude.ts';
import { type GainRule, gainRules } from './gains.ts';
import { type HarmRule, harmRules } from './rules.ts';
import { showsGain, showsHarm } from './show.ts';

type Paired = Extract<ProbePairing, { kind: 'paired' }>;

export interface SoFar {
  /** Of the probes, about what was asked so far. */
  readonly findings: readonly Finding[];
  /** A candidate with the same answers as its baseline would pass, if it was asked everything. */
  readonly canPass: boolean;
  /** Blocks that were asked. */
  readonly blocks: number;
  readonly policy: ProbePolicy;
}

/** What asking more could not change any more. */
export type Settled = 'pass' | 'fail';

/**
 * Findings that say no more than that little was asked. A pass that is settled says how little harm there can be, in what was not
 * asked as well.
 */
export function isOfFew({ kind }: Finding): boolean {
  return OF_FEW.has(kind);
}

const OF_FEW: ReadonlySet<Finding['kind']> = new Set([
  'capability-not-judged',
  'not-informative',
  'twin-accuracy-unclear',
]);

/**
 * Would the answers to what was not asked yet change the verdict of the probes? Settled is a failure that the full run would find
 * as well, or a pass that it would not turn into a failure: each but for a probability of the policy's `alpha`, whenever one
 * stops asking. Warnings and what cannot be judged are never settled.
 */
export function settle(
  { probes, baseline, items, evaluation }: Pick<Paired, 'probes' | 'baseline' | 'items' | 'evaluation'>,
  { findings, canPass, blocks, policy }: SoFar,
): Settled | null {
  const failed = findings.filter(({ level }) => level === 'fail');
  const isClean = findings.every((finding) => finding.level === 'info' || isOfFew(finding));
  if (failed.length === 0 && !(isClean && canPass)) return null;
  // It cannot be answered, whatever else is asked.
  if (failed.some(({ kind }) => kind === 'items-lost')) return 'fail';
  const known = pairWithItself(baseline);
  const asked = new Asked(items, { probes, baseline, blocks });
  const harms = harmRules(baseline, known, policy);
  const gains = gainRules(known, policy);
  const { alpha, margin } = policy['twin-accuracy'];
  if (failed.length === 0) {
    const isExcluded =
      harms.every((rule) => excludesHarm(rule, asked, alpha)) &&
      gains.every((rule) => excludesGain(rule, asked, alpha)) &&
      harms.filter(isOfAllTwins).every((rule) => excludesUnclear(rule, asked, { alpha, margin, units: rule.units }));
    return isExcluded ? 'pass' : null;
  }
  // Each rule may be the one that fails: they share the error.
  const share = alpha / (harms.length + gains.length);
  const isShown = failed.some(
    (finding) =>
      harms.some((rule) => isAbout(rule, finding) && showsHarm(rule, asked, share)) ||
      gains.some(
        (rule) =>
          isOfGain(rule, finding) &&
          showsGain(rule, asked, { alpha: share, policy, rules: gains.length, kinds: evaluation.kinds }),
      ),
  );
  return isShown ? 'fail' : null;
}

function isAbout({ of }: HarmRule, finding: Finding): boolean {
  switch (finding.kind) {
    case 'twin-accuracy':
      return of.kind === finding.kind && of.capability === finding.capability;
    case 'accuracy-loss':
      return (
        of.kind === finding.kind &&
        of.form === finding.form &&
        of.capability === finding.capability &&
        of.suite === finding.suite
      );
    case 'level-lost':
      return of.kind === finding.kind && of.family === finding.family;
    case 'letters-memorized':
      return of.kind === finding.kind && of.suite === finding.suite;
    case 'retention':
      return of.kind === finding.kind;
    default:
      return false;
  }
}

function isOfGain({ kind, view }: GainRule, finding: Finding): boolean {
  if (finding.kind !== 'shadow-delta' || kind !== 'shadow-delta' || view === null) return false;
  const { suite, twins, group } = finding;
  return view.row.suite === suite && view.row.kind === twins && view.row.group === group;
}

function isOfAllTwins({ of }: HarmRule): boolean {
  return of.kind === 'twin-accuracy' && of.capability === null;
}
