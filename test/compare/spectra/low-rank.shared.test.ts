import { spectralMetrics } from '@shadow-gate/spectra/metrics';
import { describe, expect, it } from 'vitest';
import { buildCalibration } from '../../../src/compare/calibration/build.ts';
import { compare } from '../../../src/compare/compare.ts';
import type { Measurement, TensorMeasurement } from '../../../src/measure/schema/measurement.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
import { tensor } from '../../report/fixtures.ts';
import { findingsOn, measurement, ofKind, reportOn } from '../measurement.ts';

const SHAPE = [96, 64] as const;
type Modules = Readonly<Record<string, readonly number[]>>;

function update(
  name: string,
  module: TensorMeasurement['module'],
  sigmas: readonly number[],
  place: Partial<TensorMeasurement>,
): TensorMeasurement {
  const values = [...sigmas, ...Array<number>(SHAPE[1] - sigmas.length).fill(0)];
  const metrics = spectralMetrics(Float64Array.from(values), SHAPE);
  return { ...tensor(name, module, 'delta', values, place), shape: [...SHAPE], metrics };
}

/** ΔW of two layers with these singular values, by module type. */
function updates(modules: Modules, rank: number | undefined): TensorMeasurement[] {
  return [0, 1].flatMap((layer) =>
    Object.entries(modules).map(([module, sigmas]) => {
      const place = { layer, ...(rank === undefined ? {} : { loraRank: rank }) };
      return update(`${layer}.${module}.weight`, module as 'q_proj', sigmas, place);
    }),
  );
}

function adapter(modules: Modules, rank = 4, over: Partial<Measurement> = {}): Measurement {
  const checkpoint = { ...measurement().checkpoint, format: 'lora' as const };
  return measurement({ checkpoint, vectors: [], tensors: updates(modules, rank), ...over });
}

/** The same update, merged into a full model. */
const merged = (modules: Modules) => measurement({ tensors: updates(modules, undefined) });

const HEALTHY = { q_proj: [2, 1, 0.6, 0.4], v_proj: [3, 1, 0.8, 0.5] };
const times = (factor: number, modules: Modules = HEALTHY): Modules =>
  Object.fromEntries(Object.entries(modules).map(([module, sigmas]) => [module, sigmas.map((s) => factor * s)]));
const narrower = (factor: number): Modules =>
  Object.fromEntries(
    Object.entries(HEALTHY).map(([module, [first = 0, ...rest]]) => [module, [first, ...rest.map((s) => s / factor)]]),
  );
const levels = (candidate: Measurement, baseline: Measurement, policy = '') =>
  findingsOn(candidate, baseline, { policy }).flatMap(({ level, ...found }) =>
    'metric' in found && level !== 'info' ? [`${level} ${found.kind} ${found.metric}`] : [],
  );

describe.each([
  ['an adapter', adapter],
  ['a merged adapter', merged],
])('the default rules judge %s', (_, model) => {
  it('which passes if the baseline is like it, and says that the ratio is not what it was judged by', () => {
    const report = reportOn(model(times(1.6)), model(HEALTHY));
    expect(report.verdict).toBe('pass');
    const ratio = ofKind('ratio-missing', report.findings);
    expect(ratio).toMatchObject([{ level: 'info', isReplaced: true }]);
    expect(ratio.map(findingText).join()).toMatch(/The rules for low-rank updates judge it instead\.$/);
  });

  it.each([
    [2.9, 'pass'],
    [3.1, 'warn'],
    [4.9, 'warn'],
    [6, 'fail'],
  ] as const)('which is %d times as large as the approved one: %s', (factor, verdict) => {
    const report = reportOn(model(times(factor)), model(HEALTHY));
    expect(report.verdict).toBe(verdict);
    // One finding for each module type, whatever the number of rules.
    const moved = ofKind('metric-moved', report.findings);
    expect(moved.map(({ level, metric }) => `${level} ${metric}`)).toEqual(
      verdict === 'pass' ? [] : Array(2).fill(`${verdict} frobeniusNorm`),
    );
  });

  it('which is much narrower than the approved one: a warning', () => {
    expect(levels(model(narrower(1.3)), model(HEALTHY))).toEqual([]);
    expect(levels(model(narrower(3)), model(HEALTHY))).toEqual([
      ...Array(2).fill('warn metric-moved topEnergyLogOdds'),
      ...Array(2).fill('warn metric-moved effectiveRankExcess'),
    ]);
    // Wider, or smaller, is no finding.
    expect(levels(model(times(0.1)), model(narrower(3)))).toEqual([]);
  });

  it('whose first direction has all the energy: a warning, although its log-odds are infinite', () => {
    const one = { q_proj: [2], v_proj: [3] };
    expect(levels(model(one), model(HEALTHY))).toContain('warn metric-moved topEnergyLogOdds');
  });
});

