import { at } from '@shadow-gate/platform';
import {
  factKey,
  itemKey,
  type LeftOutMeasurement,
  type MeasuredProbes,
  type ProbeItemMeasurement,
} from '@shadow-gate/probes/answer';
import { balancedBlocks } from '@shadow-gate/probes/random';

/** The facts of each block, by `factKey`. */
type AskingOrder = ReadonlyArray<readonly string[]>;

/**
 * The order in which a candidate is asked what its baseline was asked. The seed is drawn when the run begins, so nobody
 * who trains a candidate knows the first questions; both measurements give the same order later.
 */
export function askingOrder(baseline: Baseline, seed: number): AskingOrder {
  const known = ORDERS.get(baseline);
  if (known?.seed === seed) return known.order;
  const { items, leftOut, suites } = baseline;
  // Sorted, so that baselines of the same items have the same order, whatever each of them could not answer.
  const placed: Place[] = [...items, ...leftOut.filter(isPlaced)].sort((a, b) => (itemKey(a) < itemKey(b) ? -1 : 1));
  // Suites that are judged one by one, or by a test of their own, come first, as a whole.
  const whole = new Set(suites.filter(({ role }) => role !== undefined).map(({ name }) => name));
  const first = [...new Set(placed.filter(({ suite }) => whole.has(suite)).map(factKey))];
  const blocks = balancedBlocks(
    placed.filter(({ suite }) => !whole.has(suite)),
    seed,
  );
  const order = blocks.map((facts, i) => [...(i === 0 ? first : []), ...facts.map((fact) => factKey(at(fact, 0)))]);
  ORDERS.set(baseline, { seed, order });
  return order;
}

type Baseline = Pick<MeasuredProbes, 'items' | 'leftOut' | 'suites'>;

/** Looked up after every block. */
const ORDERS = new WeakMap<Baseline, { readonly seed: number; readonly order: AskingOrder }>();

type Place = Pick<ProbeItemMeasurement, 'suite' | 'id' | 'fact' | 'capability' | 'family' | 'cluster' | 'level'>;

/** Old measurements lack some. */
function isPlaced(item: LeftOutMeasurement): item is LeftOutMeasurement & Place {
  return [item.fact, item.capability, item.family, item.cluster].every((value) => value !== undefined);
}
