import type { Measurement } from '../measure/schema/measurement.ts';
import { effectiveRules, type Policy } from '../policy/policy.ts';
import { numberOf } from '../statistics/bounded.ts';
import { applyRules, findIdleRules } from './checks/policy-rules.ts';
import { findRankLoss } from './checks/rank-loss.ts';
import { findSpikes } from './checks/spikes.ts';
import { turnTwoKeys } from './checks/two-key.ts';
import { type Comparability, checkComparability } from './comparability.ts';
import { invalid, type Reason } from './finding.ts';
import { metricDeltas } from './metric-deltas.ts';
import { pairMetrics, pairWeights } from './pair-metrics.ts';
import { compareProbes } from './probes/report.ts';
import { REPORT_SCHEMA, type Report } from './report.ts';
import { sortReasons, verdictOf } from './verdict.ts';

export interface Comparison {
  readonly candidate: Measurement;
  /** Null: there is none; `baselinePath` says where it was looked for, if anywhere. */
  readonly baseline: Measurement | null;
  readonly baselinePath: string | null;
  /** The commit that the baseline was read from; null or missing where it was read from the disk. */
  readonly baselineCommit?: string | null | undefined;
  readonly policy: Policy;
  /** Null: the defaults. */
  readonly policyPath: string | null;
  /** What a reader should know of how it was chosen. */
  readonly remark?: string | undefined;
}

/**
 * Compare a measurement with a baseline under a policy, and say a verdict. Pure: the same measurements give the same
 * report.
 */
export function compare(comparison: Comparison): Report {
  const { candidate, baseline, baselinePath, policy, policyPath } = comparison;
  const validity: Comparability = baseline
    ? checkComparability(candidate, baseline)
    : { weights: false, deltas: false, reasons: [] };
  const weights = pairWeights(candidate, baseline && validity.weights ? baseline : null);
  const observations = baseline ? pairMetrics(candidate, baseline, validity) : [];
  const spectral = [
    ...nonFiniteReasons(candidate, policy),
    ...findRankLoss(policy, weights),
    ...unjudgedRank(candidate, policy),
    ...referenceReasons(candidate),
    ...nothingMeasured(candidate),
    ...withoutSpectrum(candidate),
    ...applyRules(effectiveRules(policy), observations),
    ...(baseline && validity.weights && validity.deltas ? findIdleRules(policy.rules, observations) : []),
    ...(baseline && validity.deltas ? ratioReasons(candidate, baseline, policy) : []),
    ...findSpikes(policy, weights),
    ...skippedReasons(candidate),
  ];
  const probes = compareProbes(candidate, baseline, policy);
  const reasons = sortReasons([
    ...(baseline ? [] : [missingBaseline(baselinePath, policy)]),
    ...policyRemark(comparison.remark),
    ...validity.reasons,
    ...probes.reasons,
    ...turnTwoKeys(spectral, probes.reasons, policy),
    ...spectral,
  ]);
  return {
    schema: REPORT_SCHEMA,
    tool: candidate.tool,
    verdict: verdictOf(reasons),
    reasons,
    candidate: subject(candidate),
    baseline: baseline && { ...subject(baseline), commit: comparison.baselineCommit ?? null },
    reference: candidate.reference && { ...candidate.reference, path: candidate.run.reference ?? '' },
    policy: policyPath,
    shadowDeltas: metricDeltas(candidate, baseline, validity, reasons),
    groups: { candidate: candidate.groups, baseline: baseline?.groups ?? [] },
    tensors: candidate.tensors,
    skipped: candidate.skipped,
    probes: probes.report,
    trend: null,
    durationSeconds: candidate.run.durationSeconds,
    device: candidate.device,
  };
}

function nonFiniteReasons(candidate: Measurement, policy: Policy): Reason[] {
  return candidate.nonFinite.map(({ name, nan, inf }) => {
    const counts = [nan > 0 ? `${nan} NaN` : '', inf > 0 ? `${inf} Inf` : ''].filter(Boolean).join(' and ');
    return {
      level: policy['non-finite'].level,
      rule: 'non-finite',
      metric: 'nonFinite',
      of: 'weight',
      place: name,
      candidate: counts,
      baseline: null,
      tolerance: { absolute: 0 },
      message: `${name}: it holds ${counts}`,
    };
  });
}

function policyRemark(message: string | undefined): Reason[] {
  if (message === undefined) return [];
  return [{ ...invalid('policy', null, 'measurement', null, null, message), rule: 'policy', level: 'info' }];
}

/** A reader would take silence for the word that nothing was lost. */
function unjudgedRank({ tensors }: Measurement, policy: Policy): Reason[] {
  const fast = tensors.filter(({ of, method }) => of === 'weight' && method === 'fast');
  const [first] = fast;
  if (!first || policy['rank-loss'].level === 'info') return [];
  const count = fast.length === 1 ? '1 matrix that was' : `${fast.length} matrices that were`;
  const message = `lost directions were not looked for in ${count} measured fast, such as ${first.name}; --method exact does`;
  return [{ ...invalid('rank', 'weight', 'measurement', null, null, message), rule: 'rank-loss', level: 'info' }];
}

function missingBaseline(path: string | null, policy: Policy): Reason {
  const level = policy['on-missing-baseline'];
  const where = path === null ? 'no baseline was given' : `there is no baseline: ${path}`;
  return {
    level: level === 'pass' ? 'info' : level,
    rule: 'missing-baseline',
    metric: 'baseline',
    of: null,
    place: 'measurement',
    candidate: null,
    baseline: null,
    tolerance: null,
    message: `${where}: nothing to compare with. The measurement of an approved checkpoint is one`,
  };
}