describe('a rule that can never report anything is idle, and says so', () => {
  const one = { q_proj: [2], v_proj: [3] };

  it('an adapter of rank one is judged by its norm', () => {
    const report = reportOn(adapter(one, 1), adapter(one, 1));
    expect(report.verdict).toBe('pass');
    expect(ofKind('idle-rule', report.findings).map((found) => [found.level, findingText(found)])).toEqual([
      [
        'info',
        "The default rule on log-odds of the top-1 energy of ΔW in q_proj, v_proj is idle: the baseline's 20.7 is too close to the highest possible value, 20.7, to move beyond the limit.",
      ],
      [
        'info',
        "The default rule on effective rank − 1 of ΔW in q_proj, v_proj is idle: the baseline's 0 is too close to the lowest possible value, 0, to move beyond the limit.",
      ],
    ]);
    expect(levels(adapter(times(6, one), 1), adapter(one, 1))).toEqual(
      Array(2).fill('fail metric-moved frobeniusNorm'),
    );
  });

  it('is never a pass where no other rule judges the update', () => {
    const policy = 'rules: [{metric: frobeniusNorm, level: info}]';
    const report = reportOn(adapter(one, 1), adapter(one, 1), { policy });
    expect(report.verdict).toBe('inconclusive');
    expect(ofKind('idle-rule', report.findings).map(({ level }) => level)).toEqual(['inconclusive', 'inconclusive']);
    expect(ofKind('ratio-missing', report.findings)).toMatchObject([{ level: 'inconclusive', isReplaced: false }]);
  });

  it('is never a pass where it is a rule of the policy: a stable rank of 1.1 cannot fall by 20%', () => {
    const narrow = { q_proj: [1, Math.sqrt(0.1)], v_proj: [1, Math.sqrt(0.2)] };
    const policy = 'rules: [{metric: stableRank, direction: down, relative: 0.2}]';
    const found = ofKind('idle-rule', findingsOn(adapter(narrow), adapter(narrow), { policy }));
    expect(found).toMatchObject([
      { level: 'inconclusive', metric: 'stableRank', modules: ['q_proj', 'v_proj'], isDefault: false },
    ]);
    // Where it can report something in one module type, it names the other.
    const wide = { ...narrow, v_proj: [1, 1] };
    expect(ofKind('idle-rule', findingsOn(adapter(wide), adapter(wide), { policy }))).toMatchObject([
      { level: 'info', metric: 'stableRank', modules: ['q_proj'] },
    ]);
  });

  it.each([
    ['{metric: topEnergy.5%, direction: up, relative: 0.1}', 'topEnergy.5%'],
    ['{metric: frobeniusNorm, direction: down, relative: 1}', 'frobeniusNorm'],
    ['{metric: effectiveRank, direction: down, absolute: 3}', 'effectiveRank'],
  ])('also %s', (rule, metric) => {
    const found = ofKind('idle-rule', findingsOn(adapter(HEALTHY), adapter(HEALTHY), { policy: `rules: [${rule}]` }));
    expect(found).toMatchObject([{ level: 'inconclusive', metric }]);
  });
});

it('a rule of the policy replaces the defaults for low-rank updates too', () => {
  const policy = 'rules: [{metric: frobeniusNorm, direction: up, relative: 9, level: fail}]';
  expect(levels(adapter(times(6)), adapter(HEALTHY), policy)).toEqual([]);
  expect(levels(adapter(times(11)), adapter(HEALTHY), policy)).toEqual(
    Array(2).fill('fail metric-moved frobeniusNorm'),
  );
});

it('the rules for low-rank updates do not judge an update of full rank', () => {
  const dense = Object.fromEntries(
    ['q_proj', 'up_proj'].map((module) => [module, Array.from({ length: 64 }, (_, i) => 1 / (i + 1))]),
  );
  expect(levels(merged(times(7, dense)), merged(dense))).toEqual([]);
});

it('a module that the adapter trained whole is judged as usual', () => {
  const decay = Array.from({ length: 64 }, (_, i) => 1 / (i + 1));
  const head = (scale: number) =>
    update(
      'lm_head.weight',
      'lm_head',
      decay.map((sigma) => scale * sigma),
      { layer: null },
    );
  const withHead = (scale: number) => adapter(HEALTHY, 4, { tensors: [...updates(HEALTHY, 4), head(scale)] });
  expect(levels(withHead(7), withHead(1))).toEqual([]);
});

it('the table shows what the rules for low-rank updates judge', () => {
  const rows = reportOn(adapter(times(6)), adapter(HEALTHY)).shadowDeltas;
  expect(rows.filter(({ module }) => module === 'q_proj')).toMatchObject([
    { metric: 'topEnergyLogOdds', change: 0, relativeChange: null },
    { metric: 'effectiveRankExcess', change: 0 },
    { metric: 'frobeniusNorm', relativeChange: expect.closeTo(5), level: 'fail' },
  ]);
  expect(rows.map(({ metric }) => metric)).not.toContain('mlpAttentionRatio');
});

it('an adapter that known-good ones judge does not miss the ratio: a good one passes in a check of spectra alone', () => {
  const good = ['a', 'b', 'c', 'd'].map((name, i) => {
    const checkpoint = { ...measurement().checkpoint, format: 'lora' as const, digest: `sha256:${name}` };
    return { name, measurement: adapter(times(1 + i / 50), 4, { checkpoint }) };
  });
  const report = compare({
    ...{ candidate: adapter(times(1.03)), baseline: adapter(HEALTHY), baselinePath: null },
    ...{ policy: parsePolicy('', 'policy.yml'), policyPath: null, only: 'spectra' },
    calibration: { calibration: buildCalibration(good, 'runs'), path: 'calibration.json' },
    today: new Date(),
  });
  expect(report.calibration?.metrics.some(({ judged }) => judged?.outcome === 'within')).toBe(true);
  expect(report.verdict).toBe('pass');
});
