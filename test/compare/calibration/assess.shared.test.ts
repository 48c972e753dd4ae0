import { describe, expect, it } from 'vitest';
import { LEAST_RUNS, oddRuns } from '../../../src/compare/calibration/assess.ts';
import { buildCalibration } from '../../../src/compare/calibration/build.ts';
import type { Calibration } from '../../../src/compare/calibration/schema.ts';
import type { Finding, FindingKind } from '../../../src/compare/finding.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
import { calibrationSentence } from '../../../src/report/text/calibration.ts';
import { answers, ofKind, probes } from '../measurement.ts';
import { calibrated, goodRuns, judged, type Numbers, USUAL, updated } from './updates.ts';

const OWN: ReadonlySet<FindingKind> = new Set(['calibrated-metric', 'not-calibrated-here', 'calibration-refused']);

const calibrationFindings = (findings: readonly Finding[]) => findings.filter(({ kind }) => OWN.has(kind));
const found = (...args: Parameters<typeof judged>) => calibrationFindings(judged(...args).findings);

/** With answers, so its behavior is judged against a baseline. */
const answered = (made: Measurement, items = answers()): Measurement => ({ ...made, probes: probes({ items }) });
const baseline = updated({}, { name: 'baseline' });
/** The same without a right answer to a twin. */
const lost = () =>
  answers().map((item) => (item.form === 'twin' ? { ...item, given: 'pink', correct: false, margin: -1 } : item));

const four = calibrated(4);
const nineteen = calibrated(19);

