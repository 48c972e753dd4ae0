import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { Finding, FindingKind, FindingOf } from '../finding.ts';
import { leastFacts, leastReaching } from '../pairing/limits.ts';
import { itemChange, type PairedAnswers, type PairedFact } from '../pairing/paired-item.ts';
import type { ProbeEvaluation } from '../probes/evaluation.ts';
import type { LossTest } from '../rows/losses.ts';
import { dropBeyondTies, type GradedSum, type Reach, type RuledOut, ruledOut } from '../tests/graded-losses.ts';
import { ITEMS_OF_FORM } from '../tests/losses.ts';

/**
 * What a rule knows before the candidate is asked: the answers of the baseline, paired with themselves. Where families,
 * instruments or letters look different with the candidate's answers, its own checks still decide what is reported.
 */
export interface KnownAnswers extends PairedAnswers {
  readonly evaluation: ProbeEvaluation;
}

/** The fields of a finding that say what it is about. */
export type FindingIdentity = { [K in FindingKind]: Pick<FindingOf<K>, 'kind'> & Partial<FindingOf<K>> }[FindingKind];

/** Is it the finding of this rule? */
export function isAbout({ of }: { readonly of: FindingIdentity }, finding: Finding): boolean {
  const found: Readonly<Record<string, unknown>> = finding;
  return Object.entries(of).every(([key, value]) => found[key] === value);
}

/** A sum over facts that are known before the candidate is asked: the harm of a fact is positive where it lost. */
export interface HarmSum {
  readonly facts: readonly PairedFact[];
  readonly harm: (fact: PairedFact) => number;
  /** Answers of all facts. */
  readonly units: number;
  /** Bound of the harm of one fact, in both directions. */
  readonly most: number;
  /** The least sum of harm that counts, whatever its significance. */
  readonly least: number;
  /** Level of an exact sign-flip test with facts as units that is always enough; null where `least` decides alone. */
  readonly alpha: number | null;
  /**
   * Without significance at this level nothing is found: with Holm's adjustment, the level of the last step that can
   * come before any other finding. Null as above.
   */
  readonly loosest: number | null;
}

/**
 * One rule of the full run: it finds nothing unless all harm together reaches `least`, and is significant at `alpha`.
 */
export interface HarmRule extends HarmSum {
  readonly of: FindingIdentity;
  /** The rule is about one capability, suite or family: such rules share their error. */
  readonly isPart: boolean;
  /** A pass also needs an interval that excludes a loss of this share of all answers; missing where it does not. */
  readonly margin?: number;
  /** Without harm by one of these there is none by this rule; missing where nothing else is needed. */
  readonly needs?: readonly HarmSum[];
  /**
   * Where graded outcomes rule out a loss on these answers, less harm than this is a warning; missing where there are
   * none.
   */
  readonly nearTies?: GradedSum & RuledOut & { readonly least: number };
}

/** Few facts of a part were asked at a first look. What a third of all lost beyond this, everything shows as well. */
const OF_PART = 1.5;

/** @param rule its limit is a share of all its answers */
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

/** The answers of one form, or of both, that facts lose. */
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
 * Holm's adjustment makes the level of a test that is left larger with each one that was significant. Only those can
 * come before the first finding that are significant and yet too small to be one.
 * @param alpha of all tests together
 */
export function withHolm(parts: readonly Omit<HarmRule, 'loosest'>[], alpha: number): HarmRule[] {
  const isQuiet = parts.map(({ least }) => least > leastFacts(alpha));
  return parts.map((part, i) => {
    const before = isQuiet.filter((quiet, j) => quiet && j !== i).length;
    return { ...part, loosest: alpha / (parts.length - before) };
  });
}
