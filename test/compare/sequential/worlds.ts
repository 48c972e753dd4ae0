import { groupBy } from '@shadow-gate/platform';
import { factKey, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { Random } from '@shadow-gate/probes/random';
import { atLevels, builtinSuite } from '@shadow-gate/probes/suite';
import { settleAgainst } from '../../../src/compare/checks/settle-answers.ts';
import { compare } from '../../../src/compare/compare.ts';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import type { Verdict } from '../../../src/compare/report.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { probesOnly } from '../measurement.ts';

/**
 * What the baseline was asked: as the built-in suite, or as a benchmark of a team's own with the twins that are derived
 * for it.
 */
export type Shape = 'built-in' | 'derived';

/** What truly differs in the candidate, in shares of all answers of a form. */
export interface Scenario {
  /** Changed both ways, as by another seed: half of it lost and half of it won. */
  readonly churn: number;
  readonly benchmark?: number;
  readonly twin?: number;
  /** Where; everywhere if missing. */
  readonly capability?: string;
  readonly family?: string;
  /** Share of the benchmark answers that the baseline was certain of and that are lost on top. */
  readonly forgotten?: number;
}

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'same answers': { churn: 0 },
  'equal, 1% changed': { churn: 0.01 },
  'equal, 3% changed': { churn: 0.03 },
  'equal, 6% changed': { churn: 0.06 },
  'equal, 10% changed': { churn: 0.1 },
  'twins −1': { churn: 0.03, twin: -0.01 },
  'twins −2': { churn: 0.03, twin: -0.02 },
  'twins −3': { churn: 0.03, twin: -0.03 },
  'twins −5': { churn: 0.03, twin: -0.05 },
  'both −10': { churn: 0.03, benchmark: -0.1, twin: -0.1 },
  'both −25': { churn: 0.03, benchmark: -0.25, twin: -0.25 },
  'one capability −15': { churn: 0.03, benchmark: -0.15, twin: -0.15, capability: 'reasoning' },
  'one family −25': { churn: 0.03, benchmark: -0.25, twin: -0.25, family: 'records' },
  'benchmark +30': { churn: 0.03, benchmark: 0.3 },
  'both +25': { churn: 0.03, benchmark: 0.25, twin: 0.25 },
  'certain answers −12%': { churn: 0.03, forgotten: 0.12 },
};

/** Right answers of the baseline, by family: in benchmark form and on twins. */
type Accuracies = Readonly<Record<string, readonly [benchmark: number, twin: number]>>;

/** Of SmolLM2-135M-Instruct at its levels (docs/reference/probes.md). */
const BUILT_IN: Accuracies = {
  'word-problems': [0.75, 0.7],
  'transitive-ordering': [0.62, 0.53],
  commands: [0.48, 0.52],
  'string-operations': [0.63, 0.55],
  facts: [0.67, 0.48],
  records: [0.88, 0.83],
};
const LEVELS: Readonly<Record<string, number>> = { commands: 2, facts: 4 };

const DERIVED: Accuracies = { algebra: [0.52, 0.47], records: [0.6, 0.55], history: [0.7, 0.62] };
const FACTS_PER_FAMILY = 90;

const CHANCE = 0.25;
/** Share of the right answers that are as certain as `retention` needs. */
const CERTAIN = 0.35;

export const POLICIES = {
  'built-in': parsePolicy('', 'policy.yml'),
  derived: parsePolicy('probes: [exam.jsonl]', 'policy.yml'),
} as const;

function draws(seed: number, name: string): () => number {
  const random = new Random(seed, name);
  return () => (random.int(0, 2 ** 30) + 0.5) / (2 ** 30 + 1);
}

type Place = Omit<ProbeItemMeasurement, 'right' | 'given' | 'correct' | 'margin' | 'probability' | 'logprobs'>;

/** The items of the built-in suite itself, at one level of each family. */
function builtIn(): Place[] {
  const suite = builtinSuite(1);
  const levels = (suite.levels ?? []).map((own) => ({ ...own, asked: [LEVELS[own.family] ?? 1] }));
  return atLevels(suite, levels).items.map(({ question, ...item }) => {
    const chance = question.kind === 'choice' ? 1 / question.choices.length : 0;
    const { id, fact, capability, family, cluster, form, level, kind } = item;
    const optional = { ...(level === undefined ? {} : { level }), ...(kind === undefined ? {} : { kind }) };
    return { suite: 'builtin', id, fact, capability, family, cluster, form, prompt: id, chance, ...optional };
  });
}

/** Three subjects with two twins of each question that show the answer alone. */
function derived(): Place[] {
  return Object.keys(DERIVED).flatMap((family) =>
    Array.from({ length: FACTS_PER_FAMILY }, (_, f) =>
      ['exam', 'open-1', 'open-2'].map((cluster): Place => {
        const id = `${family}-${f}.${cluster}`;
        const form =
          cluster === 'exam' ? { form: 'benchmark' as const } : { form: 'twin' as const, kind: 'open' as const };
        const capability = family === 'history' ? 'recall' : 'reasoning';
        return {
          suite: 'exam',
          id,
          fact: `${family}-${f}.exam`,
          capability,
          family,
          cluster,
          ...form,
          prompt: id,
          chance: CHANCE,
        };
      }),
    ).flat(),
  );
}

const PLACES = { 'built-in': builtIn(), derived: derived() } as const;

