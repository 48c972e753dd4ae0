import { groupBy } from '@shadow-gate/platform';
import { suiteNameFromFile } from '@shadow-gate/probes/suite';
import { requiredSuites, slicedBy, suiteLimit } from '../../policy/suite-tier.ts';
import type { BenchmarkPairing } from '../benchmarks/pair.ts';
import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import type { Finding, FindingOf } from '../finding.ts';
import { measuredProbes } from '../pairing/hide-texts.ts';
import { suiteOf } from '../suites/levels.ts';
import { suiteRows } from '../suites/rows.ts';
import { isSliceLost } from '../tests/slices.ts';

/** Not asked, not logged, not run, or unable to show a loss. What only the baseline lacks is not comparable instead. */
export function missingSuitesCheck(context: ComparisonContext): Finding[] {
  const { policy, only } = context;
  // Only the other half was asked for.
  if (only === 'spectra') return [];
  return requiredSuites(policy).flatMap((file): Finding[] => {
    const cause = causeOf(file, context);
    return cause === null ? [] : [{ kind: 'suite-missing', level: 'fail', suite: suiteNameFromFile(file), cause }];
  });
}

function causeOf(file: string, context: ComparisonContext): FindingOf<'suite-missing'>['cause'] | null {
  const { candidate, probes, benchmarks } = context;
  const isIt = (name: string | null) => name === file || name === suiteNameFromFile(file);
  // Another finding says that nothing ran.
  if (probes.kind === 'not-run' || probes.kind === 'nothing-ran') return null;
  const own = measuredProbes(candidate);
  const logged = [...(candidate.benchmarks?.tasks ?? []), ...(candidate.benchmarks?.groups ?? [])];
  const isJudged = () => suiteRows(context).some((row) => isIt(row.suite) && row.isJudged);
  if (logged.some(({ name }) => isIt(name))) {
    const isOpen = benchmarks === null || benchmarks.different.some(({ task }) => isPartOf(task, isIt, benchmarks));
    return isOpen || isJudged() ? null : 'not-judged';
  }
  if (!own?.suites.some(({ name }) => isIt(name))) return 'not-there';
  const isAnswered = own.items.some(({ suite }) => isIt(suite));
  if (probes.kind === 'paired') {
    // Other findings: only the candidate cannot run them, or the baseline has others.
    const isSaid =
      probes.lost.some(({ suite }) => isIt(suite)) || probes.findings.some((other) => isIt(suiteOf(other)));
    return isSaid || isJudged() ? null : isAnswered ? 'not-judged' : 'no-answers';
  }
  return isAnswered ? null : 'no-answers';
}

/** A group is not compared if one of its tasks is not. */
function isPartOf(
  name: string,
  isIt: (name: string) => boolean,
  { parents }: Pick<BenchmarkPairing, 'parents'>,
  below: readonly string[] = [],
): boolean {
  if (isIt(name)) return true;
  const above = (parents.get(name) ?? []).filter((group) => !below.includes(group));
  return above.some((group) => isPartOf(group, isIt, { parents }, [...below, name]));
}

/** Required suites that do not exclude a loss of their limit, or else of `margin`. */
export const unclearSuitesCheck = {
  findAfter(context: ComparisonContext, { answers, benchmarks }: FoundBySubject): Finding[] {
    const found = [...answers, ...benchmarks];
    // After a failure, doubts about the rest add nothing.
    if (found.some(({ level }) => level === 'fail')) return [];
    const { policy } = context;
    const losses = found.filter(({ kind }) => kind === 'accuracy-loss' || kind === 'benchmark-loss').map(suiteOf);
    return suiteRows(context).flatMap(({ suite, required, isJudged, items, baseline, change }): Finding[] => {
      const limit = suiteLimit(suite, baseline ?? 0, policy) ?? policy['twin-accuracy'].margin;
      if (!required || !isJudged || change === null || losses.includes(suite)) return [];
      const { value, lower } = change;
      if (lower !== null && lower > -limit) return [];
      const possibleDrop = lower === null ? null : -lower;
      return [{ kind: 'suite-unclear', level: 'inconclusive', suite, items, change: value, possibleDrop, limit }];
    });
  },
} satisfies Check;

/** The worst slice of each suite with a loss of at least its limit, by a test adjusted for all slices. */
export function sliceLossCheck({ probes, policy }: ComparisonContext): Finding[] {
  if (probes.kind !== 'paired') return [];
  const { level } = policy['twin-accuracy'];
  const lost = probes.evaluation.slices.filter(isSliceLost);
  return [...groupBy(lost, ({ suite }) => suite).values()].flatMap((own): Finding[] => {
    const [worst] = own;
    if (worst === undefined || worst.p === null) return [];
    const { suite, field, value, facts, items, baseline, candidate, change, lower, upper, p, limit } = worst;
    const numbers = { facts, items, baseline, candidate, change, lower, upper, p, limit };
    return [{ kind: 'slice-loss', level, suite, field, value, ...numbers, slices: own.length }];
  });
}

/** Slicing that judges nothing: the baseline lacks the values (older measurements and logs do), or too few items. */
export function slicesNotJudgedCheck({ probes, benchmarks, policy }: ComparisonContext): Finding[] {
  const rows = probes.kind === 'paired' ? probes.evaluation.slices : [];
  const asked = probes.kind === 'paired' ? [...probes.facts.map(({ benchmark }) => benchmark), ...probes.groups] : [];
  const logged = benchmarks ? [...benchmarks.tasks, ...benchmarks.groups] : [];
  const suites = new Set([...asked.map(({ suite }) => suite), ...logged.map(({ name }) => name)]);
  return [...suites].flatMap((suite) =>
    slicedBy(suite, policy).flatMap((field): Finding[] => {
      const own = rows.filter((row) => row.suite === suite && row.field === field);
      if (own.some(({ isJudged }) => isJudged)) return [];
      return [{ kind: 'slices-not-judged', level: 'inconclusive', suite, field, slices: own.length }];
    }),
  );
}
