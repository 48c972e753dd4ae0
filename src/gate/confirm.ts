import type { Finding } from '../compare/finding.ts';
import { findingTraits } from '../compare/finding.ts';
import { sortFindings, verdictOf } from '../compare/index.ts';
import type { Report } from '../compare/report.ts';
import type { CheckResult } from './check.ts';

/**
 * Whether a check fails by its answers alone, and new questions could show that it was noise: what a file asks is the
 * same every time, and weights are measured without noise.
 */
export function canBeConfirmed({ verdict, findings, probes }: Report): boolean {
  const failing = findings.filter(({ level }) => level === 'fail');
  return verdict === 'fail' && (probes?.drawn ?? null) !== null && failing.every(isDeficit);
}

const isDeficit = ({ kind }: Finding): boolean => findingTraits(kind).isDeficit ?? false;

/**
 * Join a failed check and the same check with new questions. If both fail, return the first with a note; else the
 * second, which judged everything, with a warning that names both.
 * @param first fails
 */
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
  const findings = sortFindings([...report.findings, finding]);
  return { measurement, report: { ...report, findings, verdict: verdictOf(findings) } };
}

function askedIn({ probes, findings }: Report) {
  const row = probes?.comparison.rows[0];
  const failing = findings.filter(({ level }) => level === 'fail');
  return {
    seed: probes?.seed ?? 0,
    benchmark: row ? changeOf(row.benchmark) : null,
    twin: row?.twinChange?.value ?? null,
    kinds: [...new Set(failing.map(({ kind }) => kind))],
  };
}

function changeOf({ baseline, candidate }: { readonly baseline: number | null; readonly candidate: number }) {
  return baseline === null ? null : candidate - baseline;
}
