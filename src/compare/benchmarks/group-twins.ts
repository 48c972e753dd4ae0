import { given } from '@shadow-gate/platform';
import { suiteNameFromFile } from '@shadow-gate/probes/suite';
import type { z } from 'zod';
import { listedFiles, type ProbePolicy } from '../../policy/probe-policy.ts';
import { LEAST_FACTS } from '../estimates/kinds.ts';
import { measureShadowDelta, type ShadowDelta } from '../estimates/shadow-delta.ts';
import type { PairedItem } from '../pairing/paired-item.ts';
import { countUnits, isShared, type Observed } from '../pairing/sample.ts';
import type { benchmarkTwinsSchema, TwinsGap } from '../rows/benchmarks.ts';
import { documentItem } from './graded-documents.ts';
import { type BenchmarkUnit, benchmarkScopes, benchmarkUnit, judgedOutcomes } from './judge.ts';
import { isBeyondGuessing, type Outcomes, outcomeInterval, outcomeMeans } from './outcomes.ts';
import type { BenchmarkPairing, ComparedTask } from './pair.ts';

export interface BenchmarkTwins {
  readonly benchmark: string;
  readonly twins: string;
  readonly delta: ShadowDelta | null;
  /** Null: by the intervals, the gain carries over. */
  readonly gap: TwinsGap | null;
  /** The twins certainly rose by more than the margin, and the benchmark did not. */
  readonly isOfTwinsAlone: boolean;
  readonly row: z.infer<typeof benchmarkTwinsSchema> | null;
}

/** Gains of benchmarks of logs and of their group twins (`{file: NAME, twins-of: NAME}` in the policy). */
export function compareBenchmarkTwins(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkTwins[] {
  const scopes = benchmarkScopes(pairing);
  const named = (file: string) => {
    const scope = scopes.find(({ name }) => name === file || name === suiteNameFromFile(file));
    return scope && benchmarkUnit(scope.name, scope.tasks);
  };
  const pairs = listedFiles(policy.probes).flatMap(({ file, 'twins-of': of }): TwinScopes[] => {
    const [benchmark, twins] = [of === undefined ? undefined : named(of), named(file)];
    return benchmark === undefined || twins === undefined ? [] : [{ benchmark, twins }];
  });
  const level = 1 - (1 - policy.confidence) / Math.max(1, pairs.length);
  return pairs.map((pair) => compareTwins(pair, policy, level));
}

interface TwinScopes {
  readonly benchmark: BenchmarkUnit;
  readonly twins: BenchmarkUnit;
}

function compareTwins({ benchmark, twins }: TwinScopes, policy: ProbePolicy, level: number): BenchmarkTwins {
  const names = { benchmark: benchmark.name, twins: twins.name };
  const nothing = (gap: TwinsGap) => ({ ...names, delta: null, gap, isOfTwinsAlone: false, row: null });
  if (shareDocuments(benchmark.tasks, twins.tasks)) return nothing('overlap');
  const [forms, items] = [itemsOf(benchmark.tasks), itemsOf(twins.tasks)];
  const [own, theirs] = [benchmark.outcomes, twins.outcomes];
  const units = Math.min(countUnits(forms), countUnits(items));
  if (!own || !theirs || units < LEAST_FACTS) return nothing('too-few');
  if (!hasRoom(theirs, twins.chance, policy)) return nothing('no-room');
  const delta = measureShadowDelta({ kind: 'group', benchmarks: forms, items }, policy);
  if (!delta) return nothing('too-few');
  const { margin, 'transfer-fail': least } = policy['shadow-delta'];
  const [excess, transfer] = [delta.interval(level), delta.transfer?.interval(level) ?? null];
  const carriesOver = (excess.upper ?? Infinity) <= margin || (transfer?.lower ?? -Infinity) >= least;
  const gain = outcomeInterval(own, level);
  return {
    ...names,
    delta,
    gap: carriesOver ? null : 'unclear',
    isOfTwinsAlone: (excess.upper ?? Infinity) < -margin && !((gain.lower ?? 0) > 0),
    row: {
      ...names,
      gain: outcomeInterval(own, policy.confidence),
      twinGain: outcomeInterval(theirs, policy.confidence),
      delta: delta.interval(policy.confidence),
      transfer: delta.transfer?.interval(policy.confidence) ?? null,
    },
  };
}

function shareDocuments(ours: readonly ComparedTask[], theirs: readonly ComparedTask[]): boolean {
  const known = new Set(ours.flatMap(({ asked }) => [...asked]));
  return theirs.some(({ asked }) => [...asked].some((document) => known.has(document)));
}

function hasRoom(outcomes: Outcomes, chance: number, policy: ProbePolicy): boolean {
  if (outcomeMeans(outcomes).baseline > policy.informative.ceiling) return false;
  const after = outcomes.map(({ candidate, baseline, unit }) => ({ unit, candidate: baseline, baseline: candidate }));
  return isBeyondGuessing(outcomes, chance, policy) || isBeyondGuessing(after, chance, policy);
}

/** Documents as items of probes: by probabilities of choices if known, else by right answers. */
function itemsOf(tasks: readonly ComparedTask[]): PairedItem[] {
  return tasks.flatMap((task) => task.graded ?? (judgedOutcomes(task) ?? []).map((own, i) => itemOf(task, own, i)));
}

function itemOf({ name, chance }: ComparedTask, own: Observed, place: number): PairedItem {
  const { candidate, baseline, unit } = own;
  const answerOf = (share: number) => {
    return { correct: share > 0.5, given: '', margin: share, probability: share, logprobs: null };
  };
  const gradeOf = (expected: number) => ({ expected, likelihood: null, among: null, choices: null });
  return documentItem(name, place, {
    chance,
    ...given({ unit: isShared(unit) ? unit : undefined }),
    candidate: answerOf(candidate),
    baseline: answerOf(baseline),
    graded: { candidate: gradeOf(candidate), baseline: gradeOf(baseline) },
  });
}
