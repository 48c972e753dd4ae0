import type { LeftOutMeasurement, MeasuredProbes, ProbeItemMeasurement } from '../../measure/schema/probes.ts';
import { factKey } from '../../measure/schema/probes.ts';
import { at } from '../../platform/at.ts';
import { balancedBlocks } from '../../probes/sample.ts';

/** The order in which a candidate is asked what its baseline was asked: the facts of each block, by `factKey`. */
export type AskingOrder = ReadonlyArray<readonly string[]>;

/**
 * The order follows from the baseline alone, with its seed: no candidate chooses what it is asked first, and from the
 * measurements the same order follows later.
 */
export function askingOrder(baseline: Baseline): AskingOrder {
  const known = ORDERS.get(baseline);
  if (known) return known;
  const { items, leftOut, seed } = baseline;
  const placed: Place[] = [...items, ...leftOut.filter(isPlaced)];
  const order = balancedBlocks(placed, seed).map((facts) => facts.map((fact) => factKey(at(fact, 0))));
  ORDERS.set(baseline, order);
  return order;
}

type Baseline = Pick<MeasuredProbes, 'items' | 'leftOut' | 'seed'>;

/** It is looked up after every block, of a baseline that does not change. */
const ORDERS = new WeakMap<Baseline, AskingOrder>();

type Place = Pick<ProbeItemMeasurement, 'suite' | 'fact' | 'capability' | 'family' | 'cluster' | 'level'>;

/** Those of old measurements say less. */
function isPlaced(item: LeftOutMeasurement): item is LeftOutMeasurement & Place {
  return [item.fact, item.capability, item.family, item.cluster].every((value) => value !== undefined);
}
