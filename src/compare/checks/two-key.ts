import type { Check, ComparisonContext, FoundBySubject } from '../check.ts';
import { type Finding, findingReason, findingTraits } from '../finding.ts';
import { isBehaviorJudged } from '../probes/enough-facts.ts';
import type { CalibrationReport } from '../rows/calibration.ts';
import { levelOfSuites } from '../suites/levels.ts';

/** Behavior decides and spectra warn; two warnings fail. With calibrated spectra, a sentence names the turned key. */
export const twoKeyCheck = { findAfter } satisfies Check;

function findAfter(context: ComparisonContext, { spectra, answers, benchmarks }: FoundBySubject): Finding[] {
  const { calibration, policy } = context;
  // A suite that can only warn does not fail by a warning of the spectra.
  const deficits = ([answers, benchmarks] as const).flatMap((found, i) =>
    found.filter(
      (finding) =>
        findingTraits(finding.kind).isDeficit === true &&
        (levelOfSuites(finding, i === 0 ? 'answers' : 'benchmarks', context) ?? 'fail') === 'fail',
    ),
  );
  const aboutWeights = spectra.filter((finding) => findingReason(finding).of !== null);
  const [concentrated, deficit] = [turned(aboutWeights), turned(deficits)];
  // A failure needs no second key.
  const escalates = concentrated?.level === 'warn' && deficit?.level === 'warn';
  const turnedOne = concentrated ?? deficit;
  if (!escalates && (turnedOne === undefined || !saysWhich(calibration, concentrated))) return [];
  const [first] = [deficit, concentrated].flatMap((finding) => (finding ? [findingReason(finding)] : []));
  const keys = {
    spectral: concentrated ? findingReason(concentrated).rule : null,
    behavioral: deficit ? findingReason(deficit).rule : null,
    metric: first?.metric ?? '',
    isBehaviorJudged: deficit !== undefined || isBehaviorJudged(context),
  };
  return [{ kind: 'two-key', level: escalates ? policy['two-key'].level : 'info', ...keys }];
}

/** Spectra count as within their limits only if all of them were judged, and are. */
function saysWhich(calibration: CalibrationReport | null, concentrated: Finding | undefined): boolean {
  const outcomes = (calibration?.metrics ?? []).flatMap(({ judged }) => judged?.outcome ?? []);
  if (concentrated !== undefined) return outcomes.length > 0;
  return outcomes.includes('within') && outcomes.every((outcome) => outcome === 'within' || outcome === 'idle');
}

function turned(turning: readonly Finding[]): Finding | undefined {
  return turning.find(({ level }) => level === 'fail') ?? turning.find(({ level }) => level === 'warn');
}
