import type { CalibrationReport } from '../calibration/report-schema.ts';
import type { Check, FoundBySubject } from '../check.ts';
import type { ComparisonContext } from '../context.ts';
import { type Finding, findingTraits } from '../finding.ts';
import { isBehaviorJudged } from '../probes/enough-facts.ts';
import { findingReason } from '../reason.ts';

/**
 * The two keys: behavior decides, spectra alone warn, and both together count one level more, so that two warnings fail. Where the
 * spectra are calibrated, one sentence says which key turned.
 */
export const twoKeyCheck = { findAfter } satisfies Check;

function findAfter(
  { calibration, policy, probes }: ComparisonContext,
  { spectra, answers, benchmarks }: FoundBySubject,
): Finding[] {
  const [concentrated, deficit] = [
    turned(spectra, isAboutWeights),
    turned([...answers, ...benchmarks], ({ kind }) => findingTraits(kind).isDeficit === true),
  ];
  // What fails by itself needs no second key.
  const escalates = concentrated?.level === 'warn' && deficit?.level === 'warn';
  const turnedOne = concentrated ?? deficit;
  if (!escalates && (turnedOne === undefined || !saysWhich(calibration, concentrated))) return [];
  const [first] = [deficit, concentrated].flatMap((finding) => (finding ? [findingReason(finding)] : []));
  return [
    {
      kind: 'two-key',
      level: escalates ? policy['two-key'].level : 'info',
      spectral: concentrated ? findingReason(concentrated).rule : null,
      behavioral: deficit ? findingReason(deficit).rule : null,
      metric: first?.metric ?? '',
      isBehaviorJudged: deficit !== undefined || isBehaviorJudged(probes),
    },
  ];
}

/** That the spectra are within their limits is said only where all of them were judged, and are. */
function saysWhich(calibration: CalibrationReport | null, concentrated: Finding | undefined): boolean {
  const outcomes = (calibration?.metrics ?? []).flatMap(({ judged }) => judged?.outcome ?? []);
  if (concentrated !== undefined) return outcomes.length > 0;
  return outcomes.includes('within') && outcomes.every((outcome) => outcome === 'within' || outcome === 'idle');
}

/** The worst finding that turns a key. */
function turned(findings: readonly Finding[], is: (finding: Finding) => boolean): Finding | undefined {
  const turning = findings.filter(is);
  return turning.find(({ level }) => level === 'fail') ?? turning.find(({ level }) => level === 'warn');
}

function isAboutWeights(finding: Finding): boolean {
  return findingReason(finding).of !== null;
}
