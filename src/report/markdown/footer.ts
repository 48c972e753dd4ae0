import type { Report } from '../../compare/report.ts';
import { codeName, plainText } from '../escape.ts';
import { formatDuration } from '../text/numbers.ts';
import { precisionPart, reportDisclaimer, storedIn } from '../text/words.ts';
import { commitLink } from './origin.ts';

const DIGEST_LENGTH = 'sha256:'.length + 12;

/** What was compared, by which tool, and what the verdict does not claim. @param repository of the baseline's commit */
export function footer(report: Report, repository?: string): string {
  const { candidate, baseline, reference, tool } = report;
  const named = (role: string, { path, digest, dtypes }: Pick<Report['candidate'], 'path' | 'digest' | 'dtypes'>) => {
    const stored = storedIn(dtypes).map((dtype) => codeName(dtype));
    const weights = stored.length === 0 ? '' : ` in ${stored.join(', ')}`;
    return `${role} ${codeName(path)} ${codeName(digest.slice(0, DIGEST_LENGTH))}${weights}`;
  };
  const subjects = [
    named('Candidate', candidate),
    baseline === null ? 'no baseline' : named('baseline', baseline) + ageOf(baseline, repository),
    reference === null ? withoutReference(report) : named('reference', reference),
  ];
  const run = `Shadow Gate ${plainText(tool.version)} · ${plainText(report.device)}${precisionPart(report, ' · ')} · ${formatDuration(report.durationSeconds)}`;
  return `<sub>${subjects.join(' · ')}<br>${run}<br>${reportDisclaimer(report)}</sub>`;
}

function withoutReference({ findings, benchmarks }: Report): string {
  if (benchmarks !== null) return 'no weights';
  const isServed = findings.some((finding) => finding.kind === 'no-weights' && finding.side === 'candidate');
  return isServed ? 'no weights' : 'no reference (W only)';
}

/** An approval that is a year old is worth little. */
function ageOf({ measured, commit }: NonNullable<Report['baseline']>, repository: string | undefined): string {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(measured)?.[0];
  const parts = [
    ...(day === undefined ? [] : [`measured ${day}`]),
    ...(commit === null ? [] : [`as of commit ${commitLink(commit, repository)}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
