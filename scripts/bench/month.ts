// A simulated month of a team: 40 pull requests, of which 34 are healthy, 3 damaged and 3 memorize, and 30 nights on
// which nothing changed. What does the gate write, what is red, and how much of that is wrong: with every comment and
// the first answer (before), and with `comment: changes` and `confirm: true` (after). Models are random: likelihoods
// with noise, as in bench:unchanged. Usage: npm run bench:month [-- --months 50 --figure docs/lab-notes/month.svg]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '@shadow-gate/platform';
import { Random } from '@shadow-gate/probes/random';
import type { Verdict } from '../../src/compare/report.ts';
import type { Measurement } from '../../src/measure/schema/index.ts';
import {
  answered,
  type GradedScenario,
  gradedBaseline,
  gradedCandidate,
  withItems,
} from '../../test/compare/sequential/graded-worlds.ts';
import { measured, POLICIES, verdictOf } from '../../test/compare/sequential/worlds.ts';
import { barChart } from '../docs/bar-chart.ts';

const { values } = parseArgs({ options: { months: { type: 'string', default: '10' }, figure: { type: 'string' } } });
const months = Number(values.months);

/**
 * Standard deviations of the change of a log-likelihood, in nats, of 34 healthy changes: from another seed to another
 * recipe.
 */
const HEALTHY: readonly GradedScenario[] = Array.from({ length: 34 }, (_, i) => ({
  noise: at([0.05, 0.15, 0.3, 0.45], i % 4),
}));
const DAMAGED: readonly GradedScenario[] = [
  { noise: 0.15, right: -0.4 },
  { noise: 0.15, right: -1 },
  { noise: 0.15, right: -0.6, capability: 'recall' },
];
/** The exam alone gains, in nats of its right answers. */
const MEMORIZED = 3;
const NIGHTS = 30;
const QUIET: GradedScenario = { noise: 0.15 };

type Change = (seed: number) => Verdict;

const changes: ReadonlyArray<{ readonly isHealthy: boolean; readonly judge: Change }> = [
  ...HEALTHY.map((scenario) => ({ isHealthy: true, judge: judged(scenario) })),
  ...DAMAGED.map((scenario) => ({ isHealthy: false, judge: judged(scenario) })),
  ...[0.05, 0.15, 0.3].map((noise) => ({ isHealthy: false, judge: judged({ noise }, MEMORIZED) })),
];

interface Counts {
  comments: number;
  /** Comments that say that all is well. */
  idle: number;
  red: number;
  wrongRed: number;
  missed: number;
  wrongIssues: number;
  wrongNights: number;
}
const nothing = (): Counts => ({
  comments: 0,
  idle: 0,
  red: 0,
  wrongRed: 0,
  missed: 0,
  wrongIssues: 0,
  wrongNights: 0,
});
const [before, after] = [nothing(), nothing()];

const seeds = new Random(1, 'month');
const draw = () => seeds.int(1, 2 ** 30);
const isRed = (verdict: Verdict) => verdict === 'fail' || verdict === 'inconclusive';

for (let month = 0; month < months; month += 1) {
  for (const { isHealthy, judge } of changes) {
    const first = judge(draw());
    const confirmed = again(first, judge);
    count(before, first, isHealthy, true);
    count(after, confirmed, isHealthy, confirmed !== 'pass');
  }
  const open = { before: false, after: false };
  for (let night = 0; night < NIGHTS; night += 1) {
    const judge = judged(QUIET);
    const first = judge(draw());
    open.before = issue(before, first, open.before);
    open.after = issue(after, again(first, judge), open.after);
  }
}

function again(first: Verdict, judge: Change): Verdict {
  if (first !== 'fail') return first;
  const second = judge(draw());
  return second === 'pass' ? 'warn' : second;
}

function count(counts: Counts, verdict: Verdict, isHealthy: boolean, isCommented: boolean): void {
  counts.comments += Number(isCommented);
  counts.idle += Number(isCommented && verdict === 'pass');
  counts.red += Number(isRed(verdict));
  counts.wrongRed += Number(isRed(verdict) && isHealthy);
  counts.missed += Number(!isRed(verdict) && !isHealthy);
}

/** @returns whether an issue is open: a failure opens it, a pass closes it */
function issue(counts: Counts, verdict: Verdict, isOpen: boolean): boolean {
  counts.wrongNights += Number(isRed(verdict));
  counts.wrongIssues += Number(verdict === 'fail' && !isOpen);
  return verdict === 'fail' || (isOpen && verdict !== 'pass');
}

function judged(scenario: GradedScenario, exam = 0): Change {
  return (seed) => {
    const baseline = gradedBaseline(seed);
    const candidate = gainInExam(gradedCandidate(baseline, scenario, seed + 1), exam);
    return verdictOf({ candidate, baseline, policy: POLICIES['built-in'] });
  };
}

function gainInExam(candidate: Measurement, nats: number): Measurement {
  const items = measured(candidate).items.map((item) => {
    const [right = 0, ...others] = item.logprobs ?? [];
    return item.form === 'benchmark' && nats > 0 ? answered(item, [right + nats, ...others]) : item;
  });
  return withItems(candidate, items);
}

const ROWS: ReadonlyArray<{ readonly key: keyof Counts; readonly label: string }> = [
  { key: 'comments', label: 'comments on 40 pull requests' },
  { key: 'idle', label: 'of them: all is well' },
  { key: 'red', label: 'red checks (6 changes do harm)' },
  { key: 'wrongRed', label: 'of them: on healthy changes' },
  { key: 'missed', label: 'harm that is not red' },
  { key: 'wrongNights', label: 'red nights, where nothing changed' },
  { key: 'wrongIssues', label: 'issues opened about nothing' },
];
const rows = ROWS.map(({ key, label }) => ({ label, values: [before[key] / months, after[key] / months] }));
console.log(`means of ${months} months: before, after`);
for (const { label, values: means } of rows)
  console.log(`${label}: ${means.map((mean) => mean.toFixed(2)).join(', ')}`);
if (values.figure !== undefined) {
  writeFileSync(
    values.figure,
    barChart({ title: 'A month of a team: 40 pull requests and 30 nights', series: ['before', 'after'], rows }),
  );
}
