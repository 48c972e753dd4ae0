import { DIFFERENCES } from '../../src/compare/benchmarks/differences.ts';
import type { Finding, FindingKind, FindingOf } from '../../src/compare/finding.ts';

/** One finding of every kind. Every string that may come from a checkpoint, a probe file or a path is `name`. */
export function everyFinding(name: string): Finding[] {
  const level = 'warn';
  const pair = { candidate: name, baseline: name };
  const estimate = { value: 0.359, lower: 0.294, upper: null };
  const all: { readonly [K in FindingKind]: readonly Omit<FindingOf<K>, 'kind' | 'level'>[] } = {
    'metric-moved': [
      {
        metric: 'stableRank',
        of: 'weight',
        scope: { kind: 'tensor', name },
        candidate: 8,
        baseline: 10,
        limit: { absolute: 1, relative: 0.1, direction: 'any' },
      },
      {
        metric: name,
        of: 'delta',
        scope: { kind: 'modules', name },
        candidate: 0.2,
        baseline: 0,
        limit: { absolute: null, relative: 0.1, direction: 'up' },
      },
    ],
    'bounds-too-wide': [
      {
        metric: 'stableRank',
        of: 'delta',
        scope: { kind: 'model' },
        side: 'candidate',
        width: 0.4,
        limit: 0.08,
      },
    ],
    'idle-rule': [
      { metric: name, of: 'delta', modules: [name, name], cause: { kind: 'nothing' }, isDefault: false },
      {
        metric: 'rowGini',
        of: 'weight',
        modules: null,
        cause: { kind: 'at-bound', side: 'lowest', baseline: 0.1, bound: 0 },
        isDefault: true,
      },
    ],
    spike: [
      {
        tensor: name,
        group: name,
        candidate: 0.4,
        baseline: null,
        evidence: { test: 'level', robustZ: 9, limit: 3.5 },
      },
      { tensor: name, group: name, candidate: 0.4, baseline: 0.1, evidence: { test: 'rise', robustZ: 9, limit: 3.5 } },
      { tensor: name, group: name, candidate: 0.4, baseline: 0.1, evidence: { test: 'odds', oddsRatio: 6, limit: 2 } },
    ],
    'group-spike': [{ group: name, candidate: 0.4, baseline: 0.1, oddsRatio: 6, limit: 2 }],
    'rank-loss': [
      { tensor: name, candidate: 7, baseline: 8 },
      { tensor: name, candidate: 0, baseline: null },
    ],
    'rank-not-checked': [
      { cause: 'fast', example: name, matrices: 3 },
      { cause: 'older-version', example: name, matrices: 1 },
      { cause: 'format', example: name, matrices: 30 },
    ],
    'quantization-error': [
      { formats: [name], error: 0.0912, named: [{ module: name, error: 0.12 }], modules: 1, notCompared: 0 },
      {
        formats: ['nf4', 'int8'],
        error: 0.0912,
        named: [
          { module: 'q_proj', error: 0.12 },
          { module: 'down_proj', error: 0.09 },
        ],
        modules: 7,
        notCompared: 2,
      },
    ],
    'reference-rounding': [
      { effect: 'exact', formats: ['nf4'], matrices: 210, all: 210 },
      { effect: 'noise', formats: [name], matrices: 7, all: 14 },
    ],
    'zero-rows': [{ tensor: name, candidate: 12, baseline: 0, rows: 512 }],
    'non-finite': [{ tensor: name, nan: 3, inf: 1 }],
    'no-spectrum': [
      { tensor: name, of: 'weight' },
      { tensor: name, of: 'delta' },
    ],
    'update-size': [
      { candidate: 1.41, limit: 1, alignment: { cosine: 0.0003, chance: 0.002 } },
      { candidate: 1.41, limit: 1, alignment: null },
    ],
    'nothing-trained': (['reference', 'baseline'] as const).flatMap((against) => [
      { against, matrices: 12, isAdapter: false, isIdentical: true },
      { against, matrices: 12, isAdapter: true, isIdentical: false },
      { against, matrices: 12, isAdapter: false, isIdentical: false },
    ]),
    'only-head-trained': [
      { against: 'reference', named: [name], matrices: 1, unchanged: 12 },
      { against: 'baseline', named: [name, name], matrices: 4, unchanged: 1 },
    ],
    'ratio-missing': [
      { side: 'candidate', cause: { kind: 'saturated' }, candidate: null, baseline: 0.6, isReplaced: true },
      {
        side: 'baseline',
        cause: { kind: 'missing', mlp: true, attention: true, belowNoise: 2 },
        candidate: 0.6,
        baseline: null,
        isReplaced: false,
      },
    ],
    'merge-proven': [
      { weights: 6, all: 6, residual: 1.02, others: 12 },
      { weights: 5, all: 6, residual: 0.01, others: 0 },
    ],
    'merge-unseen': [
      { example: name, weights: 1, all: 6 },
      { example: name, weights: 6, all: 6 },
    ],
    'merge-fault': (
      [
        'not-applied',
        'applied-twice',
        'subtracted',
        'scale-of-lora',
        'scale-of-rslora',
        'unscaled',
        'wrong-scale',
        'without-magnitude',
        'different',
        'not-finite',
        'not-in-checkpoint',
        'not-in-reference',
        'other-shape',
        'unreadable',
      ] as const
    ).map((fault) => ({ fault, named: [{ name, residual: 40.2, coefficient: 0.5 }], weights: 2, all: 6 })),
    'merge-not-finite': [{ named: [{ name, nan: 1, inf: 2 }], tensors: 2 }],
    'merge-other-tensors': [
      {
        named: [
          { name, change: 'changed' },
          { name, change: 'missing' },
          { name, change: 'added' },
        ],
        tensors: 4,
      },
    ],
    'nothing-measured': [{}],
    'all-skipped': [{}],
    'mostly-skipped': [
      { skipped: 120, measured: 20 },
      { unit: 'parameters', skipped: 5_000_000, measured: 20_000 },
    ],
    skipped: [{ named: [{ name, reason: name }], tensors: 4 }],
    'no-weights': [
      { side: 'candidate', model: name, root: name, version: name, revision: name, hasFingerprint: true },
      { side: 'baseline', model: name, root: null, version: null, revision: null, hasFingerprint: false },
      {
        ...{ side: 'candidate', model: name, root: name, version: name, revision: null, hasFingerprint: true },
        hub: { checkpoint: name, listing: name, base: name, hasFiles: true },
      },
      {
        ...{ side: 'baseline', model: name, root: null, version: null, revision: null, hasFingerprint: false },
        hub: { checkpoint: name, listing: name, base: null, hasFiles: false },
      },
    ],
    'answered-by-server': [
      {
        ...{ side: 'candidate', model: name, root: name, version: name, revision: name },
        ...{ hasFingerprint: true, hub: name },
      },
      {
        ...{ side: 'baseline', model: name, root: null, version: null, revision: null },
        ...{ hasFingerprint: false, hub: null },
      },
    ],
    'other-precision': [
      { candidate: null, baseline: 'float32', tolerance: 0.05, close: 12, answers: 720 },
      { candidate: 'float32', baseline: '16-bit', tolerance: 0.05, close: 1, answers: 720 },
    ],
    'same-answers': [
      { candidate: name, baseline: name, by: 'server' },
      { candidate: name, baseline: name, by: 'logs' },
    ],
    'unread-files': [{ named: [{ name, what: name }], files: 2, runningCode: 1 }],
    'missing-baseline': [{ path: name }, { path: null }],
    'changed-input': [
      { input: 'policy', change: 'edited', path: name, base: name, counts: 'base' },
      { input: 'policy', change: 'added', path: name, base: name, counts: 'base' },
      { input: 'baseline', change: 'added', path: name, base: name, counts: 'base' },
      { input: 'probe-file', change: 'deleted', path: name, base: name, counts: 'base' },
      { input: 'reference', change: 'edited', path: name, base: name, counts: 'change' },
      { input: 'workflow', change: 'edited', path: name, base: name, counts: 'change' },
      { input: 'logs', change: 'added', path: name, base: name, counts: 'change' },
      { input: 'tokenizer', change: 'unknown', path: name, base: name, counts: 'change' },
    ],
    'changed-behavior': [
      { part: 'tokenizer', ...pair, named: [{ key: name, ...pair }], changes: 3 },
      { part: 'special-tokens', ...pair, named: [{ key: name, candidate: null, baseline: name }], changes: 1 },
      { part: 'chat-template', candidate: null, baseline: name, named: [], changes: 0 },
      { part: 'generation-config', candidate: name, baseline: null, named: [], changes: 0 },
      { part: 'code', ...pair, named: [], changes: 0 },
      { part: 'code', candidate: name, baseline: null, named: [], changes: 0 },
      {
        part: 'tokenizer',
        ...pair,
        named: [{ key: name, ...pair }],
        changes: 1,
        because: { kind: 'same-tokens', texts: 342 },
      },
      {
        part: 'special-tokens',
        ...pair,
        named: [{ key: name, candidate: null, baseline: name }],
        changes: 1,
        because: { kind: 'not-in-gguf', side: 'candidate' },
      },
      {
        part: 'generation-config',
        candidate: name,
        baseline: null,
        named: [],
        changes: 0,
        because: { kind: 'not-in-gguf', side: 'baseline' },
      },
    ],
    'logit-scale': [
      { by: 'weights', candidate: 0.002, baseline: 2, ratio: 0.001, limit: 2, parts: [{ name, ratio: 0.001 }] },
      { by: 'answers', candidate: 150, baseline: 1.5, ratio: 100, limit: 4, parts: [] },
    ],
    'behavior-not-compared': [
      { side: 'baseline', what: 'everything' },
      { side: 'candidate', what: 'logit-scale' },
    ],
    'other-version': [pair],
    'other-architecture': [{ key: name, ...pair }],
    'baseline-without-spectra': [{}],
    'baseline-is-reference': [{}],
    'adapter-and-full': (['candidate', 'baseline'] as const).flatMap((adapter) =>
      (['is-reference', 'same-reference', 'other-reference', 'unknown'] as const).map((relation) => ({
        adapter,
        relation,
      })),
    ),
    'other-reference': [pair, { ...pair, candidate: null }, { ...pair, baseline: null }],
    'reference-shape': [
      { example: name, matrices: 1 },
      { example: name, matrices: 3 },
    ],
    'other-tensors': [
      { of: 'weight', named: [{ name, ...pair }], tensors: 1 },
      { of: 'delta', named: [{ name, candidate: null, baseline: name }], tensors: 5 },
    ],
    'other-updates': [{ example: name, updatedIn: 'candidate', matrices: 5, all: 20 }],
    'other-chat-template': [
      { candidate: true, baseline: false },
      { candidate: true, baseline: true },
    ],
    'other-suite': [
      { suite: name, candidate: name, baseline: null, versions: null },
      { suite: name, candidate: name, baseline: name, versions: null },
      { suite: name, candidate: name, baseline: name, versions: pair },
    ],
    'other-seed': [{ suite: name, ...pair }],
    'texts-not-hashed': [
      { suite: name, side: 'candidate' },
      { suite: name, side: 'baseline' },
    ],
    'other-levels': [{ suite: name, families: [{ family: name, candidate: [], baseline: [2, 3] }] }],
    'no-common-items': [{}],
    'twin-accuracy': [
      {
        capability: name,
        candidate: 0.628,
        baseline: 0.961,
        change: -0.333,
        twins: 180,
        lost: 63,
        won: 3,
        p: 1e-9,
        limit: 0.05,
      },
      {
        capability: null,
        candidate: 0.5,
        baseline: 0.6,
        change: -0.1,
        twins: 180,
        lost: 20,
        won: 2,
        p: 0.01,
        limit: 0.02,
      },
    ],
    'twin-accuracy-unclear': [
      { change: -0.01, possibleDrop: 0.061, limit: 0.05, minimumDetectable: 0.08 },
      { change: 0, possibleDrop: null, limit: 0.05, minimumDetectable: null },
    ],
    'not-informative': [
      { families: [name], nearest: null, detectableGain: null },
      { families: [], nearest: { accuracy: 0.33, chance: 0.25, facts: 100, neededFacts: 353 }, detectableGain: null },
      {
        families: Array(6).fill(name),
        nearest: { accuracy: 0.26, chance: 0.25, facts: 1, neededFacts: null },
        detectableGain: 0.161,
      },
    ],
    'shadow-delta': [
      {
        suite: name,
        twins: 'fresh',
        group: null,
        delta: estimate,
        transfer: { value: 0.25, lower: null, upper: 0.34 },
        margin: 0.05,
        transferLimit: 0.6,
      },
      {
        suite: name,
        twins: 'group',
        group: name,
        delta: estimate,
        transfer: { value: 0.25, lower: null, upper: 0.34 },
        margin: 0.05,
        transferLimit: 0.6,
      },
    ],
    retention: [{ value: 0.869, certain: 99, kept: 86, least: 0.95, bound: 0.98 }],
    'letters-memorized': [
      { suite: name, items: 100, candidate: 96, baseline: 27, p: 1e-9, answersKnown: false },
      { suite: name, items: 100, candidate: 72, baseline: 27, p: 1e-9, answersKnown: true },
    ],
    'baseline-memorized': [
      {
        suite: name,
        side: 'baseline',
        items: 100,
        kept: 96,
        chance: 0.25,
        p: 1e-4,
        exam: 1,
        twins: 0.37,
      },
      { suite: name, side: 'candidate', items: 100, kept: 96, chance: 0.25, p: 1e-4, exam: 1, twins: null },
      { suite: name, side: 'baseline', items: 100, kept: 40, chance: 0.25, p: 1e-4, exam: 1, twins: 0.97 },
    ],
    'labels-not-bound': [
      {
        suite: name,
        side: 'baseline',
        why: 'constant-label',
        items: 100,
        most: { label: name, count: 99 },
        byText: 100,
        unjudged: 0,
      },
      { suite: name, side: 'candidate', why: 'not-above-chance', items: 100, most: null, byText: 0, unjudged: 1 },
      {
        suite: name,
        side: 'baseline',
        why: 'does-not-follow-options',
        items: 100,
        most: { label: name, count: 60 },
        byText: 80,
        unjudged: 20,
      },
    ],
    'two-key': [{ spectral: name, behavioral: 'shadow-delta', metric: name }],
    'probes-not-run': [
      { side: 'candidate', cause: name },
      { side: 'baseline', cause: null },
    ],
    'left-out': [{ named: [{ id: name, reason: name }], items: 12, ran: 80, isMost: false }],
    'one-half-only': [{ half: 'spectra' }, { half: 'probes' }],
    'no-answers': [{ side: 'candidate' }],
    'level-lost': [{ family: name, count: 7, candidate: 0, baseline: 3, lost: 30, won: 2, p: 0.0001 }],
    'too-few-facts': [
      { facts: 1, least: 40, budget: null },
      { facts: 2, least: 40, budget: { seconds: 60, leastSeconds: 300, all: 360, allSeconds: 2000 } },
    ],
    'items-lost': [
      {
        items: 12,
        named: [
          { id: name, reason: name },
          { id: name, reason: null },
        ],
        capabilities: [name],
      },
    ],
    'gain-not-shown': [
      { suite: name, facts: 300, candidate: 0.55, baseline: 0.4, gain: estimate, limit: 0.05, hasFormat: true },
      { suite: name, facts: 300, candidate: 0.55, baseline: 0.4, gain: estimate, limit: 0.05, hasFormat: false },
    ],
    'accuracy-loss': [
      {
        form: 'benchmark',
        capability: null,
        suite: null,
        candidate: 0.27,
        baseline: 0.58,
        change: -0.31,
        items: 100,
        lost: 50,
        won: 19,
        p: 1e-4,
        limit: 0.02,
      },
      {
        form: 'twin',
        capability: name,
        suite: null,
        candidate: 0.24,
        baseline: 0.41,
        change: -0.17,
        items: 200,
        lost: 62,
        won: 28,
        p: 2e-4,
        limit: 0.02,
      },
    ],
    'capability-not-judged': [
      { capability: name, facts: 120, isRequired: true },
      { capability: name, facts: 120, isRequired: false },
    ],
    'probe-notes': [{ named: [name], notes: 3 }],
    unpaired: [{ facts: 90, paired: 78 }],
    'evaluation-logs': [
      {
        side: 'candidate',
        harness: name,
        version: name,
        model: name,
        source: name,
        revision: name,
        sha: name,
      },
      { side: 'baseline', harness: name, version: null, model: name, source: null, revision: null, sha: null },
    ],
    'logs-of-one-side': [
      { side: 'candidate', isAlone: false },
      { side: 'baseline', isAlone: false },
      { side: 'candidate', isAlone: true },
    ],
    'benchmark-not-comparable': [
      ...DIFFERENCES.map((cause) => ({ cause, named: [name], tasks: 1, ...pair })),
      { cause: 'task', named: [name, name], tasks: 5, candidate: null, baseline: name },
      { cause: 'chat-template', named: [name], tasks: 1, candidate: null, baseline: name },
    ],
    'benchmark-loss': [
      {
        task: name,
        metric: name,
        filter: name,
        candidate: 0.45,
        baseline: 0.875,
        change: -0.425,
        documents: 40,
        lost: 18,
        won: 1,
        p: 0.0003,
        limit: 0.05,
      },
      {
        task: null,
        metric: null,
        filter: null,
        candidate: 0.55,
        baseline: 0.866,
        change: -0.316,
        documents: 60,
        lost: 20,
        won: 1,
        p: 0.0003,
        limit: 0.02,
      },
    ],
    'benchmark-gain-not-shown': [
      { task: name, documents: 300, candidate: 0.55, baseline: 0.4, gain: estimate, limit: 0.05 },
    ],
    'benchmark-not-judged': [
      { task: name, documents: 300, accuracy: 0.26, chance: 0.25, isRequired: true },
      { task: name, documents: 300, accuracy: null, chance: 0, isRequired: false },
    ],
    'benchmark-unclear': [
      { change: -0.01, documents: 100, possibleDrop: 0.07, limit: 0.05 },
      { change: 0, documents: 12, possibleDrop: null, limit: 0.05 },
    ],
    trend: [
      { chart: 'twinAccuracy', run: 7, sum: 5.28, limit: 5, meanChange: -0.0125 },
      { chart: 'concentration', run: 1, sum: 6, limit: 5, meanChange: 0.053 },
    ],
  };
  return Object.entries(all).flatMap(([kind, cases]) => cases.map((data) => ({ kind, level, ...data }) as Finding));
}
