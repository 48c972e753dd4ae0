import type { MeasuredProbes } from '../../measure/schema/probes.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { pairWithItself } from '../probes/pair.ts';
import { nameInPair } from '../probes/paired-facts.ts';
import { type GainRule, gainRules } from './gain-rule.ts';
import { type HarmRule, harmRules } from './harm-rule.ts';
import { askingOrder } from './order.ts';

/** What follows from the baseline, the policy and the seed of the order, and is the same at every look. */
export interface SettlingPlan {
  /** Blocks of the asking order. */
  readonly blocks: number;
  /** The block of each fact, by its name in a pairing. */
  readonly blockOf: ReadonlyMap<string, number>;
  readonly harms: readonly HarmRule[];
  readonly gains: readonly GainRule[];
  /** Facts that can be judged. */
  readonly facts: number;
  /** A candidate with the same answers as its baseline would pass, if it was asked everything. */
  readonly canPass: boolean;
}

export function settlingPlan(
  baseline: MeasuredProbes,
  policy: ProbePolicy,
  { canPass, orderSeed }: Pick<SettlingPlan, 'canPass'> & { readonly orderSeed: number },
): SettlingPlan {
  const known = pairWithItself(baseline);
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
    harms: harmRules(baseline, known, policy),
    gains: gainRules(known, policy),
    facts: known.facts.length,
    canPass,
  };
}
