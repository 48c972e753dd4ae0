import { z } from 'zod';
import { ofSchema } from '../measure/schema/measurement.ts';
import { MAX_RESIDUAL } from '../spectra/merge/merge-status.ts';
import type { Finding, FindingOf, Scope } from './finding.ts';

/** A finding in the flat form of report.json, without its level and its sentence: the same keys for every kind. */
export const reasonSchema = z.strictObject({
  /** The rule or check: the metric of a policy rule, `spike`, `non-finite`, `rank-loss`, `invalid-comparison`, … */
  rule: z.string(),
  metric: z.string(),
  /** W or ΔW; null for neither, such as the probes or a missing baseline. */
  of: ofSchema.nullable(),
  /** A tensor's name, `model`, or `q_proj` (a module type). Foreign: escape it. */
  place: z.string(),
  candidate: z.union([z.number(), z.string()]).nullable(),
  baseline: z.union([z.number(), z.string()]).nullable(),
  /** The limits: {relative: 0.25}, {absolute: …}, {robustZ: 3.5}; null where there is none. */
  tolerance: z.record(z.string(), z.number()).nullable(),
});
export type Reason = z.infer<typeof reasonSchema>;

const NOTHING = { of: null, place: 'model', candidate: null, baseline: null, tolerance: null } as const;

