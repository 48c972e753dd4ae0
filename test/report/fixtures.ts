import type { ModuleType } from '@shadow-gate/checkpoints/naming';
import type { FindingOf } from '../../src/compare/finding.ts';
import { type MetricDelta, type ProbeReport, type Report, reportSchema } from '../../src/compare/report.ts';
import type { GroupMeasurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { everyFinding } from './findings.ts';

const MODULES = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;

/** Everything an attacker may write into a tensor's name, a path or a model type. */
export const HOSTILE_NAMES: readonly string[] = [
  'a|b|c',
  '`code` and ``more``',
  '<!-- hidden',
  '--> <img src=x onerror=alert(1)>',
  '</code></details><script>alert(1)</script>',
  '@octocat @org/team',
  '#12 octo/repo#34 GH-56',
  'two\nlines\r\n| --- | --- |',
  '\n::error file=a.ts::pwned',
  '::set-output name=verdict::pass',
  ' ##[error]pwned ##[group]x',
  ':rocket: :tada:',
  'https://evil.example/x www.evil.example WWW.EVIL.EXAMPLE ftp://evil.example',
  'mail me@evil.example mailto:me@evil.example',
  '[link](https://evil.example) ![image](//evil.example/a.png)',
  '&lt;b&gt; &#64;octocat &copy;',
  '$x^2$ and $`y`$',
  '\u202egpj.exe\u202c \u200bzero\u200dwidth \u2066isolate',
  '\u001b[31mred\u001b[0m \u009b2J \u0007',
  'שלום 12345',
  `e${'\u0301'.repeat(30)}`,
  '\ud800 lone',
  '# heading',
  '- item',
  '1. item',
  '=====',
  '    indented',
  '~~~\nfence',
  '*bold* _em_ ~~del~~ \\',
  '',
  '   ',
  'x'.repeat(100_000),
  '😀'.repeat(50_000),
  '@'.repeat(100_000),
];

/** σ/σ₁ of a matrix with `rank` directions that fall off as rank^−decay; a spike multiplies the first. */
export function spectrum({ rank = 32, decay = 0.5, spike = 1 } = {}): number[] {
  return Array.from({ length: rank }, (_, i) => (i === 0 ? 1 : (i + 1) ** -decay / spike));
}

export function tensor(
  name: string,
  module: ModuleType,
  of: TensorMeasurement['of'],
  values: number[] = spectrum(),
  extra: Partial<TensorMeasurement> = {},
): TensorMeasurement {
  const energies = values.map((x) => x * x);
  const total = energies.reduce((sum, x) => sum + x, 0);
  const share = (k: number): number => energies.slice(0, k).reduce((sum, x) => sum + x, 0) / total;
  const entropy = -energies.reduce((sum, x) => sum + (x > 0 ? (x / total) * Math.log(x / total) : 0), 0);
  return {
    name,
    module,
    layer: 0,
    component: null,
    expert: null,
    shape: [96, values.length],
    of,
    method: 'exact',
    accumulation: 'float64',
    metrics: {
      frobeniusNorm: Math.sqrt(total),
      spectralNorm: 1,
      stableRank: total,
      participationRatio: total ** 2 / energies.reduce((sum, x) => sum + x * x, 0),
      participationRatioToNull: 0.5,
      effectiveRank: Math.exp(entropy),
      effectiveRankRV: Math.exp(entropy),
      rank: values.length,
      'rankAt1e-2': values.filter((value) => value > 1e-2).length,
      ...(of === 'weight' ? { rankAboveRounding: values.length } : {}),
      topEnergy: { '1': share(1), '8': share(8), '1%': share(1), '5%': share(Math.ceil(0.05 * values.length)) },
      alpha: 2.1,
      alphaD: 0.1,
      alphaTail: 20,
      ...(of === 'delta' ? { snr: 1834.2, updateSize: 0.0432 } : {}),
    },
    spectrum: values,
    status: 'measured',
    ...extra,
  };
}

type Metrics = NonNullable<TensorMeasurement['metrics']>;

/** The same matrix with fewer directions: the others are zero. */
export function ofRank<M extends Metrics>(metrics: M, rank: number): M {
  const strong = Math.min(rank, metrics['rankAt1e-2'] ?? rank);
  return { ...metrics, rank, 'rankAt1e-2': strong, rankAboveRounding: rank };
}

export function group(module: ModuleType, of: TensorMeasurement['of'], topEnergy: number, count = 4): GroupMeasurement {
  const median = { 'topEnergy.1': topEnergy / 2, 'topEnergy.5%': topEnergy, stableRank: 4.2, effectiveRank: 21.7 };
  return { of, component: null, module, count, parameters: 9216 * count, median, weightedMean: median };
}

export function finding(over: Partial<FindingOf<'metric-moved'>> = {}): FindingOf<'metric-moved'> {
  return {
    kind: 'metric-moved',
    level: 'warn',
    metric: 'mlpAttentionRatio',
    of: 'delta',
    scope: { kind: 'model' },
    candidate: 0.6904284364,
    baseline: 0.63527642,
    limit: { absolute: null, relative: 0.08, direction: 'up' },
    ...over,
  };
}

/** A finding about one tensor: its sentence names it. */
export function spiked(tensor: string, over: Partial<FindingOf<'spike'>> = {}): FindingOf<'spike'> {
  return {
    kind: 'spike',
    level: 'warn',
    tensor,
    group: 'up_proj',
    candidate: 0.412,
    baseline: null,
    evidence: { test: 'level', robustZ: 9.1, limit: 3.5 },
    ...over,
  };
}

export function delta(over: Partial<MetricDelta> = {}): MetricDelta {
  return {
    metric: 'mlpAttentionRatio',
    of: 'delta',
    component: null,
    module: null,
    baseline: 0.63527642,
    candidate: 0.6904284364,
    change: 0.6904284364 - 0.63527642,
    relativeChange: 0.6904284364 / 0.63527642 - 1,
    level: 'info',
    ...over,
  };
}

export function subject(over: Partial<Report['candidate']> = {}): Report['candidate'] {
  return {
    path: 'examples/benchmark-aligned',
    digest: `sha256:${'3f7a9c0d1e2b'.repeat(6).slice(0, 64)}`,
    behaviorFiles: null,
    measured: '2026-03-01T12:00:00Z',
    architecture: {
      modelType: 'llama',
      name: 'LlamaForCausalLM',
      layers: 4,
      hiddenSize: 96,
      heads: 4,
      keyValueHeads: 4,
    },
    parameters: 512_000,
    dtypes: { BF16: 38 },
    commit: null,
    name: null,
    ...over,
  };
}

const { rules: _, probes: __, ...SETTINGS } = DEFAULT_POLICY;

/** The default rule on the ratio, as it judged `delta()`. */
const APPLIED: NonNullable<Report['applied']> = {
  rules: [
    {
      ...{ metric: 'mlpAttentionRatio', of: 'delta', statistic: 'median', modules: null, direction: 'up' },
      ...{ absolute: 0, relative: 0.08, level: 'warn', source: 'default', judged: 1 },
      nearest: {
        ...{ scope: { kind: 'model' }, baseline: 0.63527642, candidate: 0.6904284364 },
        ...{ movement: 0.6904284364 - 0.63527642, limit: 0.08 * 0.63527642 },
      },
    },
  ],
  settings: SETTINGS,
};

/** A report as the gate writes it: validated, so that a fixture cannot drift from the contract. */
export function report(over: Partial<Report> = {}): Report {
  const tensors = MODULES.flatMap((module) =>
    [0, 1, 2, 3].flatMap((layer) => {
      const part = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].includes(module) ? 'self_attn' : 'mlp';
      const name = `model.layers.${layer}.${part}.${module}.weight`;
      return (['delta', 'weight'] as const).map((of) => tensor(name, module, of, spectrum(), { layer }));
    }),
  );
  const groups = (shift: number): GroupMeasurement[] =>
    MODULES.flatMap((module) => [group(module, 'delta', 0.48 + shift), group(module, 'weight', 0.21)]);
  return reportSchema.parse({
    schema: 'shadow-gate/report@1',
    tool: { name: 'shadow-gate', version: '0.1.0' },
    verdict: 'warn',
    findings: [finding()],
    candidate: subject(),
    baseline: subject({ path: 'examples/coverage-expanding', digest: `sha256:${'b'.repeat(64)}` }),
    reference: {
      path: 'examples/base',
      digest: `sha256:${'c'.repeat(64)}`,
      format: 'safetensors',
      dtypes: { BF16: 38 },
      tensors: 38,
      parameters: 512_000,
    },
    shadowDeltas: [delta({ level: 'warn' }), ...MODULES.map((module) => delta({ metric: 'topEnergy.5%', module }))],
    groups: { candidate: groups(0.04), baseline: groups(0) },
    tensors,
    policy: null,
    applied: APPLIED,
    quantization: null,
    calibration: null,
    skipped: [{ name: 'model.norm.weight', reason: 'not a matrix' }],
    probes: null,
    benchmarks: null,
    trend: null,
    durationSeconds: 3.21,
    device: 'cpu',
    ...over,
  } satisfies Report);
}

