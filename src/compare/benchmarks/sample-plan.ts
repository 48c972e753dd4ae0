import type { BenchmarkTask } from '@shadow-gate/harness/benchmarks';
import { groupBy } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { arithmeticMean, standardErrorOfMean } from '../../statistics/index.ts';

/** Variance of the answers to one benchmark, between items and between samples of one item. */
export interface SampleVariance {
  readonly task: string;
  readonly items: number;
  readonly samples: number;
  /** Variance of the probability of a right answer over items. */
  readonly between: number;
  /** Mean variance of an answer to an item: p(1 − p). */
  readonly within: number;
}

/** Standard errors with more items, or more samples of each, as shares. */
export interface SamplePlan {
  readonly items: number;
  readonly samples: number;
  /** Standard error of the accuracy: √((between + within/n) ÷ items). */
  readonly ofAccuracy: number;
  /** Standard error of the change between two models that are equally good at every item: √(2·within/n ÷ items). */
  readonly ofChange: number;
}

/**
 * Variance components of a one-way random-effects analysis (Searle, Casella & McCulloch 1992, §3.5): within items the
 * unbiased k(n − k)/(n(n − 1)), between them the variance of the shares k/n minus that of sampling. Null unless all
 * items have two samples or more.
 */
function sampleVariance(task: string, items: ReadonlyArray<Record<'share' | 'n', number>>): SampleVariance | null {
  const error = standardErrorOfMean(items.map(({ share }) => share));
  if (error === null || items.some(({ n }) => n < 2)) return null;
  const within = items.map(({ share, n }) => (share * (1 - share) * n) / (n - 1));
  const added = arithmeticMean(items.map(({ n }, i) => (within[i] ?? 0) / n));
  return {
    task,
    items: items.length,
    samples: arithmeticMean(items.map(({ n }) => n)),
    between: Math.max(0, error ** 2 * items.length - added),
    within: arithmeticMean(within),
  };
}

export function taskVariances(tasks: readonly BenchmarkTask[]): SampleVariance[] {
  return tasks.flatMap(({ name, repeats, metrics, documents }) => {
    const column = metrics.findIndex(({ ofSamples }) => ofSamples === 'share');
    const ofMetric = metrics[column]?.samples;
    const items = (documents ?? []).flatMap(({ values, samples = repeats }) => {
      const [share, n] = [values[column], ofMetric ?? samples];
      return typeof share === 'number' ? [{ share, n }] : [];
    });
    return sampleVariance(name, items) ?? [];
  });
}

export function suiteVariances({ items }: Pick<MeasuredProbes, 'items'>): SampleVariance[] {
  const sampled = items.flatMap(({ suite, samples }) => (samples ? [{ suite, samples }] : []));
  return [...groupBy(sampled, ({ suite }) => suite)].flatMap(([suite, own]) => {
    const shares = own.map(({ samples: { correct, of } }) => ({ share: correct / of, n: of }));
    return sampleVariance(suite, shares) ?? [];
  });
}

/** As asked; with one sample each; and with two and four times as many samples, or items. */
export function samplePlans({ items, samples, between, within }: SampleVariance): SamplePlan[] {
  const sizes = [
    [items, samples],
    [Math.round(items * samples), 1],
    ...[2, 4].flatMap((factor) => [
      [items, factor * samples],
      [factor * items, samples],
    ]),
  ] as const;
  return sizes.map(([m = 1, n = 1]) => {
    const ofChange = Math.sqrt((2 * within) / n / m);
    return { items: m, samples: n, ofAccuracy: Math.sqrt((between + within / n) / m), ofChange };
  });
}