/** Above this the "update" is as large as the model: independent weights give √2. */
const MAX_UPDATE_SIZE = 1;

function referenceReasons(candidate: Measurement): Reason[] {
  const reasons: Reason[] = [];
  const [first] = candidate.mismatched;
  if (first !== undefined) {
    const more = candidate.mismatched.length > 1 ? ` and ${candidate.mismatched.length - 1} more` : '';
    reasons.push(
      invalid('shape', 'delta', first, null, null, `another shape than in the reference${more}: ΔW was not measured`),
    );
  }
  const size = candidate.model.delta?.updateSize ?? 0;
  if (size > MAX_UPDATE_SIZE) {
    reasons.push({
      level: 'inconclusive',
      rule: 'update-size',
      metric: 'updateSize',
      of: 'delta',
      place: 'model',
      candidate: size,
      baseline: null,
      tolerance: { absolute: MAX_UPDATE_SIZE },
      message: `the update is ${size.toPrecision(3)} times as large as the reference: is that the model it was trained from?`,
    });
  }
  return reasons;
}

function nothingMeasured(candidate: Measurement): Reason[] {
  if (candidate.method === null) {
    if (candidate.probes !== null) return [];
    const message = 'the candidate has neither spectra nor probes: measure it again';
    return [invalid('measurement', null, 'model', null, null, message)];
  }
  const measured = candidate.tensors.length;
  const skipped = candidate.skipped.length;
  if (measured === 0) {
    return [invalid('tensors', 'weight', 'checkpoint', '0', null, 'no matrix could be measured: all were skipped')];
  }
  if (skipped <= measured) return [];
  const message = `most of the checkpoint was not measured: ${skipped} tensors were skipped, ${measured} spectra measured`;
  return [invalid('tensors', 'weight', 'checkpoint', String(measured), null, message)];
}

/** Skipped tensors that are named in the reason; the report lists all. */
const NAMED_SKIPPED = 3;

/** What was not looked at is said where the verdict is read. */
function skippedReasons({ skipped }: Measurement): Reason[] {
  const [first] = skipped;
  if (!first) return [];
  const named = skipped.slice(0, NAMED_SKIPPED).map(({ name, reason }) => `${name} (${reason})`);
  const more = skipped.length > NAMED_SKIPPED ? `; and ${skipped.length - NAMED_SKIPPED} more` : '';
  return [
    {
      level: 'info',
      rule: 'skipped',
      metric: 'tensors',
      of: null,
      place: first.name,
      candidate: skipped.length,
      baseline: null,
      tolerance: null,
      message: `not measured: ${named.join('; ')}${more}`,
    },
  ];
}

/** Matrices that could not be judged although they hold numbers: squares beyond float64, or a damaged reference. */
function withoutSpectrum({ tensors, nonFinite }: Measurement): Reason[] {
  const explained = new Set(nonFinite.map(({ name }) => name));
  const unexplained = tensors.filter(({ name, status }) => status === 'notFinite' && !explained.has(wholeName(name)));
  return unexplained.map(({ name, of }) => {
    const why = of === 'weight' ? 'its squares are beyond float64' : 'the weight or the reference is not finite';
    return invalid('spectrum', of, name, null, null, `${name}: no spectrum of ${of === 'weight' ? 'W' : 'ΔW'}, ${why}`);
  });
}

/** The stored tensor that a part such as `…c_attn.weight[q]` is cut from. */
function wholeName(name: string): string {
  return name.replace(/(\[[^[\]]*\])+$/, '');
}

/** The headline metric is missing, on one side or on both: where there was an update, that is no pass. */
function ratioReasons(candidate: Measurement, baseline: Measurement, policy: Policy): Reason[] {
  const [ours, theirs] = [candidate.model.delta, baseline.model.delta];
  if (!ours || !theirs) return [];
  const [mine, its] = [ours.mlpAttentionRatio, theirs.mlpAttentionRatio];
  if (mine !== null && its !== null) return [];
  const isUntouched = ({ tensors }: Measurement) =>
    tensors.every(({ of, status }) => of === 'weight' || status === 'zero');
  // A policy that does not gate on the ratio does not miss it.
  const isGated = effectiveRules(policy).some(
    ({ metric, level }) => metric === 'mlpAttentionRatio' && level !== 'info',
  );
  return [
    {
      level: !isGated || (isUntouched(candidate) && isUntouched(baseline)) ? 'info' : 'inconclusive',
      rule: 'mlpAttentionRatio',
      metric: 'mlpAttentionRatio',
      of: 'delta',
      place: 'model',
      candidate: mine && numberOf(mine),
      baseline: its && numberOf(its),
      tolerance: null,
      message: `the MLP ÷ attention ratio is missing ${mine === null ? 'in the candidate' : 'in the baseline'}: ${(mine === null ? ours : theirs).note ?? 'no update'}. To gate such updates see "LoRA" in the README`,
    },
  ];
}

function subject(measurement: Measurement): Report['candidate'] {
  const { run, checkpoint, architecture } = measurement;
  return {
    path: run.checkpoint,
    digest: checkpoint.digest,
    measured: run.time,
    architecture,
    parameters: checkpoint.parameters,
    commit: null,
  };
}
