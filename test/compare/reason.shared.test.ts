import { expect, it } from 'vitest';
import { findingReason } from '../../src/compare/finding.ts';
import { everyFinding } from '../report/findings.ts';

/**
 * The flat form that scripts read from report.json: `rule`, `metric`, `of`, `place`, `candidate`, `baseline`,
 * `tolerance`. A change here breaks them, so it belongs into the changelog.
 */
const MODEL = [null, 'model', null, null, null] as const;
const PAIR = ['w', 'w', null] as const;
const EXPECTED: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  'metric-moved': [
    ['stableRank', 'stableRank', 'weight', 'w', 8, 10, { absolute: 1, relative: 0.1 }],
    ['w', 'w', 'delta', 'w', 0.2, 0, { relative: 0.1 }],
  ],
  'calibrated-metric': [
    ['calibration', 'topEnergyLogOdds', 'delta', 'w', 2.31, null, { highest: 1.84 }],
    ['calibration', 'mlpAttentionRatio', 'delta', 'model', 0.71, null, { highest: 0.66 }],
    ['calibration', 'stableRank', 'delta', 'w', 2.1, null, { lowest: 2.4 }],
  ],
  'not-calibrated-here': [
    ['not-calibrated-here', 'updateSize', null, 'model', 0.31, null, { lowest: 0.12, highest: 0.2 }],
    ['not-calibrated-here', 'updateSize', null, 'w', 0.01, null, { lowest: 0.12, highest: 0.2 }],
  ],
  'calibration-refused': [
    ['calibration-refused', 'no-update', null, 'model', null, null, null],
    ['calibration-refused', 'rank', null, 'w', 'w', null, null],
    ['calibration-refused', 'reference', null, 'model', null, null, null],
  ],
  'stopped-early': [
    ['stopped-early', 'probes', null, 'candidate', '3', null, null],
    ['stopped-early', 'probes', null, 'baseline', '1', null, null],
  ],
  'idle-rule': [
    ['idle-rule', 'w', 'delta', 'w, w', null, null, null],
    ['idle-rule', 'rowGini', 'weight', 'model', null, null, null],
  ],
  spike: [
    ['spike', 'topEnergy.1', 'weight', 'w', 0.4, null, { robustZ: 3.5 }],
    ['spike', 'topEnergy.1', 'weight', 'w', 0.4, 0.1, { robustZ: 3.5 }],
    ['spike', 'topEnergy.1', 'weight', 'w', 0.4, 0.1, { oddsRatio: 2 }],
  ],
  'group-spike': [['spike', 'topEnergy.1', 'weight', 'w', 0.4, 0.1, { oddsRatio: 2 }]],
  'rank-loss': [
    ['rank-loss', 'rank', 'weight', 'w', 7, 8, { absolute: 0 }],
    ['rank-loss', 'rank', 'weight', 'w', 0, null, { absolute: 0 }],
  ],
  'rank-not-checked': [
    ['rank-loss', 'rank', 'weight', 'measurement', null, null, null],
    ['rank-loss', 'rank', 'weight', 'measurement', null, null, null],
    ['rank-loss', 'rank', 'weight', 'measurement', null, null, null],
  ],
  'quantization-error': [
    ['quantization-error', 'relativeError', 'weight', 'model', 0.0912, null, null],
    ['quantization-error', 'relativeError', 'weight', 'model', 0.0912, null, null],
  ],
  'vocabulary-rows': [
    ['vocabulary-rows', 'others', 'weight', 'w', 10000, null, null],
    ['vocabulary-rows', 'others', 'weight', 'w', 1, null, null],
    ['vocabulary-rows', 'zeroed', 'weight', 'w', 10000, null, null],
    ['vocabulary-rows', 'zeroed', 'weight', 'w', 1, null, null],
    ['vocabulary-rows', 'moved', 'weight', 'w', 10000, null, null],
    ['vocabulary-rows', 'moved', 'weight', 'w', 1, null, null],
    ['vocabulary-rows', 'added', 'weight', 'w', 10000, null, null],
    ['vocabulary-rows', 'added', 'weight', 'w', 1, null, null],
  ],
  'reference-rounding': [
    ['reference-rounding', 'referenceSnr', 'delta', 'measurement', null, null, null],
    ['reference-rounding', 'referenceSnr', 'delta', 'measurement', null, null, null],
  ],
  'zero-rows': [['zero-rows', 'zeroRows', 'weight', 'w', 12, 0, null]],
  'non-finite': [['non-finite', 'nonFinite', 'weight', 'w', '3 NaN and 1 Inf', null, { absolute: 0 }]],
  'merge-proven': [
    ['merge', 'merge', 'weight', 'model', 1.02, null, { residual: 2 }],
    ['merge', 'merge', 'weight', 'model', 0.01, null, { residual: 2 }],
  ],
  'merge-unseen': [
    ['merge', 'merge', 'weight', 'w', null, null, null],
    ['merge', 'merge', 'weight', 'w', null, null, null],
  ],
  'merge-fault': [
    'not-applied',
    'different',
    'not-finite',
    'not-in-checkpoint',
    'not-in-reference',
    'other-shape',
    'unreadable',
  ].map((fault) => ['merge', fault, 'weight', 'w', 0.5, null, { residual: 2 }]),
  'merge-not-finite': [['merge', 'nonFinite', 'weight', 'w', 2, null, null]],
  'merge-other-tensors': [['merge', 'tensors', 'weight', 'w', 4, null, null]],
  'no-spectrum': [
    ['invalid-comparison', 'spectrum', 'weight', 'w', null, null, null],
    ['invalid-comparison', 'spectrum', 'delta', 'w', null, null, null],
  ],
  'update-size': [
    ['update-size', 'updateSize', 'delta', 'model', 1.41, null, { absolute: 1 }],
    ['update-size', 'updateSize', 'delta', 'model', 1.41, null, { absolute: 1 }],
  ],
  'nothing-trained': Array.from({ length: 6 }, () => ['nothing-trained', 'unchanged', null, 'model', 12, null, null]),
  'only-head-trained': [
    ['only-head-trained', 'unchanged', null, 'w', 12, null, null],
    ['only-head-trained', 'unchanged', null, 'w', 1, null, null],
  ],
  'ratio-missing': [
    ['mlpAttentionRatio', 'mlpAttentionRatio', 'delta', 'model', null, 0.6, null],
    ['mlpAttentionRatio', 'mlpAttentionRatio', 'delta', 'model', 0.6, null, null],
  ],
  'nothing-measured': [['invalid-comparison', 'measurement', ...MODEL]],
  'all-skipped': [['invalid-comparison', 'tensors', 'weight', 'checkpoint', '0', null, null]],
  'mostly-skipped': [
    ['invalid-comparison', 'tensors', 'weight', 'checkpoint', '20', null, null],
    ['invalid-comparison', 'parameters', 'weight', 'checkpoint', '20000', null, null],
  ],
  skipped: [['skipped', 'tensors', null, 'w', 4, null, null]],
  'no-weights': [
    ['no-weights', 'spectra', null, 'w', 'w', null, null],
    ['no-weights', 'spectra', null, 'w', null, null, null],
    ['no-weights', 'spectra', null, 'w', 'w', null, null],
    ['no-weights', 'spectra', null, 'w', null, 'w', null],
  ],
  'answered-by-server': [
    ['answered-by-server', 'probes', null, 'w', 'w', null, null],
    ['answered-by-server', 'probes', null, 'w', null, null, null],
  ],
  'other-precision': [
    ['other-precision', 'probes', null, 'model', null, 'float32', { absolute: 0.05 }],
    ['other-precision', 'probes', null, 'model', 'float32', '16-bit', { absolute: 0.05 }],
  ],
  'same-answers': [
    ['same-answers', 'probes', null, 'model', 'w', 'w', null],
    ['same-answers', 'probes', null, 'model', 'w', 'w', null],
  ],
  'signature-broken': [
    ['signature', 'changed', null, 'w', 1, null, null],
    ['signature', 'missing', null, 'w', 9, null, null],
  ],
  'signature-refused': [
    ['signature', 'missing', ...MODEL.slice(0, 2), null, null, null],
    ['signature', 'other-key', ...MODEL.slice(0, 2), null, null, null],
  ],
  'signature-unchecked': [['signature', 'files', null, 'model', 2, null, null]],
  'signature-valid': [['signature', 'key', null, 'model', 2, null, null]],
  'unread-files': [['unread-files', 'files', null, 'w', 2, null, null]],
  'missing-baseline': [
    ['missing-baseline', 'baseline', null, 'measurement', null, null, null],
    ['missing-baseline', 'baseline', null, 'measurement', null, null, null],
  ],
  'stale-baseline': [
    ['stale-baseline', 'baseline', null, 'measurement', 120, null, { absolute: 90 }],
    ['stale-baseline', 'baseline', null, 'measurement', null, null, { absolute: 90 }],
  ],
  'changed-input': [
    'policy',
    'policy',
    'baseline',
    'calibration',
    'probe-file',
    'reference',
    'workflow',
    'logs',
    'tokenizer',
  ].map((input) => ['changed-input', input, null, 'w', null, null, null]),
  'changed-behavior': [
    ['behavior', 'tokenizer', null, 'model', ...PAIR],
    ['behavior', 'tokenizer', null, 'model', ...PAIR],
    ['behavior', 'tokenizer', null, 'model', ...PAIR],
    ['behavior', 'special-tokens', null, 'model', ...PAIR],
    ['behavior', 'chat-template', null, 'model', null, 'w', null],
    ['behavior', 'generation-config', null, 'model', 'w', null, null],
    ['behavior', 'code', null, 'model', ...PAIR],
    ['behavior', 'code', null, 'model', 'w', null, null],
    ['behavior', 'tokenizer', null, 'model', ...PAIR],
    ['behavior', 'special-tokens', null, 'model', ...PAIR],
    ['behavior', 'generation-config', null, 'model', 'w', null, null],
  ],
  'logit-scale': [
    ['behavior', 'logitScale', null, 'model', 0.002, 2, { factor: 2 }],
    ['behavior', 'answerSpread', null, 'model', 150, 1.5, { factor: 4 }],
  ],
  'behavior-not-compared': [
    ['behavior', 'everything', null, 'measurement', null, null, null],
    ['behavior', 'config', null, 'measurement', null, null, null],
    ['behavior', 'logit-scale', null, 'measurement', null, null, null],
    ['behavior', 'questions', null, 'measurement', null, null, null],
    ['behavior', 'questions', null, 'measurement', null, null, null],
  ],
  'other-version': [['invalid-comparison', 'tool version', null, 'measurement', ...PAIR]],
  'other-architecture': [['invalid-comparison', 'architecture', null, 'w', ...PAIR]],
  'baseline-without-spectra': [['invalid-comparison', 'spectra', 'weight', 'measurement', 'measured', null, null]],
  'baseline-is-reference': [['invalid-comparison', 'reference', 'delta', 'ΔW', null, null, null]],
  'adapter-and-full': (['candidate', 'baseline'] as const).flatMap((adapter) => {
    const kinds = adapter === 'candidate' ? ['adapter', 'full model'] : ['full model', 'adapter'];
    return Array.from({ length: 4 }, () => ['invalid-comparison', 'format', null, 'model', ...kinds, null]);
  }),
  'other-reference': [
    ['invalid-comparison', 'reference', 'delta', 'ΔW', ...PAIR],
    ['invalid-comparison', 'reference', 'delta', 'ΔW', null, 'w', null],
    ['invalid-comparison', 'reference', 'delta', 'ΔW', 'w', null, null],
  ],
  'reference-shape': [
    ['invalid-comparison', 'shape', 'delta', 'w', null, null, null],
    ['invalid-comparison', 'shape', 'delta', 'w', null, null, null],
  ],
  'other-tensors': [
    ['invalid-comparison', 'shape', 'weight', 'w', ...PAIR],
    ['invalid-comparison', 'shape', 'delta', 'w', null, 'w', null],
  ],
  'other-updates': [['invalid-comparison', 'update', 'delta', 'w', 'updated', 'not updated', null]],
  'other-chat-template': [
    ['invalid-comparison', 'chat template', null, 'model', 'with', 'without', null],
    ['invalid-comparison', 'chat template', null, 'model', 'with its own', 'with its own', null],
  ],
  'other-questions': [['invalid-comparison', 'questions', null, 'w', 540, null, null]],
  'other-suite': [
    ['invalid-comparison', 'suite', null, 'w', 'w', null, null],
    ['invalid-comparison', 'suite', null, 'w', ...PAIR],
    ['invalid-comparison', 'suite', null, 'w', ...PAIR],
  ],
  'texts-not-hashed': [
    ['invalid-comparison', 'texts', null, 'w', null, null, null],
    ['invalid-comparison', 'texts', null, 'w', null, null, null],
  ],
  'other-levels': [['invalid-comparison', 'levels', null, 'w', '', '2, 3', null]],
  'other-seed': [['invalid-comparison', 'seed', null, 'w', ...PAIR]],
  'no-common-items': [['invalid-comparison', 'items', ...MODEL]],
  'twin-accuracy': [
    ['twin-accuracy', 'twinAccuracy', null, 'w', -0.333, null, { absolute: 0.05 }],
    ['twin-accuracy', 'twinAccuracy', null, 'model', -0.1, null, { absolute: 0.02 }],
  ],
  'twin-accuracy-unclear': [
    ['twin-accuracy-unclear', 'twinAccuracy', null, 'model', -0.01, null, { absolute: 0.05 }],
    ['twin-accuracy-unclear', 'twinAccuracy', null, 'model', 0, null, { absolute: 0.05 }],
  ],
  'not-informative': [
    ['not-informative', 'probes', ...MODEL],
    ['not-informative', 'probes', ...MODEL],
    ['not-informative', 'probes', ...MODEL],
  ],
  'shadow-delta': [
    ['shadow-delta', 'shadowDelta', null, 'model', 0.359, null, { absolute: 0.05, transfer: 0.6 }],
    ['shadow-delta', 'shadowDelta', null, 'model', 0.359, null, { absolute: 0.05, transfer: 0.6 }],
  ],
  'gain-not-shown': [
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
  ],
  retention: [['retention', 'retention', null, 'model', 0.869, null, { least: 0.95, bound: 0.98 }]],
  'letters-memorized': [
    ['letters-memorized', 'keptLetters', null, 'w', 96, 27, null],
    ['letters-memorized', 'keptLetters', null, 'w', 72, 27, null],
  ],
  'baseline-memorized': [
    ['baseline-memorized', 'keptLetters', null, 'w', null, 96, null],
    ['baseline-memorized', 'keptLetters', null, 'w', 96, null, null],
    ['baseline-memorized', 'keptLetters', null, 'w', null, 40, null],
  ],
  'labels-not-bound': [
    ['labels-not-bound', 'probes', null, 'w', null, null, null],
    ['labels-not-bound', 'probes', null, 'w', null, null, null],
    ['labels-not-bound', 'probes', null, 'w', null, null, null],
  ],
  'two-key': ['w', 'w', 'w', 'retention'].map((metric) => ['two-key', metric, ...MODEL]),
  'probes-not-run': [
    ['probes-not-run', 'probes', ...MODEL],
    ['probes-not-run', 'probes', ...MODEL],
  ],
  'left-out': [['left-out', 'probes', null, 'w', '80', null, null]],
  'one-half-only': [
    ['spectra-only', 'probes', ...MODEL],
    ['probes-only', 'spectra', ...MODEL],
  ],
  'no-answers': [['probes-not-run', 'probes', ...MODEL]],
  'must-pass-broken': [
    ['must-pass-broken', 'mustPass', null, 'w', 7, null, { absolute: 0 }],
    ['must-pass-broken', 'mustPass', null, 'w', 1, null, { absolute: 0 }],
  ],
  'must-pass-not-asked': [
    ['must-pass-not-asked', 'mustPass', null, 'w', 2, null, { absolute: 0 }],
    ['must-pass-not-asked', 'mustPass', null, 'w', null, null, { absolute: 0 }],
  ],
  'refusals-lost': [['refusals-lost', 'refusals', null, 'w', 29, 40, { absolute: 0.05 }]],
  'refusals-unclear': [
    ['refusals-unclear', 'refusals', null, 'w', -0.048, null, { absolute: 0.1 }],
    ['refusals-unclear', 'refusals', null, 'w', 0, null, { absolute: 0.1 }],
  ],
  'refusals-too-few': [['refusals-too-few', 'refusals', null, 'w', null, 3, { least: 7 }]],
  'level-lost': [['level-lost', 'level', null, 'w', 0, 3, null]],
  'too-few-facts': [
    ['too-few-facts', 'facts', null, 'model', 1, null, { least: 40 }],
    ['too-few-facts', 'facts', null, 'model', 2, null, { least: 40 }],
  ],
  'items-lost': [['items-lost', 'probes', null, 'w', 12, null, { absolute: 0 }]],
  'accuracy-loss': [
    ['accuracy-loss', 'benchmarkAccuracy', null, 'model', -0.31, null, { absolute: 0.02 }],
    ['accuracy-loss', 'twinAccuracy', null, 'w', -0.17, null, { absolute: 0.02 }],
  ],
  'likelihood-loss': [
    ['likelihood-loss', 'answerLikelihood', null, 'model', -0.112, null, { absolute: 0.05 }],
    ['likelihood-loss', 'answerLikelihood', null, 'w', -0.09, null, { absolute: 0.05 }],
  ],
  'own-text': ['model', 'model', 'model', 'w', 'model', 'model', 'model', 'model'].map((place) => [
    ...['own-text', 'ownText', null, place, 6.157, null, { absolute: 2.5 }],
  ]),
  'fresh-questions': ['model', 'w'].map((place) => [
    ...['fresh-questions', 'examAccuracy', null, place, 0.301, 0.672],
    { absolute: 0.05 },
  ]),
  'protocol-template': [1, 2].map(() => ['protocol-template', 'protocol', null, 'end of turn', null, 24, null]),
  'protocol-end-token': [['protocol-end-token', 'protocol', null, 'model', null, null, null]],
  'protocol-lost': ['end of turn', 'end of a tool call'].map((place) => [
    ...['protocol-lost', 'protocol', null, place, 3, 24],
    { absolute: 0.2 },
  ]),
  'protocol-not-asked': ['model', 'tool call'].map((place) => [
    ...['protocol-not-asked', 'protocol', null, place, null, null, null],
  ]),
  'protocol-likelihood': [['protocol-likelihood', 'protocol', null, 'tool name', 0.91, null, { absolute: 0.5 }]],
  'text-likelihood': [['text-likelihood', 'textLikelihood', null, 'w', -0.052, null, { absolute: 0.03 }]],
  'likelihood-unclear': [
    ['likelihood-unclear', 'answerLikelihood', null, 'model', -0.03, null, { absolute: 0.05 }],
    ['likelihood-unclear', 'answerLikelihood', null, 'model', -0.028, null, { absolute: 0.03 }],
  ],
  'likelihood-missing': [['likelihood-missing', 'answerLikelihood', null, 'model', 12, null, null]],
  'answer-mass': [['answer-mass', 'answerLikelihood', null, 'model', 0.043, null, { absolute: 0.03 }]],
  'judged-by-likelihood': [['judged-by-likelihood', 'probes', null, 'w', null, null, null]],
  'capability-not-judged': [
    ['capability-not-judged', 'probes', null, 'w', null, null, null],
    ['capability-not-judged', 'probes', null, 'w', null, null, null],
  ],
  'bounds-too-wide': [
    ['bounds-too-wide', 'stableRank', 'delta', 'model', null, null, { relative: 0.08 }],
    ['bounds-too-wide', 'topEnergy.1', 'weight', 'w', null, null, null],
  ],
  'probe-notes': [['probe-file', 'probes', ...MODEL]],
  unpaired: [['unpaired', 'probes', null, 'model', '90', '78', null]],
  'evaluation-logs': [
    ['evaluation-logs', 'benchmarks', null, 'w', 'w', null, null],
    ['evaluation-logs', 'benchmarks', null, 'w', null, null, null],
  ],
  'logs-of-one-side': [
    ['invalid-comparison', 'benchmarks', null, 'measurement', 'logs', null, null],
    ['invalid-comparison', 'benchmarks', null, 'measurement', null, 'logs', null],
    ['invalid-comparison', 'benchmarks', null, 'measurement', 'logs', null, null],
  ],
  'benchmark-not-comparable': [
    ['invalid-comparison', 'harness', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'task', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'samples', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'version', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'shots', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'repeats', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'scoring', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'members', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'documents', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'chat-template', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'system-instruction', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'prompts', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'requests', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'targets', null, 'w', 'w', 'w', null],
    ['invalid-comparison', 'task', null, 'w', null, 'w', null],
    ['invalid-comparison', 'chat-template', null, 'w', null, 'w', null],
  ],
  'benchmark-loss': [
    ['benchmark-loss', 'w,w', null, 'w', -0.425, null, { absolute: 0.05 }],
    ['benchmark-loss', 'accuracy', null, 'model', -0.316, null, { absolute: 0.02 }],
  ],
  'benchmark-gain-not-shown': [
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
    ['gain-not-shown', 'benchmarkAccuracy', null, 'w', 0.359, null, { absolute: 0.05 }],
  ],
  'suite-missing': [
    ['suite-missing', 'probes', null, 'w', null, null, null],
    ['suite-missing', 'probes', null, 'w', null, null, null],
    ['suite-missing', 'probes', null, 'w', null, null, null],
  ],
  'suite-unclear': [
    ['suite-unclear', 'accuracy', null, 'w', -0.01, null, { absolute: 0.03 }],
    ['suite-unclear', 'accuracy', null, 'w', 0, null, { absolute: 0.05 }],
  ],
  'slice-loss': [
    ['slice-loss', 'accuracy', null, 'w · w = w', -0.3, null, { absolute: 0.05 }],
    ['slice-loss', 'accuracy', null, 'w · w = w', -0.1, null, { absolute: 0.03 }],
  ],
  'slices-not-judged': [
    ['slices-not-judged', 'probes', null, 'w · w', null, null, null],
    ['slices-not-judged', 'probes', null, 'w · w', null, null, null],
  ],
  'benchmark-not-judged': [
    ['benchmark-not-judged', 'benchmarks', null, 'w', null, null, null],
    ['benchmark-not-judged', 'benchmarks', null, 'w', null, null, null],
  ],
  'benchmark-unclear': [
    ['benchmark-unclear', 'benchmarkAccuracy', null, 'model', -0.01, null, { absolute: 0.05 }],
    ['benchmark-unclear', 'benchmarkAccuracy', null, 'model', 0, null, { absolute: 0.05 }],
  ],
  'not-confirmed': [['not-confirmed', 'twinAccuracy', null, 'model', -0.004, -0.062, null]],
  confirmed: [['confirmed', 'twinAccuracy', null, 'model', null, -0.062, null]],
  trend: [
    ['trend', 'twinAccuracy', null, 'model', 5.28, null, { cumulativeSum: 5 }],
    ['trend', 'mlpAttentionRatio', 'delta', 'model', 6, null, { cumulativeSum: 5 }],
  ],
};

const all = everyFinding('w');

it.each([...new Set(all.map(({ kind }) => kind))])('scripts that read %s from report.json keep working', (kind) => {
  const flat = all
    .filter((finding) => finding.kind === kind)
    .map(findingReason)
    .map(({ rule, metric, of, place, candidate, baseline, tolerance }) => [
      rule,
      metric,
      of,
      place,
      candidate,
      baseline,
      tolerance,
    ]);
  expect(flat).toEqual(EXPECTED[kind]);
});

it('a suite of which most items were left out has the rule of probes that did not run', () => {
  const [leftOut] = all.filter(({ kind }) => kind === 'left-out');
  expect(leftOut && findingReason({ ...leftOut, isMost: true } as typeof leftOut).rule).toBe('probes-not-run');
});
