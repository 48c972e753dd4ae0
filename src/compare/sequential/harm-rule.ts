import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Finding, FindingKind, FindingOf } from '../finding.ts';
import { leastFacts, leastReaching } from '../pairing/limits.ts';
import { itemChange, type PairedAnswers, type PairedFact } from '../pairing/paired-item.ts';
import type { ProbeEvaluation } from '../probes/evaluation.ts';
import type { LossTest } from '../rows/losses.ts';
import { dropBeyondTies, type GradedSum, type Reach, type RuledOut, ruledOut } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';

/** The baseline's answers, paired with themselves. If the candidate's change families or labels, its checks decide. */
export interface KnownAnswers extends PairedAnswers {
  readonly evaluation: ProbeEvaluation;
}

export type FindingIdentity = { [K in FindingKind]: Pick<FindingOf<K>, 'kind'> & Partial<FindingOf<K>> }[FindingKind];

export function isAbout({ of }: { readonly of: FindingIdentity }, finding: Finding): boolean {
  const found: Readonly<Record<string, unknown>> = finding;
  return Object.entries(of).every(([key, value]) => found[key] === value);
}

/** A sum over facts that are known before the candidate is asked. Harm is positive for a loss. */
export interface HarmSum {
  readonly facts: readonly PairedFact[];
  readonly harm: (fact: PairedFact) => number;
  /** Answers of all facts. */
  readonly units: number;
  /** Bound of the harm of one fact, in both directions. */
  readonly most: number;
  /** The least sum of harm that counts, whatever its significance. */
  readonly least: number;
  /** Level of an exact sign-flip test over facts that is always enough; null: `least` decides alone. */
  readonly alpha: number | null;
  /** Level without which nothing is found: with Holm, that of the last step before any other finding. Null as above. */
  readonly loosest: number | null;
}

/** Finds nothing unless all harm together reaches `least`, and is significant at `alpha`. */
export interface HarmRule extends HarmSum {
  readonly of: FindingIdentity;
  /** About one capability, suite or family: such rules share their error. */
  readonly isPart: boolean;
  /** A pass also needs an interval that excludes a loss of this share of all answers. */
  readonly margin?: number;
  /** Without harm by one of these, this rule finds none. */
  readonly needs?: readonly HarmSum[];
  /** If graded outcomes rule out a loss on these answers, less harm than this is a warning. */
  readonly nearTies?: GradedSum & RuledOut & { readonly least: number };
}

/** A first look sees few facts of a part. Any loss beyond this in a third of all shows over everything too. */
const OF_PART = 1.5;

/** @param rule limit: a share of all its answers */
export function nearTiesOf(
  { facts, units }: Pick<HarmSum, 'facts' | 'units'>,
  { itemsOf, ...rule }: Pick<GradedSum, 'itemsOf'> & { readonly limit: number; readonly reach: Reach },
  policy: ProbePolicy,
): NonNullable<HarmRule['nearTies']> {
  const { margin, limit } = ruledOut(rule.reach, policy);
  const least = leastReaching(dropBeyondTies(rule, policy), units);
  return { facts, itemsOf, margin: rule.reach === 'part' ? margin * OF_PART : margin, limit, least };
}

type LossForm = LossTest['form'];

export function lostAnswers(
  form: LossForm,
  facts: readonly PairedFact[],
): Pick<HarmSum, 'facts' | 'harm' | 'units' | 'most'> {
  const itemsOf = ITEMS_OF_FORM[form];
  const counts = facts.map((fact) => itemsOf(fact).length);
  return {
    facts,
    harm: (fact) => itemsOf(fact).reduce((sum, item) => sum - itemChange(item), 0),
    units: counts.reduce((sum, count) => sum + count, 0),
    most: Math.max(1, ...counts),
  };
}

/**
 * Each significant test of Holm's raises the level of the rest. Only those come before the first finding that are
 * significant but too small to be one.
 * @param alpha of all tests together
 */
export function withHolm(parts: readonly Omit<HarmRule, 'loosest'>[], alpha: number): HarmRule[] {
  const isQuiet = parts.map(({ least }) => least > leastFacts(alpha));
  return parts.map((part, i) => {
    const before = isQuiet.filter((quiet, j) => quiet && j !== i).length;
    return { ...part, loosest: alpha / (parts.length - before) };
  });
}
