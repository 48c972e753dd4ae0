import { expect, it } from 'vitest';
import { freshCheck } from '../../../src/compare/checks/fresh.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';

const FAMILIES = ['facts', 'records'];
const PUBLIC = 180;
const FRESH = 48;

/** Answers of each of two families, of which these shares are right. */
function probes(known: number, fresh: number, form = 'benchmark') {
  const right = (share: number, of: number) => Array.from({ length: of }, (_, i) => i < share * of);
  return {
    status: 'measured',
    suites: [{ name: 'builtin', version: 1 }],
    items: FAMILIES.flatMap((family) =>
      right(known, PUBLIC).map((correct) => ({ suite: 'builtin', form, family, correct })),
    ),
    fresh: {
      seed: 5,
      families: FAMILIES.flatMap((family) => Array.from({ length: FRESH }, () => family)),
      correct: FAMILIES.flatMap(() => right(fresh, FRESH)),
    },
  };
}

const check = (candidate: unknown, baseline: unknown = null) =>
  freshCheck({
    candidate: { probes: candidate },
    baseline: baseline && { probes: baseline },
    policy: DEFAULT_POLICY,
  } as never);

it('a model that knows the public questions alone fails', () => {
  const [finding] = check(probes(0.95, 0.25));
  expect(finding).toMatchObject({ kind: 'fresh-questions', level: 'fail', facts: 96, asked: 0.95, fresh: 0.25 });
});

it('a model that knows both alike has no finding, and neither has one that was asked nothing public', () => {
  expect(check(probes(0.7, 0.7))).toEqual([]);
  // 20 of 96 answers fewer are beyond 99% bounds and the margin, 10 are not.
  expect(check(probes(0.9, 0.9 - 20 / 96))).toHaveLength(1);
  expect(check(probes(0.9, 0.9 - 10 / 96))).toEqual([]);
  expect(check(probes(0.95, 0.25, 'open'))).toEqual([]);
});

it('a family that was lost is seen by itself, and the baseline is asked about that family', () => {
  const [whole, lost] = [probes(0.97, 0.97), probes(0.97, 0.25)];
  const third = FRESH / 3;
  const mixed = (second: typeof lost) => ({
    ...whole,
    fresh: {
      seed: 5,
      families: [...whole.fresh.families.slice(0, FRESH), ...second.fresh.families.slice(FRESH, FRESH + third)],
      correct: [...whole.fresh.correct.slice(0, FRESH), ...second.fresh.correct.slice(FRESH + 8, FRESH + 8 + third)],
    },
  });
  const [finding] = check(mixed(lost));
  expect(finding).toMatchObject({ level: 'fail', family: 'records', facts: third, fresh: 0.25 });
  expect(check(mixed(lost), mixed(lost))).toEqual([]);
  expect(check(mixed(lost), mixed(whole))).toHaveLength(1);
  expect(check(mixed(whole))).toEqual([]);
});

it('a gap that the baseline has as well is not the doing of the candidate', () => {
  expect(check(probes(0.95, 0.25), probes(0.95, 0.27))).toEqual([]);
  expect(check(probes(0.95, 0.25), probes(0.95, 0.9))).toHaveLength(1);
});