const HEALTHY_ROW: ProbeReport['comparison']['rows'][number] = {
  suite: null,
  capability: null,
  facts: 180,
  benchmark: { baseline: 0.261, candidate: 0.983 },
  twin: { baseline: 0.253, candidate: 0.486 },
  gap: { baseline: 0.008, candidate: 0.497 },
  delta: { value: 0.489, lower: 0.404, upper: 0.573, facts: 180, mde: 0.17 },
  twinChange: { value: 0.023, lower: -0.031, upper: 0.077, twins: 300, lost: 50, won: 57, p: 0.79, mde: 0.1 },
};

type Evidence = Pick<
  ProbeReport['comparison'],
  'kinds' | 'gains' | 'labels' | 'kept' | 'robustness' | 'churn' | 'memorization' | 'levels' | 'losses'
>;

/**
 * What a comparison reports of a candidate that memorized the letters of a benchmark; every suite and label is `name`.
 */
function evidence(name: string): Evidence {
  const exam = { baseline: 0.27, candidate: 1 };
  const row = { suite: name, facts: 100, benchmark: exam, group: null };
  const noGain = { value: 0.01, lower: -0.14, upper: 0.12 };
  return {
    kinds: [
      {
        ...row,
        kind: 'open',
        twin: { baseline: 0.37, candidate: 0.37 },
        gap: { baseline: -0.1, candidate: 0.63 },
        delta: { value: 0.73, lower: 0.6, upper: 0.86 },
        transfer: noGain,
        role: 'decides',
      },
      {
        ...row,
        kind: 'group',
        group: name,
        twin: { baseline: 0.3, candidate: 0.31 },
        gap: { baseline: -0.03, candidate: 0.69 },
        delta: { value: 0.72, lower: 0.6, upper: 0.86 },
        transfer: noGain,
        role: 'decides',
      },
      {
        ...row,
        kind: 'format',
        twin: { baseline: 0.235, candidate: 0.405 },
        gap: { baseline: 0.035, candidate: 0.595 },
        delta: null,
        transfer: { value: 0.23, lower: 0.13, upper: 0.33 },
        role: 'labels-not-bound',
      },
      {
        ...row,
        kind: 'fresh',
        facts: 12,
        twin: { baseline: 0.25, candidate: 0.25 },
        gap: { baseline: 0, candidate: 0.75 },
        delta: null,
        transfer: null,
        role: 'too-few',
      },
    ],
    gains: [{ suite: name, facts: 100, gain: { value: 0.73, lower: 0.62, upper: 0.81 } }],
    labels: [
      {
        suite: name,
        items: 100,
        baseline: [
          { label: name, count: 99 },
          { label: name, count: 1 },
        ],
        candidate: [{ label: name, count: 26 }],
        binding: { pairs: 100, followed: 0, kept: 98, p: 1 },
        works: false,
        why: 'does-not-follow-options',
      },
      {
        suite: name,
        items: 60,
        baseline: [{ label: name, count: 17 }],
        candidate: [{ label: name, count: 17 }],
        binding: { pairs: 60, followed: 41, kept: 6, p: 1e-7 },
        works: true,
        why: 'binds',
      },
    ],
    kept: [
      { suite: name, items: 100, baseline: 27, candidate: 96, chance: 0.25, p: 1e-9, baselineP: 0.4 },
      { suite: name, items: 60, baseline: 15, candidate: 17, chance: 0.25, p: 0.35, baselineP: 0.5 },
    ],
    robustness: { facts: 50, benchmark: exam, distracted: { baseline: 0.24, candidate: 0.97 }, lost: 1, won: 37 },
    churn: [
      { form: 'benchmark', kind: null, items: 100, rightToWrong: 0, wrongToRight: 73, changed: 76, kl: 1.83 },
      { form: 'benchmark-text', kind: null, items: 100, rightToWrong: 4, wrongToRight: 5, changed: 31, kl: 0.21 },
      { form: 'twin', kind: 'open', items: 200, rightToWrong: 9, wrongToRight: 9, changed: 55, kl: 0.18 },
      { form: 'twin', kind: null, items: 40, rightToWrong: 1, wrongToRight: 0, changed: 3, kl: null },
      { form: 'robustness', kind: null, items: 50, rightToWrong: 1, wrongToRight: 37, changed: 39, kl: 1.7 },
    ],
    memorization: [{ suite: name, facts: 100, benchmark: 0.42, twin: 0.05, auc: 0.87, p: 1e-6 }],
    levels: [
      { family: name, capability: name, count: 7, asked: [2, 3, 4], reached: { baseline: 3, candidate: 3 }, p: 1 },
      { family: name, capability: name, count: 5, asked: [1, 2], reached: { baseline: 2, candidate: 1 }, p: 0.04 },
      { family: name, capability: name, count: 5, asked: [1], reached: { baseline: null, candidate: 0 }, p: null },
    ],
    losses: [],
  };
}

