import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compare } from '../../src/compare/compare.ts';
import type { CheckResult } from '../../src/gate/check.ts';
import { writeMeasurement } from '../../src/measure/schema/index.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { baselineOf, candidateOf, type Scenario } from '../compare/sequential/worlds.ts';
import { PASS, useRig } from './rig.ts';
import { PULL_REQUEST, SCHEDULE } from './run-action.ts';

const asked: CheckResult[] = [];
const seeds: unknown[] = [];
vi.mock('../../src/gate/check.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../src/gate/check.ts')>()),
  check: async ({ probes }: { readonly probes: { readonly seed?: unknown } }) => {
    seeds.push(probes.seed);
    return asked.shift();
  },
}));

const rig = useRig();
const INPUTS = { ...PASS, only: 'probes' };
const policy = parsePolicy('', 'policy.yml');

/** What a check of these two says: other questions for another seed. */
function judged(scenario: Scenario, seed: number): CheckResult {
  const baseline = baselineOf('built-in', seed);
  const measurement = candidateOf(baseline, scenario, seed);
  const report = compare({
    candidate: measurement,
    baseline,
    baselinePath: 'model',
    policy,
    policyPath: null,
    only: 'probes',
    today: new Date(),
  });
  return { measurement, report };
}
const LOSS = { churn: 0.03, benchmark: -0.25, twin: -0.25 };
const [failing, failingToo, passing] = [judged(LOSS, 1), judged(LOSS, 2), judged({ churn: 0.01 }, 3)];

beforeEach(() => {
  asked.splice(0);
  seeds.splice(0);
});

it('the worlds fail and pass', () => {
  expect([failing, failingToo, passing].map(({ report }) => report.verdict)).toEqual(['fail', 'fail', 'pass']);
});

it('a scheduled check that new questions do not confirm warns with both answers, and opens no issue', async () => {
  asked.push(failing, passing);
  const outcome = await rig.gate(INPUTS, { event: SCHEDULE });
  expect([outcome.code, outcome.outputs.verdict], outcome.log).toEqual([0, 'warn']);
  expect(seeds).toEqual(['rotate', 'rotate']);
  expect(rig.github.issues).toEqual([]);
  expect(outcome.log).toContain('The check failed: it is made again with new questions.');
  expect(outcome.summary).toMatch(/failed with the questions of seed 1 \(.*and not with new ones, of seed 3 \(/s);
  expect(outcome.summary).toContain('in at most 5% of cases, and two with other questions in at most 0.25%');
});

it('a scheduled check that new questions confirm fails, and opens an issue', async () => {
  asked.push(failing, failingToo);
  const outcome = await rig.gate(INPUTS, { event: SCHEDULE });
  expect([outcome.code, outcome.outputs.verdict], outcome.log).toEqual([1, 'fail']);
  expect(rig.github.issues[0]?.body).toContain('New questions, of seed 2, failed as well');
});

it('a pull request is asked again only where that was wanted, and never with a measurement as baseline or with a seed', async () => {
  asked.push(failing);
  expect((await rig.gate(INPUTS, { event: PULL_REQUEST })).outputs.verdict).toBe('fail');
  asked.push(failing, passing);
  const confirmed = await rig.gate({ ...INPUTS, confirm: 'true' }, { event: PULL_REQUEST });
  expect([confirmed.code, confirmed.outputs.verdict], confirmed.log).toEqual([0, 'warn']);
  asked.push(failing);
  const seeded = await rig.gate({ ...INPUTS, confirm: 'true', seed: '7' }, { event: PULL_REQUEST });
  expect([seeded.outputs.verdict, asked.length], seeded.log).toEqual(['fail', 0]);
  expect(seeded.log).toContain('not made again with new questions: the input seed is set');
  asked.push(failing);
  await writeMeasurement(rig.path('approved.json'), baselineOf('built-in', 1));
  const without = await rig.gate({ ...INPUTS, confirm: 'true', baseline: 'approved.json' }, { event: PULL_REQUEST });
  expect(asked.length, without.log).toBe(0);
  expect(without.log).toContain('not made again with new questions: the baseline is a measurement, of one seed');
});

it('what is not noise of questions is not asked again: a report that also fails by its weights', async () => {
  const { measurement, report } = failing;
  const damaged = { kind: 'non-finite', level: 'fail', tensor: 'w', nan: 1, inf: 0 } as const;
  asked.push({ measurement, report: { ...report, findings: [...report.findings, damaged] } });
  const outcome = await rig.gate(INPUTS, { event: SCHEDULE });
  expect([outcome.outputs.verdict, asked.length, seeds.length], outcome.log).toEqual(['fail', 0, 1]);
});

describe('a memory of the first questions, which new ones cannot refute, stays a failure', () => {
  it.each([
    ['of a candidate that gained in the exam alone', judged({ churn: 0.03, benchmark: 0.25 }, 1)],
    ['of one that lost in other forms as well', judged({ churn: 0.03, benchmark: 0.15, twin: -0.25 }, 1)],
  ])('%s', async (_, learned) => {
    expect(learned.report.findings).toContainEqual(expect.objectContaining({ kind: 'shadow-delta', level: 'fail' }));
    asked.push(learned, passing);
    const outcome = await rig.gate({ ...INPUTS, confirm: 'true' }, { event: PULL_REQUEST });
    expect([outcome.code, outcome.outputs.verdict], outcome.log).toEqual([1, 'fail']);
    expect(outcome.log).toContain('The check is not made again with new questions: they cannot refute that');
  });
});