describe('an update compared with those of known-good runs', () => {
  it('like theirs is within all limits, whether they are few or many', () => {
    for (const calibration of [four, nineteen, calibrated(4, 'series')]) {
      const report = judged(updated(), calibration);
      expect(calibrationFindings(report.findings)).toEqual([]);
      const outcomes = report.calibration?.metrics.flatMap(({ judged }) => judged?.outcome ?? []);
      // The ratio, and two numbers of each module type.
      expect(outcomes).toEqual(Array.from({ length: 17 }, () => 'within'));
      expect(report.calibration?.sizes.map(({ isOutside }) => isOutside)).toEqual(Array(9).fill(false));
    }
  });

  it.each<[string, Partial<Numbers>, readonly string[]]>([
    ['a narrower one', { energy: 0.6 }, ['topEnergy.5%']],
    ['one of a lower stable rank', { stableRank: 9 }, ['stableRank']],
    ['a narrower one of the MLP', { ratio: 0.72 }, ['mlpAttentionRatio']],
    ['a wider one', { energy: 0.4, stableRank: 15, ratio: 0.5 }, []],
  ])('%s is found by what makes it so, and only in the bad direction', (_, over, metrics) => {
    for (const calibration of [four, nineteen]) {
      const all = found(updated(over), calibration);
      expect(all.map((finding) => 'metric' in finding && finding.metric)).toEqual(metrics);
      expect(all.every(({ level }) => level === 'warn')).toBe(true);
    }
  });

  it('in one module type alone is found there, and the worst of several is named first', () => {
    const modules = { o_proj: { energy: 0.6 }, up_proj: { energy: 0.62 } };
    for (const calibration of [four, nineteen]) {
      const [one] = ofKind('calibrated-metric', judged(updated({}, { modules }), calibration).findings);
      expect(one).toMatchObject({
        ...{ scope: { kind: 'modules', name: 'up_proj' }, candidate: 0.62, direction: 'up', judged: 8 },
        places: ['up_proj', 'o_proj'],
      });
    }
  });

  it('claims no rate with four, and says what the limit is', () => {
    const report = judged(updated({ energy: 0.6 }), four);
    expect(report.calibration).toMatchObject({ kind: 'runs', refused: null, test: null });
    const [one] = ofKind('calibrated-metric', report.findings);
    // SciPy: v.mean() + t.ppf(1 - 0.05 / (2 * 17), 3) * v.std(ddof=1) * (1 + 1 / 4) ** 0.5, for 17 numbers.
    expect(one?.limit).toBeCloseTo(0.5861417562129, 12);
    expect(one).toMatchObject({ by: 'student', runs: 4, least: 0.49, most: 0.51, test: null });
    expect(one && findingText(one)).toMatch(
      /above the calibrated limit of 0\.586.*range of 4 known-good runs, widened by half, and further by Student's t/,
    );
    expect(one && findingText(one)).not.toMatch(/false alarms|%\)/);
    expect(calibrationSentence(report)).toMatch(/range of 4 known-good runs, widened by half/);
  });

  it.each<[readonly number[], string, number, RegExp]>([
    // NumPy: v.mean() + 3 * v.std(ddof=1)
    [
      [0.3, 0.4, 0.5, 0.45],
      'deviations',
      0.6686737691489899,
      /mean of 4 known-good checkpoints ± 3 standard deviations/,
    ],
    [[0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.5], 'range', 0.6, /range of 8 known-good checkpoints, widened by half/],
  ])('names the rule that reaches furthest: of %j, %s', (numbers, by, limit, words) => {
    const known = numbers.map((energy, i) => ({
      name: `run-${i}`,
      measurement: updated({ energy }, { name: `run-${i}` }),
    }));
    const of = (energy: number) =>
      ofKind('calibrated-metric', judged(updated({ energy }), buildCalibration(known, 'series')).findings);
    expect(of(limit - 1e-6)).toEqual([]);
    const [one] = of(limit + 1e-6);
    expect(one).toMatchObject({ by, limit: expect.closeTo(limit, 10) });
    expect(one && findingText(one)).toMatch(words);
  });

  it('has a rate with nineteen, at the level of the policy', () => {
    const report = judged(updated({ energy: 0.6 }), nineteen);
    expect(report.calibration?.test).toEqual({ alpha: 0.05, p: 0.05 });
    const [one] = ofKind('calibrated-metric', report.findings);
    expect(one).toMatchObject({ by: 'order-statistic', runs: 19, test: { alpha: 0.05, p: 0.05 } });
    expect(one && findingText(one)).toMatch(/19 known-good runs, false alarms in 5% of good ones/);
    expect(calibrationSentence(report)).toMatch(/false alarms in at most 5% of good ones/);
    expect(judged(updated(), nineteen).calibration?.test?.p).toBeGreaterThan(0.05);
    // Eighteen and a candidate are nineteen: 1 in 19 is more than 5%.
    expect(judged(updated({ energy: 0.6 }), calibrated(18)).calibration?.test).toBeNull();
    // Nine are enough for one in ten, and a series has no rate however long it is.
    const tenth = judged(updated(), calibrated(9), { policy: 'calibration: {alpha: 0.1}' });
    expect(tenth.calibration?.test).toMatchObject({ alpha: 0.1 });
    expect(judged(updated(), calibrated(30, 'series')).calibration?.test).toBeNull();
    expect(judged(updated(), nineteen, { policy: 'calibration: {alpha: 0.01}' }).calibration?.test).toBeNull();
  });

  it('says which module types only one side trained, which nothing judges', () => {
    const of = (candidate: Measurement, calibration: Calibration) => {
      const report = judged(candidate, calibration);
      return [report.calibration?.refused ?? report.calibration?.unmatched, calibrationSentence(report)];
    };
    const many = (made: Measurement): Measurement => ({
      ...made,
      groups: made.groups.map((group) => (group.module === 'embed' ? group : { ...group, count: 20 })),
    });
    const without = (made: Measurement): Measurement => ({
      ...made,
      groups: made.groups.filter(({ of: what, module }) => what === 'weight' || module !== 'embed'),
    });
    const known = goodRuns(5).map(({ name, measurement }) => ({ name, measurement: many(measurement) }));
    const sentence = expect.stringMatching(/Not judged, since not all of them trained it: embed\.$/);
    expect(of(without(many(updated())), buildCalibration(known, 'runs'))).toEqual([['embed'], sentence]);
    const bare = known.map(({ name, measurement }) => ({ name, measurement: without(measurement) }));
    expect(of(many(updated()), buildCalibration(bare, 'runs'))).toEqual([['embed'], sentence]);
    expect(of(many(updated()), buildCalibration(known, 'runs'))).toEqual([
      [],
      expect.not.stringContaining('Not judged'),
    ]);
    // As where an update begins below the rounding of its dtype.
    const [first, ...others] = known;
    const some = [...bare.slice(0, 1), ...others];
    expect(first && of(many(updated()), buildCalibration(some, 'runs'))).toEqual([['embed'], sentence]);
  });

  it('one of theirs that stands out is named, with the number that does so most', () => {
    const known = [
      ...goodRuns(7),
      { name: 'odd', measurement: updated({ energy: 0.75, ratio: 0.75 }, { name: 'odd' }) },
    ];
    expect(oddRuns(buildCalibration(known, 'runs'), 0.05)).toEqual([
      {
        component: null,
        module: 'q_proj',
        name: 'odd',
        metric: 'topEnergy.5%',
        value: 0.75,
        limit: expect.any(Number),
      },
    ]);
    expect(oddRuns(calibrated(19), 0.05)).toEqual([]);
    expect(oddRuns(calibrated(4), 0.05)).toEqual([]);
    // A series that grows is none of runs that should be alike.
    expect(oddRuns(buildCalibration(known, 'series'), 0.05)).toEqual([]);
  });

  it('is never compared with itself', () => {
    const own = updated({ energy: 0.7 }, { name: 'run-2' });
    const known = goodRuns(5).map((run) => (run.name === 'run-2' ? { name: 'run-2', measurement: own } : run));
    const report = judged(own, buildCalibration(known, 'runs'));
    expect(report.calibration?.runs.map(({ name }) => name)).toEqual(['run-0', 'run-1', 'run-3', 'run-4']);
    expect(ofKind('calibrated-metric', report.findings)).toMatchObject([{ most: expect.closeTo(0.51), runs: 4 }]);
    // Twenty of which one is the candidate are nineteen; the least number of runs is one too few then.
    expect(judged(updated({}, { name: 'run-2' }), calibrated(20)).calibration?.test).not.toBeNull();
    const few = judged(updated({ energy: 0.7 }, { name: 'run-1' }), calibrated(LEAST_RUNS.runs));
    expect(few.calibration).toMatchObject({ refused: null, metrics: [], test: null });
    expect(calibrationSentence(few)).toMatch(/known-good runs? besides this one (is|are) too few/);
  });

  it('has the level of the policy', () => {
    const narrow = updated({ energy: 0.6 });
    const under = (level: string) =>
      judged(narrow, four, { policy: `{calibration: {level: ${level}}, on-missing-baseline: pass}` });
    expect(ofKind('calibrated-metric', under('fail').findings)).toMatchObject([{ level: 'fail' }]);
    expect(under('fail').verdict).toBe('fail');
    expect(ofKind('calibrated-metric', under('info').findings)).toMatchObject([{ level: 'info' }]);
    expect(
      ofKind(
        'not-calibrated-here',
        judged(updated({ size: 1 }), four, { policy: 'calibration: {level: info}' }).findings,
      ),
    ).toMatchObject([{ level: 'info' }]);
  });
});

