// How often a candidate passes that knows as much as its baseline, by the share of its answers that differ: with right
// and wrong alone, and with the likelihoods of the same answers. Both sides are the same model with noise of its own on
// every log-likelihood. Usage: npm run bench:unchanged [-- --draws 100 --figure docs/lab-notes/pass-rates.svg]
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Measurement } from '../../src/measure/schema/index.ts';
import { gradedBaseline, gradedCandidate, withItems } from '../../test/compare/sequential/graded-worlds.ts';
import { measured, POLICIES, verdictOf } from '../../test/compare/sequential/worlds.ts';
import { lineChart } from '../docs/line-chart.ts';

const { values } = parseArgs({ options: { draws: { type: 'string', default: '20' }, figure: { type: 'string' } } });
const draws = Number(values.draws);

/** Standard deviations of the change of a log-likelihood, in nats. */
const NOISES = [0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.05, 1.35, 1.7];
const VERDICTS = ['pass', 'warn', 'inconclusive', 'fail'] as const;
const WAYS = { before: 'right and wrong', after: 'likelihoods as well' } as const;
type Way = keyof typeof WAYS;

const rows = NOISES.map((noise) => {
  const pairs = Array.from({ length: draws }, (_, i) => pairOf(noise, i + 1));
  const verdicts = (way: Way) => pairs.map((pair) => verdictOf(way === 'after' ? pair : withoutLikelihoods(pair)));
  const share = (own: readonly string[]) => VERDICTS.map((name) => own.filter((one) => one === name).length / draws);
  const changed = pairs.reduce((sum, pair) => sum + changedIn(pair), 0) / draws;
  return { changed, before: share(verdicts('before')), after: share(verdicts('after')) };
});

console.log(`answers changed | ${WAYS.before}: ${VERDICTS.join(', ')} | ${WAYS.after}: ${VERDICTS.join(', ')}`);
const percent = (value: number) => `${(100 * value).toFixed(1)}`;
for (const { changed, before, after } of rows) {
  console.log([percent(changed), before.map(percent).join(', '), after.map(percent).join(', ')].join(' | '));
}

if (values.figure !== undefined) {
  const line = (way: Way) => rows.map((row) => ({ x: 100 * row.changed, y: 100 * (row[way][0] ?? 0) }));
  const chart = lineChart({
    title: 'Pass rate of candidates that know as much as their baseline',
    x: { label: 'answers that differ, %', most: 30, step: 5 },
    y: { label: 'pass, %', most: 100, step: 25 },
    lines: [
      { name: WAYS.after, points: line('after') },
      { name: WAYS.before, points: line('before') },
    ],
  });
  writeFileSync(values.figure, chart);
}

interface Sides {
  readonly candidate: Measurement;
  readonly baseline: Measurement;
  readonly policy: (typeof POLICIES)['built-in'];
}

function pairOf(noise: number, seed: number): Sides {
  const model = gradedBaseline(seed);
  const own = { noise: noise / Math.SQRT2 };
  const baseline = gradedCandidate(model, own, 2 * seed);
  return {
    candidate: gradedCandidate(model, own, 2 * seed + 1),
    baseline: withItems(model, measured(baseline).items),
    policy: POLICIES['built-in'],
  };
}

function withoutLikelihoods({ candidate, baseline, policy }: Sides): Sides {
  const strip = (side: Measurement) =>
    withItems(
      side,
      measured(side).items.map(({ likelihood: _, ...item }) => item),
    );
  return { candidate: strip(candidate), baseline: strip(baseline), policy };
}

function changedIn({ candidate, baseline }: Sides): number {
  const theirs = measured(baseline).items;
  const changed = measured(candidate).items.filter(({ correct }, i) => correct !== theirs[i]?.correct);
  return changed.length / theirs.length;
}