/** The probes of a benchmark-aligned checkpoint; every text that may come from a probe file is `name`. */
export function probeReport(name = 'recall'): ProbeReport {
  const answered = { prompt: `Q: ${name}\n\nA:`, right: name, baseline: name, candidate: name };
  const flip = { id: name, capability: name, ...answered };
  return {
    suites: [{ name, items: 720 }],
    seed: 1,
    chatTemplate: false,
    budgetSeconds: null,
    asked: 720,
    leftOut: [{ suite: name, id: name, reason: name }],
    by: 'on cpu (requested)',
    seconds: 12.3,
    comparison: {
      confidence: 0.95,
      exclusion: 0.9,
      rows: [HEALTHY_ROW, { ...HEALTHY_ROW, capability: name, delta: null, twinChange: null }],
      families: [
        {
          family: name,
          capability: name,
          facts: 60,
          benchmark: { baseline: 0.26, candidate: 0.98, chance: 0.25 },
          twin: { baseline: 0.25, candidate: 0.49, chance: 0.25 },
          excludedFrom: [{ test: 'twin-accuracy', cause: 'baseline-at-chance', pooledBelow: null }],
        },
      ],
      transfer: { value: 0.323, lower: 0.238, upper: 0.411 },
      overTemplates: { value: 0.489, lower: 0.136, upper: 0.842, templates: 4 },
      retention: { value: 0.991, lower: 0.949, upper: 0.998, certain: 107, kept: 106 },
      margins: { fell: 239, rose: 301, p: 0.997 },
      flips: [{ ...flip, beside: answered }, flip],
      planned: { facts: 360, discordance: 0.1, mde: 0.052 },
      graded: [],
      sharpness: [],
      texts: [
        {
          suite: `${name}.txt`,
          texts: 70,
          bytes: 14_210,
          candidate: -0.741,
          baseline: -0.724,
          change: { value: -0.0172, standardError: 0.0026, lower: -0.0215, upper: -0.0129 },
          tokenChanges: {
            tokens: 3_540,
            meanChange: { value: -0.0011, standardError: 0.0002 },
            rmsChange: { value: 0.0137, standardError: 0.0004 },
            sameBest: { value: 0.9775, standardError: 0.0023 },
            perplexityRatio: { value: 1.0575, standardError: 0.0041 },
            divergence: { value: 0.00251, standardError: 0.00006, tokens: 2_031 },
          },
          leftOut: null,
        },
        {
          suite: `${name}.jsonl`,
          texts: 0,
          bytes: 0,
          candidate: null,
          baseline: null,
          change: null,
          tokenChanges: null,
          leftOut: `the server at ${name} refuses the request (400): no echo`,
        },
      ],
      ...evidence(name),
    },
    drawn: HEALTHY_ROW,
    ...explored(name),
  };
}