describe('an update of a size that was not seen', () => {
  it.each([0.1, 0.01])('is not judged by its shape: %d of 0.04', (size) => {
    for (const calibration of [four, nineteen]) {
      const report = judged(updated({ size, energy: 0.9 }), calibration);
      expect(ofKind('calibrated-metric', report.findings)).toEqual([]);
      const [one] = ofKind('not-calibrated-here', report.findings);
      expect(one).toMatchObject({ level: 'inconclusive', candidate: size, sizes: 8 });
      expect(one?.places).toHaveLength(8);
      expect(report.verdict).toBe('inconclusive');
      expect(one && findingText(one)).toMatch(/^Not calibrated here: the update of .* has a size of 0\.[01]+/);
    }
  });

  it('is a warning where the probes judged the model, and turns no key', () => {
    const report = judged(answered(updated({ size: 0.1 })), four, { baseline: answered(baseline) });
    expect(ofKind('not-calibrated-here', report.findings)).toMatchObject([{ level: 'warn' }]);
    expect(report.verdict).toBe('warn');
    // What was not judged is not said to be within its limits.
    const both = judged(answered(updated({ size: 0.1 }), lost()), four, { baseline: answered(baseline) });
    const sentences = ofKind('two-key', both.findings).map(findingText);
    expect(sentences.filter((text) => /within their calibrated limits/.test(text))).toEqual([]);
  });

  it('in one module type leaves the others judged', () => {
    const modules = { q_proj: { size: 0.1, energy: 0.9 } };
    const report = judged(updated({ stableRank: 8 }, { modules }), four);
    // One of eight is a remark.
    expect(ofKind('not-calibrated-here', report.findings)).toMatchObject([{ places: ['q_proj'], level: 'info' }]);
    const [one] = ofKind('calibrated-metric', report.findings);
    expect(one).toMatchObject({ metric: 'stableRank' });
    expect(one?.places).toHaveLength(7);
  });

  it('is one that differs by more than a tenth, however alike the sizes of good runs are', () => {
    const same = goodRuns(19, { over: {} }).map(({ name, measurement }) => ({
      name,
      measurement: {
        ...measurement,
        model: { delta: measurement.model.delta && { ...measurement.model.delta, updateSize: 0.04 } },
        groups: measurement.groups.map((group) => ({ ...group, median: { ...group.median, updateSize: 0.04 } })),
      },
    }));
    for (const count of [4, 19]) {
      const calibration = buildCalibration(same.slice(0, count), 'runs');
      const isOutside = (size: number) =>
        ofKind('not-calibrated-here', judged(updated({ size }), calibration).findings).length > 0;
      expect([0.0435, 0.037].map(isOutside)).toEqual([false, false]);
      expect([0.0445, 0.036].map(isOutside)).toEqual([true, true]);
    }
  });
});

