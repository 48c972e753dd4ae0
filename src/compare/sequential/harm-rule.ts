import type { MeasuredProbes } from '../../measure/schema/probes.ts';
import { groupBy } from '../../platform/group-by.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import type { JudgedForm } from '../../probes/item.ts';
import { alphaOfLevels } from '../checks/level-lost.ts';
import { isForgetting } from '../checks/retention.ts';
import { type FamilyView, knownFacts, viewFamilies } from '../probes/families.ts';
import { factsWithTwins } from '../probes/groups.ts';
import { ALPHA_OF_LETTERS, factsForLoss, keptLetters, riseOfKey } from '../probes/kept-letters.ts';
import { answersToSpare, compareLevels, levelsIn } from '../probes/levels.ts';
import { alphaOfLosses } from '../probes/losses.ts';
import { changeOf, type PairedAnswers, type PairedFact, twinChangeOf } from '../probes/paired-item.ts';
import { describeRetention, isCertain } from '../probes/retention.ts';
import { alphaOfAll, alphaOfPart } from '../probes/twin-tests.ts';

/** What a finding of a loss says it is about. */
export interface LossOf {
  readonly kind: 'twin-accuracy' | 'accuracy-loss' | 'level-lost' | 'letters-memorized' | 'retention';
  readonly form: JudgedForm | null;
  readonly capability: string | null;
  readonly suite: string | null;
  readonly family: string | null;
}

/**
 * One rule of the full run as a sum over facts that are known before the candidate is asked: the harm of a fact is positive
 * where it lost. The rule finds nothing unless all harm together reaches `least`, and is significant at `alpha`.
 */
export interface HarmRule {
  readonly of: LossOf;
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
   * Without significance at this level nothing is found: with Holm's adjustment, the level of the last step that can come before any
   * other finding. Null as above.
   */
  readonly loosest: number | null;
  /** Without harm by one of these there is none by this rule; missing where nothing else is needed. */
  readonly needs?: readonly HarmRule[];
}

const EVERYTHING = { form: null, capability: null, suite: null, family: null } as const;

/** A drop of this size may be reported, whatever the last bit of a float is. */
const leastOf = (drop: number, units: number): number => Math.max(1, Math.ceil(drop * units - 1e-9));

/**
 * The rules about losses, with what the baseline says of the facts. Where families, instruments or letters look different with
 * the candidate's answers, its own checks still decide what is reported.
 */
export function harmRules(baseline: MeasuredProbes, answers: PairedAnswers, policy: ProbePolicy): HarmRule[] {
  const withTwins = factsWithTwins(answers.facts, answers.groups);
  const views = viewFamilies(withTwins, policy);
  const kept = keptLetters([...answers.facts, ...answers.unjudged], { hasBaseline: true });
  return [
    ...twinRules(views, policy),
    ...lossRules(factsForLoss(answers.facts, kept), withTwins, policy),
    ...retentionRule(factsForLoss(knownFacts(answers.facts, views, policy), kept), policy),
    ...levelRules(baseline, answers, policy),
    ...letterRules(answers),
  ].filter(({ facts }) => facts.length > 0);
}

const lostTwins = ({ twins }: PairedFact): number => twins.reduce((sum, twin) => sum - changeOf(twin), 0);
const lostBenchmark = ({ benchmark }: PairedFact): number => -changeOf(benchmark);
const mostTwins = (facts: readonly PairedFact[]): number => Math.max(1, ...facts.map(({ twins }) => twins.length));
const countTwins = (facts: readonly PairedFact[]): number => facts.reduce((sum, { twins }) => sum + twins.length, 0);

function twinRules(views: readonly FamilyView[], policy: ProbePolicy): HarmRule[] {
  const facts = views.filter(({ showsDrop }) => showsDrop).flatMap((view) => view.facts);
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const rule = (members: readonly PairedFact[], capability: string | null, own: { alpha: number; drop: number }) => ({
    of: { ...EVERYTHING, kind: 'twin-accuracy' as const, capability },
    facts: members,
    harm: lostTwins,
    units: countTwins(members),
    most: mostTwins(members),
    least: leastOf(own.drop, countTwins(members)),
    alpha: own.alpha,
    loosest: own.alpha,
  });
  const parts = [...groupBy(facts, ({ benchmark }) => benchmark.capability)];
  return [
    rule(facts, null, { alpha: alphaOfAll(policy), drop }),
    ...withHolm(
      (parts.length > 1 ? parts : []).map(([capability, members]) =>
        rule(members, capability, { alpha: alphaOfPart(policy, parts.length), drop: partDrop }),
      ),
      alphaOfPart(policy, 1),
    ),
  ];
}