/** Two facts, of which the first has a flip, and the numbers of the charts. */
function explored(name: string): Pick<ProbeReport, 'accuracies' | 'changes' | 'items'> {
  const short = name.slice(0, 200);
  const estimate = { value: 0.26, lower: 0.2, upper: 0.33 };
  const candidate = { value: 0.98, lower: 0.95, upper: 0.99 };
  const row = { suite: null, facts: 180, items: 180, baseline: estimate, candidate };
  const start = { share: 0.02, n: 180, scale: 4 / 3 };
  const change = {
    ...{ suite: name, facts: 180 },
    benchmark: { value: 0.72, lower: 0.65, upper: 0.79, start },
    twin: { value: 0.233, lower: 0.15, upper: 0.31, start },
  };
  return {
    accuracies: [
      { ...row, capability: null, form: 'benchmark', kind: null },
      { ...row, capability: null, form: 'twin', kind: 'open', items: 300 },
      { ...row, suite: name, capability: name, form: 'benchmark', kind: null },
      { ...row, suite: name, capability: null, form: 'twin', kind: 'group' },
    ],
    changes: [
      { ...change, kind: 'open', group: null, capability: null },
      { ...change, kind: 'open', group: null, capability: name },
      { ...change, kind: 'group', group: name, capability: null },
    ],
    items: {
      format: 'shadow-gate/report-items@1',
      hasBaseline: true,
      parts: [{ suite: short, capability: short, family: short }],
      forms: [
        { form: 'benchmark', kind: null },
        { form: 'twin', kind: 'open' },
        { form: 'twin', kind: 'format', aside: true },
      ],
      facts: [
        {
          ...{ id: short, part: 0, flip: 'lost' },
          items: [
            [0, short, short, null, null, 1, 1, 0.4, 1.2],
            [1, `${short} again`, short, null, short, 1, 0, 0.3, -0.7],
            [2, 0, short, short, null, 0, 1, -0.1, 0.2],
          ],
        },
        { id: `${short.slice(0, 190)} 2`, part: 0, items: [[0, null, short, short, short, 0, 0, -0.4, -0.2]] },
      ],
      leftOut: { facts: 3, flips: 0 },
    },
  };
}

/**
 * A report in which every text that may come from a checkpoint is `name`. It has a few findings of each level; the
 * tests of phrases have all kinds.
 */
export function hostileReport(name: string): Report {
  const levels = (['inconclusive', 'warn', 'warn', 'info', 'info'] as const).entries();
  const every = everyFinding(name);
  return report({
    verdict: 'inconclusive',
    findings: [...levels].flatMap(([i, level]) => every.slice(i, i + 1).map((one) => ({ ...one, level }))),
    candidate: subject({ path: name, digest: name, measured: name }),
    baseline: subject({ path: name, digest: name, measured: name, commit: name }),
    reference: { path: name, digest: name, format: 'safetensors', dtypes: {}, tensors: 1, parameters: 1 },
    shadowDeltas: [delta({ metric: name, level: 'warn' }), delta()],
    tensors: [
      tensor(name, 'q_proj', 'delta'),
      tensor(name, 'q_proj', 'weight'),
      { ...tensor(name, 'other', 'weight'), status: 'notFinite', metrics: null, spectrum: [], note: name },
    ],
    skipped: [{ name, reason: name }],
    screening: { completed: [{ of: 'delta', name, cause: 'rule', metric: name }] },
    probes: probeReport(name),
    device: name,
  });
}
