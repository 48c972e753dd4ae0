import { type Finding, findingTraits } from '../compare/finding.ts';
import { completeReport } from '../compare/index.ts';
import type { Report } from '../compare/report.ts';
import type { CheckResult } from './check.ts';

/**
 * Why a failed check is not repeated with new questions; null if it can be. New questions show whether a loss was
 * noise. They do not refute memory of the first ones, a file asks the same every time, and weights have no noise.
 */
export function whyNotAgain({ findings, probes }: Report): string | null {
  const failing = findings.filter(({ level }) => level === 'fail');
  if ((probes?.drawn ?? null) === null) return 'no questions were drawn';
  if (findings.some(isGain)) return 'they cannot refute that the first ones were learned';
  return failing.every(isLoss) ? null : 'it fails by more than a loss in its answers';
}

function isLoss({ kind }: Finding): boolean {
  const { isDeficit = false, rank } = findingTraits(kind);
  return isDeficit && rank === 'lost';
}

/** Including warnings: the second report cannot have them, and would replace the first. */
function isGain({ kind, level }: Finding): boolean {
  const { isOfGain = false, rank } = findingTraits(kind);
  return level !== 'info' && (isOfGain || rank === 'memorized');
}

/** If both checks fail, the first with a note; else the second, which judged everything, with a warning. */
export function afterConfirmation(first: CheckResult, second: CheckResult): CheckResult {
  const isConfirmed = second.report.verdict === 'fail';
  const { measurement, report } = isConfirmed ? first : second;
  const finding: Finding = {
    kind: isConfirmed ? 'confirmed' : 'not-confirmed',
    level: isConfirmed ? 'info' : 'warn',
    first: askedIn(first.report),
    second: askedIn(second.report),
    alpha: first.report.applied?.settings['twin-accuracy'].alpha ?? 0,
  };
  return { measurement, report: completeReport(report, [...report.findings, finding]) };
}

function askedIn({ probes, findings }: Report) {
  const row = probes?.comparison.rows[0];
  const failing = findings.filter(({ level }) => level === 'fail');
  return {
    // Nothing is asked again under a secret seed.
    seed: typeof probes?.seed === 'number' ? probes.seed : 0,
    benchmark: row && row.benchmark.baseline !== null ? row.benchmark.candidate - row.benchmark.baseline : null,
    twin: row?.twinChange?.value ?? null,
    kinds: [...new Set(failing.map(({ kind }) => kind))],
  };
}
