import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { BUILTIN } from '../../probes/suite.ts';
import { tQuantile } from '../../statistics/distributions.ts';
import { gainsOf, type KindView, viewKinds } from '../probes/kinds.ts';
import { changeOf, type PairedAnswers, type PairedFact, type PairedItem } from '../probes/paired-item.ts';

/** What takes part in a sum: a benchmark form, and the twins that its gain is compared with. */
export type Gained = Pick<PairedFact, 'benchmark' | 'twins'>;

/** One rule about gains as a sum over facts that are known before the candidate is asked. */
export interface GainRule {
  readonly kind: 'shadow-delta' | 'gain-not-shown';
  /** Null for a gain that no twin judges. */
  readonly view: KindView | null;
  readonly suite: string;
  readonly facts: readonly Gained[];
  /** Δbenchmark − Δtwin, or Δbenchmark where it has no twin here. */
  readonly excess: (fact: Gained) => number;
  readonly most: number;
  /** The least sum that can be reported, if the squares of all excesses have at least this sum. */
  readonly least: (squares: number) => number;
  /** The same for a warning, which needs a low transfer as well; missing where `least` is that of one. */
  readonly leastWarning?: (squares: number) => number;
  /** The least sum of Δbenchmark without which nothing is reported either; null where `least` says it. */
  readonly leastGain: number | null;
}

/** The rules about gains, with the twins that decide as far as the baseline's answers say. */
export function gainRules(answers: PairedAnswers, policy: ProbePolicy): GainRule[] {
  const kinds = viewKinds(answers, policy).filter(({ decides, delta }) => decides && delta !== null);
  const strong = kinds.filter(({ row }) => row.kind !== 'format');
  return [
    ...kinds.map((view) => deltaRule(view, policy)),
    ...gainsOf(answers, kinds, policy)
      .filter(({ suite }) => suite !== BUILTIN)
      .map(({ suite }) => gainRule(suite, withoutTwinsOf(strong, answers.facts), policy)),
  ].filter(({ facts }) => facts.length > 0);
}

/** Δbenchmark. */
export const changeOfBenchmark = ({ benchmark }: Gained): number => changeOf(benchmark);

function deltaRule(view: KindView, policy: ProbePolicy): GainRule {
  const { margin, 'minimum-gain': minimum } = policy['shadow-delta'];
  const facts = (view.delta?.observations ?? []).flatMap(({ benchmark, twins }) =>
    benchmark === null ? [] : [{ benchmark, twins }],
  );
  const rule = { kind: 'shadow-delta', view, suite: view.row.suite, facts } as const;
  const n = facts.length;
  if (view.row.kind === 'group') {
    // Two samples without links: what is known of each fact is that it has to gain.
    return { ...rule, excess: changeOfBenchmark, most: 1, least: () => Math.max(1, minimum * n), leastGain: null };
  }
  // An excess is a multiple of 1/m, so that its square is at least an m-th of it.
  const step = 1 / Math.max(1, ...facts.map(({ twins }) => twins.length));
  // Templates are the units there: their means say nothing of squares of facts.
  const hasTemplates = view.row.kind === 'fresh';
  const leastAbove = (limit: number, seen: number) =>
    leastTotal(2 * n, (total) => {
      const squares = hasTemplates ? 0 : Math.max(seen, step * total);
      return total / n > margin && lowerEnd({ total, squares, n, level: policy.confidence }) > limit;
    }).below;
  const least = (seen: number) => leastAbove(margin, seen);
  // Beside a low transfer, an interval above 0 and a value above the margin are enough.
  const leastWarning = (seen: number) => leastAbove(0, seen);
  // The transfer is not defined below it.
  const leastGain = Math.max(1, Math.ceil(minimum * n - 1e-9));
  return { ...rule, excess: excessOf, most: 2, least, leastWarning, leastGain };
}

/** Δbenchmark − mean Δtwin. */
function excessOf({ benchmark, twins }: Gained): number {
  return changeOf(benchmark) - twins.reduce((sum, twin) => sum + changeOf(twin), 0) / Math.max(1, twins.length);
}

/** A gain on facts that strong twins judge is judged: what is left is a gain on the others. */
function withoutTwinsOf(strong: readonly KindView[], facts: readonly PairedFact[]): PairedFact[] {
  const observed = strong.flatMap(({ delta }) => delta?.observations ?? []);
  const judged = new Set(observed.flatMap(({ benchmark }) => benchmark?.id ?? []));
  return facts.filter(({ benchmark }) => !judged.has(benchmark.id));
}

/** A gain of more than the policy's minimum in a suite whose twins, if any, cannot tell a skill from a memory. */
function gainRule(suite: string, all: readonly PairedFact[], policy: ProbePolicy): GainRule {
  const facts = all.filter(({ benchmark }) => benchmark.suite === suite);
  const least = Math.floor(policy['shadow-delta']['minimum-gain'] * facts.length) + 1;
  const numbers = { excess: changeOfBenchmark, most: 1, least: () => least, leastGain: null };
  return { kind: 'gain-not-shown', view: null, suite, facts, ...numbers };
}

export interface MeanOfAll {
  /** Sum and sum of squares over all facts. */
  readonly total: number;
  readonly squares: number;
  readonly n: number;
  readonly level: number;
}

/** The lower end of the interval of the shadow delta with facts as units, from sums over all facts. */
export function lowerEnd({ total, squares, n, level }: MeanOfAll): number {
  if (n < 2) return -Infinity;
  const standardError = Math.max(1 / n, Math.sqrt(Math.max(0, squares - total ** 2 / n) / (n * (n - 1))));
  return total / n - tQuantile((1 + level) / 2, n - 1) * standardError;
}

/** Where this becomes true: not yet at `below`, and at `above`, 1/12 more, unless it never is. */
export function leastTotal(
  most: number,
  isEnough: (total: number) => boolean,
): { readonly below: number; readonly above: number } {
  let [below, above] = [0, 12 * most];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (isEnough(middle / 12)) above = middle;
    else below = middle;
  }
  return { below: below / 12, above: above / 12 };
}

/** The items of a sum, for their ids. */
export function itemsOf({ benchmark, twins }: Gained): PairedItem[] {
  return [benchmark, ...twins];
}