/** The flat form of a finding. Pure. */
export function reasonOf(finding: Finding): Reason {
  switch (finding.kind) {
    case 'metric-moved':
      return {
        rule: finding.metric,
        metric: finding.metric,
        of: finding.of,
        place: placeOf(finding.scope),
        candidate: finding.candidate,
        baseline: finding.baseline,
        tolerance: toleranceOf(finding),
      };
    case 'calibrated-metric':
      return {
        ...NOTHING,
        rule: 'calibration',
        metric: finding.metric,
        of: finding.of,
        place: placeOf(finding.scope),
        candidate: finding.candidate,
        tolerance: { [finding.direction === 'up' ? 'highest' : 'lowest']: finding.limit },
      };
    case 'not-calibrated-here':
      return {
        ...NOTHING,
        rule: 'not-calibrated-here',
        metric: 'updateSize',
        place: placeOf(finding.scope),
        candidate: finding.candidate,
        tolerance: { lowest: finding.low, highest: finding.high },
      };
    case 'calibration-refused':
      return {
        ...NOTHING,
        rule: 'calibration-refused',
        metric: finding.cause,
        place: finding.what ?? 'model',
        candidate: finding.candidate,
      };
    case 'bounds-too-wide':
      return {
        ...NOTHING,
        rule: 'bounds-too-wide',
        metric: finding.metric,
        of: finding.of,
        place: placeOf(finding.scope),
        tolerance: finding.isScreened ? null : { relative: finding.limit },
      };
    case 'idle-rule':
      return {
        ...NOTHING,
        rule: 'idle-rule',
        metric: finding.metric,
        of: finding.of,
        place: finding.modules?.join(', ') ?? 'model',
      };
    case 'spike':
      return {
        ...spike(finding.tensor, finding),
        tolerance:
          finding.evidence.test === 'odds'
            ? { oddsRatio: finding.evidence.limit }
            : { robustZ: finding.evidence.limit },
      };
    case 'group-spike':
      return { ...spike(finding.group, finding), tolerance: { oddsRatio: finding.limit } };
    case 'rank-loss':
      return {
        rule: 'rank-loss',
        metric: 'rank',
        of: 'weight',
        place: finding.tensor,
        candidate: finding.candidate,
        baseline: finding.baseline,
        tolerance: { absolute: 0 },
      };
    case 'rank-not-checked':
      return { ...NOTHING, rule: 'rank-loss', metric: 'rank', of: 'weight', place: 'measurement' };
    case 'quantization-error':
      return {
        ...NOTHING,
        rule: 'quantization-error',
        metric: 'relativeError',
        of: 'weight',
        place: 'model',
        candidate: finding.error,
      };
    case 'reference-rounding':
      return { ...NOTHING, rule: 'reference-rounding', metric: 'referenceSnr', of: 'delta', place: 'measurement' };
    case 'zero-rows':
      return {
        rule: 'zero-rows',
        metric: 'zeroRows',
        of: 'weight',
        place: finding.tensor,
        candidate: finding.candidate,
        baseline: finding.baseline,
        tolerance: null,
      };
    case 'non-finite': {
      const counts = [finding.nan > 0 ? `${finding.nan} NaN` : '', finding.inf > 0 ? `${finding.inf} Inf` : ''];
      return {
        ...NOTHING,
        rule: 'non-finite',
        metric: 'nonFinite',
        of: 'weight',
        place: finding.tensor,
        candidate: counts.filter(Boolean).join(' and '),
        tolerance: { absolute: 0 },
      };
    }
    case 'no-spectrum':
      return incomparable('spectrum', { of: finding.of, place: finding.tensor });
    case 'update-size':
      return {
        ...NOTHING,
        rule: 'update-size',
        metric: 'updateSize',
        of: 'delta',
        candidate: finding.candidate,
        tolerance: { absolute: finding.limit },
      };
    case 'nothing-trained':
      return { ...NOTHING, rule: 'nothing-trained', metric: 'unchanged', candidate: finding.matrices };
    case 'only-head-trained':
      return {
        ...NOTHING,
        rule: 'only-head-trained',
        metric: 'unchanged',
        place: finding.named[0] ?? '',
        candidate: finding.unchanged,
      };
    case 'ratio-missing':
      return {
        ...NOTHING,
        rule: 'mlpAttentionRatio',
        metric: 'mlpAttentionRatio',
        of: 'delta',
        candidate: finding.candidate,
        baseline: finding.baseline,
      };
    case 'merge-proven':
      return { ...merge('model'), candidate: finding.residual, tolerance: { residual: MAX_RESIDUAL } };
    case 'merge-unseen':
      return merge(finding.example);
    case 'merge-fault': {
      const [first] = finding.named;
      const { residual = null, coefficient = null } = first ?? {};
      return {
        ...merge(first?.name ?? ''),
        metric: finding.fault,
        candidate: coefficient ?? residual,
        tolerance: { residual: MAX_RESIDUAL },
      };
    }
    case 'merge-not-finite':
      return { ...merge(finding.named[0]?.name ?? ''), metric: 'nonFinite', candidate: finding.tensors };
    case 'merge-other-tensors':
      return { ...merge(finding.named[0]?.name ?? ''), metric: 'tensors', candidate: finding.tensors };
    case 'nothing-measured':
      return incomparable('measurement', {});
    case 'all-skipped':
      return incomparable('tensors', { of: 'weight', place: 'checkpoint', candidate: '0' });
    case 'mostly-skipped':
      return incomparable(finding.unit ?? 'tensors', {
        of: 'weight',
        place: 'checkpoint',
        candidate: String(finding.measured),
      });
    case 'skipped':
      return {
        ...NOTHING,
        rule: 'skipped',
        metric: 'tensors',
        place: finding.named[0]?.name ?? '',
        candidate: finding.tensors,
      };
    case 'unread-files':
      return {
        ...NOTHING,
        rule: 'unread-files',
        metric: 'files',
        place: finding.named[0]?.name ?? '',
        candidate: finding.files,
      };
    case 'missing-baseline':
      return { ...NOTHING, rule: 'missing-baseline', metric: 'baseline', place: 'measurement' };
    case 'changed-input':
      return { ...NOTHING, rule: 'changed-input', metric: finding.input, place: finding.path };
    case 'changed-behavior':
      return { ...NOTHING, rule: 'behavior', metric: finding.part, ...values(finding) };
    case 'logit-scale':
      return {
        ...NOTHING,
        rule: 'behavior',
        metric: finding.by === 'weights' ? 'logitScale' : 'answerSpread',
        candidate: finding.candidate,
        baseline: finding.baseline,
        tolerance: { factor: finding.limit },
      };
    case 'behavior-not-compared':
      return { ...NOTHING, rule: 'behavior', metric: finding.what, place: 'measurement' };
    case 'other-version':
      return incomparable('tool version', { place: 'measurement', ...values(finding) });
    case 'other-architecture':
      return incomparable('architecture', { place: finding.key, ...values(finding) });
    case 'baseline-without-spectra':
      return incomparable('spectra', { of: 'weight', place: 'measurement', candidate: 'measured' });
    case 'baseline-is-reference':
      return incomparable('reference', { of: 'delta', place: 'ΔW' });
    case 'adapter-and-full': {
      const kind = (here: boolean) => (here ? 'adapter' : 'full model');
      return incomparable('format', {
        candidate: kind(finding.adapter === 'candidate'),
        baseline: kind(finding.adapter === 'baseline'),
      });
    }
    case 'other-reference':
      return incomparable('reference', { of: 'delta', place: 'ΔW', ...values(finding) });
    case 'reference-shape':
      return incomparable('shape', { of: 'delta', place: finding.example });
    case 'other-tensors': {
      const [first] = finding.named;
      return incomparable('shape', {
        of: finding.of,
        place: first?.name ?? '',
        candidate: first?.candidate ?? null,
        baseline: first?.baseline ?? null,
      });
    }
    case 'other-updates': {
      const state = (here: boolean) => (here ? 'updated' : 'not updated');
      return incomparable('update', {
        of: 'delta',
        place: finding.example,
        candidate: state(finding.updatedIn === 'candidate'),
        baseline: state(finding.updatedIn === 'baseline'),
      });
    }
    case 'other-chat-template': {
      const areDifferent = finding.candidate && finding.baseline;
      const state = (used: boolean) => (areDifferent ? 'with its own' : used ? 'with' : 'without');
      return incomparable('chat template', {
        candidate: state(finding.candidate),
        baseline: state(finding.baseline),
      });
    }
    case 'other-questions':
      return incomparable('questions', { place: finding.named[0]?.item ?? '', candidate: finding.items });
    case 'other-suite':
      return incomparable('suite', { place: finding.suite, ...values(finding) });
    case 'other-seed':
      return incomparable('seed', { place: finding.suite, ...values(finding) });
    case 'texts-not-hashed':
      return incomparable('texts', { place: finding.suite });
    case 'other-levels': {
      const [first] = finding.families;
      return incomparable('levels', {
        place: first?.family ?? '',
        candidate: first?.candidate.join(', ') ?? null,
        baseline: first?.baseline.join(', ') ?? null,
      });
    }
    case 'no-common-items':
      return incomparable('items', {});
    case 'twin-accuracy':
      return {
        ...NOTHING,
        rule: 'twin-accuracy',
        metric: 'twinAccuracy',
        place: finding.capability ?? 'model',
        candidate: finding.change,
        tolerance: { absolute: finding.limit },
      };
    case 'twin-accuracy-unclear':
      return {
        ...NOTHING,
        rule: 'twin-accuracy-unclear',
        metric: 'twinAccuracy',
        candidate: finding.change,
        tolerance: { absolute: finding.limit },
      };
    case 'not-informative':
      return { ...NOTHING, rule: 'not-informative', metric: 'probes' };
    case 'shadow-delta':
      return {
        ...NOTHING,
        rule: 'shadow-delta',
        metric: 'shadowDelta',
        candidate: finding.delta.value,
        tolerance: { absolute: finding.margin, transfer: finding.transferLimit },
      };
    case 'retention':
      return {
        ...NOTHING,
        rule: 'retention',
        metric: 'retention',
        candidate: finding.value,
        tolerance: { least: finding.least, bound: finding.bound },
      };
    case 'letters-memorized':
      return {
        ...NOTHING,
        rule: 'letters-memorized',
        metric: 'keptLetters',
        place: finding.suite,
        candidate: finding.candidate,
        baseline: finding.baseline,
      };
    case 'baseline-memorized': {
      const { kept } = finding;
      return {
        ...NOTHING,
        rule: 'baseline-memorized',
        metric: 'keptLetters',
        place: finding.suite,
        ...(finding.side === 'baseline' ? { baseline: kept } : { candidate: kept }),
      };
    }
    case 'labels-not-bound':
      return { ...NOTHING, rule: 'labels-not-bound', metric: 'probes', place: finding.suite };
    case 'two-key':
      return { ...NOTHING, rule: 'two-key', metric: finding.metric };
    case 'probes-not-run':
      return { ...NOTHING, rule: 'probes-not-run', metric: 'probes' };
    case 'stopped-early':
      return {
        ...NOTHING,
        rule: 'stopped-early',
        metric: 'probes',
        place: finding.side,
        candidate: String(finding.blocks),
      };
    case 'left-out':
      return {
        ...NOTHING,
        rule: finding.isMost ? 'probes-not-run' : 'left-out',
        metric: 'probes',
        place: finding.named[0]?.id ?? '',
        candidate: String(finding.ran),
      };
    case 'no-weights':
      return {
        ...NOTHING,
        rule: 'no-weights',
        metric: 'spectra',
        place: finding.model,
        [finding.side]: finding.hub?.checkpoint ?? finding.revision ?? finding.root ?? null,
      };
    case 'answered-by-server':
      return {
        ...NOTHING,
        rule: 'answered-by-server',
        metric: 'probes',
        place: finding.model,
        [finding.side]: finding.hub ?? finding.revision ?? finding.root ?? null,
      };
    case 'other-precision':
      return {
        ...NOTHING,
        rule: 'other-precision',
        metric: 'probes',
        candidate: finding.candidate,
        baseline: finding.baseline,
        tolerance: { absolute: finding.tolerance },
      };
    case 'same-answers':
      return {
        ...NOTHING,
        rule: 'same-answers',
        metric: 'probes',
        candidate: finding.candidate,
        baseline: finding.baseline,
      };
    case 'one-half-only':
      return {
        ...NOTHING,
        rule: `${finding.half}-only`,
        metric: finding.half === 'spectra' ? 'probes' : 'spectra',
      };
    case 'no-answers':
      return { ...NOTHING, rule: 'probes-not-run', metric: 'probes' };
    case 'items-lost':
      return {
        ...NOTHING,
        rule: 'items-lost',
        metric: 'probes',
        place: finding.named[0]?.id ?? '',
        candidate: finding.items,
        tolerance: { absolute: 0 },
      };
    case 'gain-not-shown':
      return {
        ...NOTHING,
        rule: 'gain-not-shown',
        metric: 'benchmarkAccuracy',
        place: finding.suite,
        candidate: finding.gain.value,
        tolerance: { absolute: finding.limit },
      };
    case 'accuracy-loss':
      return {
        ...NOTHING,
        rule: 'accuracy-loss',
        metric: finding.form === 'benchmark' ? 'benchmarkAccuracy' : 'twinAccuracy',
        place: finding.capability ?? finding.suite ?? NOTHING.place,
        candidate: finding.change,
        tolerance: { absolute: finding.limit },
      };
    case 'level-lost':
      return {
        ...NOTHING,
        rule: 'level-lost',
        metric: 'level',
        place: finding.family,
        candidate: finding.candidate,
        baseline: finding.baseline,
      };
    case 'too-few-facts':
      return {
        ...NOTHING,
        rule: 'too-few-facts',
        metric: 'facts',
        candidate: finding.facts,
        tolerance: { least: finding.least },
      };
    case 'capability-not-judged':
      return { ...NOTHING, rule: 'capability-not-judged', metric: 'probes', place: finding.capability };
    case 'probe-notes':
      return { ...NOTHING, rule: 'probe-file', metric: 'probes' };
    case 'unpaired':
      return {
        ...NOTHING,
        rule: 'unpaired',
        metric: 'probes',
        candidate: String(finding.facts),
        baseline: String(finding.paired),
      };
    case 'evaluation-logs':
      return {
        ...NOTHING,
        rule: 'evaluation-logs',
        metric: 'benchmarks',
        place: finding.model,
        [finding.side]: finding.sha ?? finding.revision,
      };
    case 'logs-of-one-side':
      return incomparable('benchmarks', { place: 'measurement', [finding.side]: 'logs' });
    case 'benchmark-not-comparable':
      return incomparable(finding.cause, { place: finding.named[0] ?? '', ...values(finding) });
    case 'benchmark-loss':
      return {
        ...NOTHING,
        rule: 'benchmark-loss',
        metric: finding.metric === null ? 'accuracy' : `${finding.metric},${finding.filter}`,
        place: finding.task ?? NOTHING.place,
        candidate: finding.change,
        tolerance: { absolute: finding.limit },
      };
    case 'benchmark-gain-not-shown':
      return {
        ...NOTHING,
        rule: 'gain-not-shown',
        metric: 'benchmarkAccuracy',
        place: finding.task,
        candidate: finding.gain.value,
        tolerance: { absolute: finding.limit },
      };
    case 'benchmark-not-judged':
      return { ...NOTHING, rule: 'benchmark-not-judged', metric: 'benchmarks', place: finding.task };
    case 'benchmark-unclear':
      return {
        ...NOTHING,
        rule: 'benchmark-unclear',
        metric: 'benchmarkAccuracy',
        candidate: finding.change,
        tolerance: { absolute: finding.limit },
      };
    case 'trend':
      return {
        ...NOTHING,
        rule: 'trend',
        metric: finding.chart === 'concentration' ? 'mlpAttentionRatio' : finding.chart,
        of: finding.chart === 'concentration' ? 'delta' : null,
        candidate: finding.sum,
        tolerance: { cumulativeSum: finding.limit },
      };
  }
}

/** Every place that a finding is about: most are about one. */
export function placesOf(finding: Finding): readonly string[] {
  return finding.kind === 'calibrated-metric' || finding.kind === 'not-calibrated-here'
    ? finding.places
    : [reasonOf(finding).place];
}

/** `model`, or the name of the module type or tensor. */
export function placeOf(scope: Scope): string {
  return scope.kind === 'model' ? 'model' : scope.name;
}

function toleranceOf({ limit: { absolute, relative } }: FindingOf<'metric-moved'>): Record<string, number> {
  return { ...(absolute === null ? {} : { absolute }), ...(relative === null ? {} : { relative }) };
}

function spike(place: string, { candidate, baseline }: { candidate: number | null; baseline: number | null }) {
  return { rule: 'spike', metric: 'topEnergy.1', of: 'weight', place, candidate, baseline } as const;
}

function merge(place: string): Reason {
  return { ...NOTHING, rule: 'merge', metric: 'merge', of: 'weight', place };
}

function incomparable(metric: string, rest: Partial<Reason>): Reason {
  return { ...NOTHING, ...rest, rule: 'invalid-comparison', metric };
}

function values({ candidate, baseline }: { candidate: string | null; baseline: string | null }) {
  return { candidate, baseline };
}