describe('the update of an adapter', () => {
  const adapters = calibrated(4, 'runs', true);
  const adapter = (over: Partial<Numbers> = {}) => updated(over, { isAdapter: true });

  it.each<[Partial<Numbers>, readonly string[]]>([
    [{}, []],
    [{ firstEnergy: 0.75 }, ['topEnergyLogOdds']],
    [{ effectiveRank: 1.5 }, ['effectiveRankExcess']],
    [{ firstEnergy: 0.4, effectiveRank: 6 }, []],
  ])('is judged on scales where there is room: %j', (over, metrics) => {
    for (const calibration of [adapters, calibrated(19, 'runs', true)]) {
      expect(found(adapter(over), calibration).map((one) => 'metric' in one && one.metric)).toEqual(metrics);
    }
  });

  it('that is larger is found by its norm, although its shape is not judged at that size', () => {
    const all = judged(adapter({ norm: 4, firstEnergy: 0.9 }), adapters).findings;
    expect(calibrationFindings(all).map(({ kind }) => kind)).toEqual(['not-calibrated-here', 'calibrated-metric']);
    expect(ofKind('calibrated-metric', all)).toMatchObject([{ metric: 'frobeniusNorm', candidate: 4 }]);
    // Smaller is no fault, but nothing is known of its shape.
    expect(found(adapter({ norm: 0.4 }), adapters).map(({ kind }) => kind)).toEqual(['not-calibrated-here']);
  });
});