/** The seed decides the baseline's answers. */
export function baselineOf(shape: Shape, seed: number): Measurement {
  const uniform = draws(seed, 'baseline');
  const accuracies = shape === 'built-in' ? BUILT_IN : DERIVED;
  const items = PLACES[shape].map((place): ProbeItemMeasurement => {
    const [benchmark, twin] = accuracies[place.family] ?? [0, 0];
    const correct = uniform() < (place.form === 'benchmark' ? benchmark : twin);
    return { ...place, right: 'right', ...answer(correct, uniform() < CERTAIN) };
  });
  const suite = { digest: `sha256:${shape}`, items: items.length };
  const levels = Object.keys(BUILT_IN).map((family) => ({ family, count: 7, asked: [LEVELS[family] ?? 1] }));
  const probes: MeasuredProbes = {
    status: 'measured',
    suites: [
      shape === 'built-in'
        ? { ...suite, name: 'builtin', version: 2, seed, levels }
        : { ...suite, name: 'exam', version: null, seed },
    ],
    seed,
    chatTemplate: false,
    budgetSeconds: null,
    items,
    notes: [],
    leftOut: [],
  };
  return { ...BASE, checkpoint: { ...BASE.checkpoint, digest: 'sha256:baseline' }, probes };
}

const BASE = probesOnly(null);

function answer(correct: boolean, isCertain: boolean) {
  const probability = correct ? (isCertain ? 0.95 : 0.6) : 0.1;
  return { correct, given: correct ? 'right' : 'wrong', margin: correct ? 1 : -1, probability, logprobs: null };
}

const isCertain = ({ correct, probability }: ProbeItemMeasurement): boolean => correct && (probability ?? 0) >= 0.9;

/** Certain answers change less often than others. */
const weightOf = (item: ProbeItemMeasurement): number => (isCertain(item) ? 0.2 : 1);

/** Answers that differ from the baseline's as the scenario says, at random. */
export function candidateOf(baseline: Measurement, scenario: Scenario, seed: number): Measurement {
  const theirs = measured(baseline);
  const uniform = draws(seed, 'candidate');
  const keyOf = ({ family, form }: ProbeItemMeasurement) => `${family} ${form}`;
  const weights = new Map(
    [...groupBy(theirs.items, keyOf)].map(([key, own]) => {
      const sum = (correct: boolean) =>
        own.filter((item) => item.correct === correct).reduce((s, i) => s + weightOf(i), 0);
      return [key, { lost: own.length / Math.max(1, sum(true)), won: own.length / Math.max(1, sum(false)) }];
    }),
  );
  const items = theirs.items.map((item): ProbeItemMeasurement => {
    const { capability, family, form } = item;
    const isThere = (scenario.capability ?? capability) === capability && (scenario.family ?? family) === family;
    const change = isThere ? (scenario[form === 'twin' ? 'twin' : 'benchmark'] ?? 0) : 0;
    const { lost = 0, won = 0 } = weights.get(keyOf(item)) ?? {};
    // Half of the churn is lost, and what the change takes, as shares of all answers; the same for what is won.
    const share = scenario.churn / 2 + Math.max(0, item.correct ? -change : change);
    const isForgotten = form === 'benchmark' && isCertain(item) && uniform() < (scenario.forgotten ?? 0);
    const changes = isForgotten || uniform() < share * weightOf(item) * (item.correct ? lost : won);
    return changes ? { ...item, ...answer(!item.correct, false) } : item;
  });
  return {
    ...baseline,
    checkpoint: { ...baseline.checkpoint, digest: 'sha256:candidate' },
    probes: { ...theirs, items },
  };
}

export const measured = ({ probes }: Measurement): MeasuredProbes => {
  if (probes?.status !== 'measured') throw new Error('no answers');
  return probes;
};

export interface Outcome {
  readonly full: Verdict;
  readonly sequential: Verdict;
  /** Share of items that were asked. */
  readonly asked: number;
  /** Null: everything was asked. */
  readonly settled: 'pass' | 'fail' | null;
}

/** One candidate, asked everything and asked in blocks, by the code that a check runs. */
export function outcomeOf(shape: Shape, scenario: Scenario, seed: number): Outcome {
  const baseline = baselineOf(shape, seed);
  const candidate = candidateOf(baseline, scenario, seed);
  const pair = { candidate, baseline, policy: POLICIES[shape] };
  return replay(pair, { full: verdictOf(pair), orderSeed: seed });
}

export interface Pair {
  readonly candidate: Measurement;
  readonly baseline: Measurement;
  readonly policy: (typeof POLICIES)[Shape];
}

export function verdictOf(pair: Pair): Verdict {
  return compare({ ...pair, baselinePath: null, policyPath: null, only: 'probes', today: new Date() }).verdict;
}

/** The verdicts of a candidate that was asked everything: then, and if it had been asked in blocks. */
export function replay(
  pair: Pair,
  { full, orderSeed }: { readonly full: Verdict; readonly orderSeed: number },
): Outcome {
  const { candidate, baseline, policy } = pair;
  const probes = { ...measured(candidate), orderSeed };
  const order = askingOrder(measured(baseline), orderSeed);
  const settle = settleAgainst(baseline, policy);
  for (let blocks = 1; blocks < order.length; blocks += 1) {
    const keys = new Set(order.slice(0, blocks).flat());
    const items = probes.items.filter((item) => keys.has(factKey(item)));
    const sequential = { blocks, of: order.length, settled: null };
    const settled = settle({ ...probes, items, sequential });
    if (settled === null) continue;
    const stopped = { ...candidate, probes: { ...probes, items, sequential: { ...sequential, settled } } };
    return {
      full,
      sequential: verdictOf({ ...pair, candidate: stopped }),
      asked: items.length / probes.items.length,
      settled,
    };
  }
  return { full, sequential: full, asked: 1, settled: null };
}
