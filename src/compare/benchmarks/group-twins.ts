import type { z } from 'zod';
import { listedFile, type ProbePolicy } from '../../policy/probe-policy.ts';
import { suiteNameFromFile } from '../../probes/files/suite-name.ts';
import { LEAST_FACTS } from '../probes/kinds.ts';
import type { PairedItem } from '../probes/paired-item.ts';
import { measureShadowDelta, type ShadowDelta } from '../probes/shadow-delta.ts';
import { documentItem } from './graded-documents.ts';
import { judgedOutcomes } from './judge.ts';
import { outcomeInterval, type SharesOfRight } from './outcomes.ts';
import { type BenchmarkPairing, type ComparedTask, joinOutcomes } from './pair.ts';
import type { benchmarkTwinsSchema } from './row.ts';

/** A benchmark, and another one that the policy makes its group twins: other questions of the same kind, or of a related kind. */
export interface BenchmarkTwins {
  readonly benchmark: string;
  readonly twins: string;
  readonly delta: ShadowDelta;
  /** Do its intervals say that the gain carries over? */
  readonly isConfirmed: boolean;
  readonly row: z.infer<typeof benchmarkTwinsSchema>;
}

/**
 * The gain of every benchmark of logs that has group twins by the policy (`{file: NAME, twins-of: NAME}`), beside that of its twins. One of
 * fewer than 40 documents judges nothing.
 */
export function benchmarkTwins(pairing: BenchmarkPairing, policy: ProbePolicy): BenchmarkTwins[] {
  const scopes = [...pairing.groups, ...pairing.tasks.map((task) => ({ name: task.name, tasks: [task] }))];
  const named = (file: string) => scopes.find(({ name }) => name === file || name === suiteNameFromFile(file));
  return policy.probes.map(listedFile).flatMap(({ file, 'twins-of': of }): BenchmarkTwins[] => {
    const [benchmark, twins] = [of === undefined ? undefined : named(of), named(file)];
    if (benchmark === undefined || twins === undefined) return [];
    const [forms, items] = [itemsOf(benchmark.tasks), itemsOf(twins.tasks)];
    const [gain, twinGain] = [benchmark, twins].map(({ tasks }) => gainOf(tasks, policy));
    const delta = measureShadowDelta({ kind: 'group', benchmarks: forms, items }, policy);
    if (!delta || !gain || !twinGain || Math.min(forms.length, items.length) < LEAST_FACTS) return [];
    const { margin, 'transfer-fail': least } = policy['shadow-delta'];
    const excess = delta.interval(policy.confidence);
    const transfer = delta.transfer?.interval(policy.confidence) ?? null;
    const names = { benchmark: benchmark.name, twins: twins.name };
    return [
      {
        ...names,
        delta,
        isConfirmed: (excess.upper ?? Infinity) <= margin || (transfer?.lower ?? -Infinity) >= least,
        row: { ...names, gain, twinGain, delta: excess, transfer },
      },
    ];
  });
}

function gainOf(tasks: readonly ComparedTask[], policy: ProbePolicy) {
  const outcomes = joinOutcomes(tasks.map(judgedOutcomes));
  return outcomes && outcomeInterval(outcomes, policy.confidence);
}

/** Documents as items of probes: by the probabilities of their choices, where these are known, else by right answers. */
function itemsOf(tasks: readonly ComparedTask[]): PairedItem[] {
  return tasks.flatMap((task) => task.graded ?? (judgedOutcomes(task) ?? []).map((own, i) => itemOf(task, own, i)));
}

function itemOf({ name, chance }: ComparedTask, { candidate, baseline }: SharesOfRight, place: number): PairedItem {
  const answerOf = (share: number) => {
    return { correct: share > 0.5, given: '', margin: share, probability: share, logprobs: null };
  };
  const gradeOf = (expected: number) => ({ expected, likelihood: null });
  return documentItem(name, place, {
    chance,
    candidate: answerOf(candidate),
    baseline: answerOf(baseline),
    graded: { candidate: gradeOf(candidate), baseline: gradeOf(baseline) },
  });
}