describe('a calibration that says nothing about a candidate', () => {
  const like = updated();
  const change = (over: Partial<Measurement>): Measurement => ({ ...like, ...over });
  const ofDelta = (edit: (tensor: Measurement['tensors'][number]) => object) =>
    change({ tensors: like.tensors.map((one) => ({ ...one, ...(one.of === 'delta' ? edit(one) : {}) })) });

  it.each<[string, Measurement, RegExp]>([
    [
      'reference',
      change({ reference: { ...like.checkpoint, digest: 'sha256:other' } }),
      /another reference.*sha256:other/,
    ],
    ['tool-version', change({ tool: { ...like.tool, version: '0.9.0' } }), /another version.*\d.*0\.9\.0/],
    ['architecture', change({ architecture: { ...like.architecture, layers: 9 } }), /another architecture.*layers.*9/],
    ['shape', ofDelta(() => ({ shape: [96, 96] })), /other shapes.*0\.q_proj/],
    ['tensors', ofDelta(({ name }) => ({ name: `x.${name}` })), /other tensors/],
    ['adapter', updated({}, { isAdapter: true }), /other kind.*a full model.*an adapter/],
    [
      'no-update',
      change({
        reference: null,
        tensors: like.tensors.filter(({ of }) => of === 'weight'),
        groups: like.groups.filter(({ of }) => of === 'weight'),
      }),
      /no reference was given/,
    ],
    [
      'updates',
      change({ groups: like.groups.filter(({ of, module }) => of === 'weight' || module !== 'q_proj') }),
      /other matrices.*q_proj/,
    ],
    [
      'metric',
      change({
        groups: like.groups.map((group) => ({
          ...group,
          median: Object.fromEntries(Object.entries(group.median).filter(([metric]) => metric !== 'stableRank')),
        })),
      }),
      /lacks a number/,
    ],
  ])('is refused by name, and never dropped: %s', (cause, candidate, words) => {
    for (const calibration of [four, nineteen]) {
      const report = judged(candidate, calibration);
      expect(report.calibration).toMatchObject({ refused: { cause }, metrics: [], test: null });
      const [one] = ofKind('calibration-refused', report.findings);
      expect(one).toMatchObject({ cause, level: 'inconclusive' });
      expect(one && findingText(one)).toMatch(words);
      expect(report.verdict).toBe('inconclusive');
    }
  });

  it('is one of another LoRA rank', () => {
    const adapter = updated({}, { isAdapter: true });
    const other = { ...adapter, tensors: adapter.tensors.map((one) => ({ ...one, loraRank: 16 })) };
    expect(found(other, calibrated(4, 'runs', true))).toMatchObject([
      { kind: 'calibration-refused', cause: 'rank', calibrated: '8', candidate: '16', level: 'inconclusive' },
    ]);
  });

  it('that only notes the fact for a checkpoint that is its reference, which is a finding of its own', () => {
    const report = judged(change({ groups: like.groups.filter(({ of }) => of === 'weight') }), four);
    expect(ofKind('calibration-refused', report.findings)).toMatchObject([{ cause: 'no-update', level: 'info' }]);
  });
});

describe('what a calibration judges', () => {
  it('is not judged by the default limits as well, but by rules of the policy', () => {
    const wide = updated({ ratio: 0.6 });
    const approved = updated({ ratio: 0.4 }, { name: 'approved' });
    const moved = (calibration: Calibration | null, policy = '') =>
      ofKind('metric-moved', judged(wide, calibration, { baseline: approved, policy }).findings).map(
        ({ metric, level }) => [metric, level],
      );
    // 50% above the baseline, and as usual.
    expect(moved(null)).toEqual([['mlpAttentionRatio', 'warn']]);
    expect(moved(four)).toEqual([]);
    const rule = 'rules: [{metric: mlpAttentionRatio, direction: up, relative: 0.1, level: fail}]';
    expect(moved(four, rule)).toEqual([['mlpAttentionRatio', 'fail']]);
    // A calibration that judges nothing leaves the defaults in force: one that is refused, or is for other sizes, or
    // informs.
    expect(moved({ ...four, reference: null })).toEqual([['mlpAttentionRatio', 'warn']]);
    const larger = buildCalibration(goodRuns(4, { over: { size: USUAL.size * 3 } }), 'runs');
    expect(moved(larger)).toEqual([['mlpAttentionRatio', 'warn']]);
    expect(moved(four, 'calibration: {level: info}')).toEqual([['mlpAttentionRatio', 'warn']]);
    expect(judged(wide, larger, { baseline: approved }).verdict).toBe('inconclusive');
  });

  it('is the size of an adapter; far above the baseline it warns, and beyond the limits as well it fails', () => {
    const approved = updated({ norm: 0.2 }, { name: 'approved', isAdapter: true });
    const of = (norm: number) =>
      judged(updated({ norm }, { isAdapter: true }), calibrated(4, 'runs', true), { baseline: approved }).findings;
    // More than seven times the baseline's, as the known-good ones: one of them that exploded would hide another.
    expect(new Set(ofKind('metric-moved', of(1.5)).map(({ level }) => level))).toEqual(new Set(['warn']));
    expect(ofKind('metric-moved', of(0.9))).toEqual([]);
    expect(ofKind('calibrated-metric', of(1.5))).toEqual([]);
    expect(ofKind('metric-moved', of(3)).map(({ level }) => level)).toContain('fail');
    expect(ofKind('calibrated-metric', of(3))).toMatchObject([{ metric: 'frobeniusNorm', level: 'warn' }]);
  });
});

