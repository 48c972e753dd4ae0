import type { Checkpoint } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import type { Plan } from '@shadow-gate/spectra';
import type { Shard } from './shard.ts';

/** Names of the tensors that one of several machines measures or searches, in a checkpoint and in its reference. */
export interface OwnTensors {
  readonly checkpoint: ReadonlySet<string>;
  readonly reference: ReadonlySet<string>;
}

/** Tensors that go to one machine, since some spectrum depends on all of them. */
interface Bundle {
  readonly name: string;
  cost: number;
  readonly checkpoint: string[];
  readonly reference: string[];
}

/**
 * Cost of reading and hashing a byte, in the unit of `Job.cost`: 0.2 GB/s, where fast spectra of bfloat16 weights take
 * 1800 a byte at 0.022 GB/s (docs/lab-notes/performance.md).
 */
const READING = 200;

/** The order of most models' files: layer 2 before layer 10. Places in files differ in folders with links. */
const { compare: inOrder } = new Intl.Collator('en', { numeric: true });

/**
 * The tensors of one shard. Each tensor belongs to one machine, with all its spectra. Those of a machine are neighbors
 * by name, so that it reads few and long parts of files. The most expensive share costs as little as such shares can.
 * Every machine gets the same result.
 */
export function ownTensors(
  { jobs }: Pick<Plan, 'jobs'>,
  { checkpoint, reference }: { readonly checkpoint: Checkpoint; readonly reference: FullCheckpoint | null },
  { index, count }: Shard,
): OwnTensors {
  const bundles: Bundle[] = [];
  const known = { checkpoint: new Map<string, Bundle>(), reference: new Map<string, Bundle>() };
  // A job may read a block of a tensor, with the tensor's name.
  const add = (side: keyof OwnTensors, { name, byteLength }: TensorEntry, bundle: Bundle) => {
    if (known[side].has(name)) return;
    known[side].set(name, bundle);
    bundle[side].push(name);
    const whole = { checkpoint, reference }[side]?.tensors.get(name);
    bundle.cost += READING * (whole?.byteLength ?? byteLength);
  };
  const start = (name: string): Bundle => {
    const bundle: Bundle = { name, cost: 0, checkpoint: [], reference: [] };
    bundles.push(bundle);
    return bundle;
  };
  for (const { tensors, name, cost } of jobs) {
    const [first] = tensors.checkpoint;
    const bundle = (first && known.checkpoint.get(first.name)) ?? start(first?.name ?? name);
    bundle.cost += cost;
    for (const entry of tensors.checkpoint) add('checkpoint', entry, bundle);
    for (const entry of tensors.reference) add('reference', entry, bundle);
  }
  // Tensors without a spectrum are searched for NaN, or at least hashed: the digest covers all tensors.
  for (const [side, opened] of [['checkpoint', checkpoint] as const, ['reference', reference] as const]) {
    for (const entry of opened?.tensors.values() ?? []) {
      if (!known[side].has(entry.name)) add(side, entry, known.checkpoint.get(entry.name) ?? start(entry.name));
    }
  }
  const sorted = bundles.sort((a, b) => inOrder(a.name, b.name));
  const costs = sorted.map(({ cost }) => cost);
  const shares = cutEvenly(costs, count);
  const own = sorted.filter((_, i) => at(shares, i) === index - 1);
  return {
    checkpoint: new Set(own.flatMap((bundle) => bundle.checkpoint)),
    reference: new Set(own.flatMap((bundle) => bundle.reference)),
  };
}

/** Halvings of an interval of costs, until its ends are as good as equal. */
const HALVINGS = 60;

/** Cut costs ≥ 0 into `count` runs, the most expensive one as cheap as possible. @returns the run of each, from 0 */
export function cutEvenly(costs: readonly number[], count: number): number[] {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  let [low, high] = [Math.max(total / count, ...costs), Math.max(total, ...costs)];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if ((runsUpTo(costs, middle).at(-1) ?? 0) < count) high = middle;
    else low = middle;
  }
  return runsUpTo(costs, high);
}

/** Runs up to a limit of cost, each as long as possible. */
function runsUpTo(costs: readonly number[], limit: number): number[] {
  let [run, sum] = [0, 0];
  return costs.map((cost) => {
    if (sum > 0 && sum + cost > limit) [run, sum] = [run + 1, 0];
    sum += cost;
    return run;
  });
}
