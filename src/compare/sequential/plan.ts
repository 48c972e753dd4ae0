import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { askingOrder } from '../pairing/order.ts';
import { nameInPair } from '../pairing/paired-facts.ts';
import type { GainRule } from './gain-rule.ts';
import type { GradedRule } from './graded-rule.ts';
import type { HarmRule, KnownAnswers } from './harm-rule.ts';

/** A check's findings as sums that early stopping can look at. Nothing else states these rules. */
export interface StoppingRules {
  readonly harm?: (known: KnownAnswers, policy: ProbePolicy) => HarmRule[];
  readonly gain?: (known: KnownAnswers, policy: ProbePolicy) => GainRule[];
  readonly graded?: (known: KnownAnswers, policy: ProbePolicy) => GradedRule[];
}

/** Follows from the baseline, the policy and the seed of the order; the same at every look. */
export interface SettlingPlan {
  readonly blocks: number;
  /** The block of each fact, by its name in a pairing. */
  readonly blockOf: ReadonlyMap<string, number>;
  readonly harms: readonly HarmRule[];
  readonly gains: readonly GainRule[];
  readonly graded: readonly GradedRule[];
  readonly facts: number;
  /** A candidate with the baseline's answers would pass if it was asked everything. */
  readonly canPass: boolean;
}

interface Planned extends Pick<SettlingPlan, 'canPass'> {
  readonly known: KnownAnswers;
  readonly orderSeed: number;
  readonly rules: readonly StoppingRules[];
}

export function settlingPlan(
  baseline: MeasuredProbes,
  policy: ProbePolicy,
  { known, canPass, orderSeed, rules }: Planned,
): SettlingPlan {
  const order = askingOrder(baseline, orderSeed);
  const several = baseline.suites.length > 1;
  const blockOf = order.flatMap((keys, block) =>
    keys.map((key): [string, number] => {
      const [suite = '', fact = ''] = JSON.parse(key) as string[];
      return [nameInPair(fact, suite, several), block];
    }),
  );
  return {
    blocks: order.length,
    blockOf: new Map(blockOf),
    harms: rules.flatMap(({ harm }) => harm?.(known, policy) ?? []),
    gains: rules.flatMap(({ gain }) => gain?.(known, policy) ?? []),
    graded: rules.flatMap(({ graded }) => graded?.(known, policy) ?? []),
    facts: known.facts.length,
    canPass,
  };
}