describe('two keys', () => {
  const narrow = updated({ energy: 0.6 });
  const approved = answered(baseline);
  const keys = (candidate: Measurement, calibration: Calibration | null, policy = '') => {
    const report = judged(candidate, calibration, { baseline: approved, policy });
    return { verdict: report.verdict, sentences: ofKind('two-key', report.findings) };
  };
  /** Twins that were lost are a warning here, so that one key alone does not fail. */
  const LENIENT = '{twin-accuracy: {level: warn}, retention: {level: warn}, shadow-delta: {level: warn}}';

  it('the spectra alone warn, and one sentence says that behavior shows no deficit', () => {
    const { verdict, sentences } = keys(answered(narrow), four);
    expect(verdict).toBe('warn');
    expect(sentences).toMatchObject([{ level: 'info', spectral: 'calibration', behavioral: null }]);
    expect(sentences.map(findingText)).toEqual([
      expect.stringMatching(/^Only the spectral key turned .* shows no deficit/),
    ]);
  });

  it('behavior alone decides, and one sentence says that the spectra are within their limits', () => {
    const { sentences, verdict } = keys(answered(updated(), lost()), four);
    expect(verdict).toBe('fail');
    expect(sentences).toMatchObject([{ level: 'info', spectral: null }]);
    expect(sentences.map(findingText)).toEqual([
      expect.stringMatching(
        /^Only the behavioral key turned .*, and it decides; the spectra are within their calibrated limits/,
      ),
    ]);
  });

  it('a warning of each fails, as a failure of one does', () => {
    expect(keys(answered(updated(), lost()), four, LENIENT).verdict).toBe('warn');
    const both = keys(answered(narrow, lost()), four, LENIENT);
    expect(both.verdict).toBe('fail');
    expect(both.sentences).toMatchObject([{ level: 'fail', spectral: 'calibration' }]);
    expect(both.sentences.map(findingText)).toEqual([expect.stringMatching(/^Spectra and probes warn together/)]);
    const one = keys(answered(narrow, lost()), four);
    expect(one.sentences).toMatchObject([{ level: 'info' }]);
    expect(one.sentences.map(findingText)).toEqual([expect.stringMatching(/^Both keys turned/)]);
  });

  it('nobody turned: no sentence', () => {
    expect(keys(answered(updated()), four).sentences).toEqual([]);
  });

  it('a check of spectra alone does not say that behavior shows no deficit', () => {
    const sentences = ofKind('two-key', judged(narrow, four, { baseline }).findings);
    expect(sentences).toMatchObject([{ level: 'info', behavioral: null, isBehaviorJudged: false }]);
    expect(sentences.map(findingText)).toEqual([expect.stringMatching(/behavior decides, and was not judged/)]);
  });

  it('numbers that are information beyond their limit are not said to be within it', () => {
    const { sentences } = keys(answered(narrow, lost()), four, 'calibration: {level: info}');
    expect(sentences).toEqual([]);
  });

  it('without a calibration, concentration never counts if there are probes, however narrow the update is', () => {
    const narrowest = answered(updated({ ratio: 3, energy: 0.95, stableRank: 2 }), lost());
    const { verdict, sentences } = keys(narrowest, null, LENIENT);
    expect(verdict).toBe('warn');
    expect(sentences).toEqual([]);
    // In a check of spectra alone, it warns.
    expect(judged(updated({ ratio: 3 }), null, { baseline }).verdict).toBe('warn');
  });
});