function lossRules(exams: readonly PairedFact[], withTwins: readonly PairedFact[], policy: ProbePolicy): HarmRule[] {
  const { drop, 'capability-drop': partDrop } = policy['twin-accuracy'];
  const forms = [
    { form: 'benchmark', facts: exams, harm: lostBenchmark, count: lengthOf },
    { form: 'twin', facts: withTwins, harm: lostTwins, count: countTwins },
  ] as const;
  const parts = forms.flatMap(({ form, facts, harm, count }) =>
    (['capability', 'suite'] as const).flatMap((key) => {
      const groups = [...groupBy(facts, ({ benchmark }) => benchmark[key])];
      return (groups.length > 1 ? groups : []).map(([name, members]) => ({
        of: { ...EVERYTHING, kind: 'accuracy-loss' as const, form, [key]: name },
        facts: members,
        harm,
        units: count(members),
        most: form === 'twin' ? mostTwins(members) : 1,
        least: leastOf(partDrop, count(members)),
      }));
    }),
  );
  const share = alphaOfLosses(policy);
  return [
    ...forms.map(({ form, facts, harm, count }) => ({
      of: { ...EVERYTHING, kind: 'accuracy-loss' as const, form },
      facts,
      harm,
      units: count(facts),
      most: form === 'twin' ? mostTwins(facts) : 1,
      least: leastOf(drop, count(facts)),
      alpha: share,
      loosest: share,
    })),
    ...withHolm(
      parts.map((part) => ({ ...part, alpha: share / parts.length })),
      share,
    ),
  ];
}

/** So many facts have to have lost something, and so much is a sum that is significant at least. */
export function leastFacts(level: number): number {
  return Math.floor(Math.log2(1 / level)) + 1;
}

/**
 * Holm's adjustment makes the level of a test that is left larger with each one that was significant. Only those can come before
 * the first finding that are significant and yet too small to be one.
 * @param alpha of all tests together
 */
function withHolm(parts: readonly Omit<HarmRule, 'loosest'>[], alpha: number): HarmRule[] {
  const isQuiet = parts.map(({ least }) => least > leastFacts(alpha));
  return parts.map((part, i) => {
    const before = isQuiet.filter((quiet, j) => quiet && j !== i).length;
    return { ...part, loosest: alpha / (parts.length - before) };
  });
}

const lengthOf = ({ length }: readonly PairedFact[]): number => length;

function retentionRule(known: readonly PairedFact[], policy: ProbePolicy): HarmRule[] {
  const facts = known.filter(({ benchmark }) => isCertain(benchmark, policy));
  const least = facts.findIndex((_, lost) => isForgetting(retentionAfter(facts.length, lost, policy), policy));
  if (least < 0) return [];
  return [
    {
      of: { ...EVERYTHING, kind: 'retention' },
      facts,
      harm: lostBenchmark,
      units: facts.length,
      most: 1,
      least,
      alpha: null,
      loosest: null,
    },
  ];
}

/** A loss above a number, however little. */
const ABOVE = 1e-6;

const retentionAfter = (certain: number, lost: number, policy: ProbePolicy) =>
  describeRetention({ certain, kept: certain - lost }, policy);

/** The answers in both forms at the level that the baseline reached. */
function levelRules(baseline: MeasuredProbes, { facts }: PairedAnswers, policy: ProbePolicy): HarmRule[] {
  const tests = compareLevels(facts, levelsIn(baseline, baseline));
  return tests.flatMap(({ family, asked, reached }): HarmRule[] => {
    if (reached.baseline === 0 || reached.baseline === null) return [];
    const level = Math.max(reached.baseline, Math.min(...asked));
    const own = facts.filter(({ benchmark }) => benchmark.family === family && benchmark.level === level);
    const alpha = alphaOfLevels(policy) / tests.length;
    const harm = (fact: PairedFact) => lostBenchmark(fact) + lostTwins(fact);
    const withTwins = own.filter(({ twins }) => twins.length > 0);
    const spare = answersToSpare(withTwins);
    const misses = (form: JudgedForm, lost: (fact: PairedFact) => number) => ({
      of: { ...EVERYTHING, kind: 'level-lost' as const, form, family },
      facts: withTwins,
      harm: lost,
      units: withTwins.length,
      most: 1,
      least: spare[form] + ABOVE,
      alpha: null,
      loosest: null,
    });
    const needs = [misses('benchmark', lostBenchmark), misses('twin', (fact) => -twinChangeOf(fact))];
    return [
      {
        of: { ...EVERYTHING, kind: 'level-lost', family },
        facts: own,
        harm,
        units: own.length + countTwins(own),
        most: 1 + mostTwins(own),
        least: 1,
        alpha,
        // Any other family may be significant and still be reached.
        loosest: alphaOfLevels(policy),
        needs,
      },
    ];
  });
}

/** How many more answers are the label of the key, in the exam and in its permuted twins. */
function letterRules({ facts, unjudged }: PairedAnswers): HarmRule[] {
  const asking = [...facts, ...unjudged].filter(({ permuted }) => permuted.length > 0);
  const suites = [...groupBy(asking, ({ exam }) => exam.suite)];
  return suites.map(([suite, own]) => ({
    of: { ...EVERYTHING, kind: 'letters-memorized', suite },
    facts: own,
    harm: riseOfKey,
    units: own.length,
    most: 1 + Math.max(...own.map(({ permuted }) => permuted.length)),
    least: 1,
    alpha: ALPHA_OF_LETTERS / suites.length,
    loosest: ALPHA_OF_LETTERS,
  }));
}
