import type { Report } from '../gate/report.ts';
import { codeName, plainText } from './escape.ts';
import { formatDuration } from './numbers.ts';
import { disclaimerOf } from './words.ts';

/** `sha256:` and twelve digits: enough to tell two checkpoints apart at a glance. */
const DIGEST_LENGTH = 'sha256:'.length + 12;

/** Which files were compared, by which tool, and what the verdict does not claim. */
export function footer(report: Report): string {
  const { candidate, baseline, reference, tool } = report;
  const named = (role: string, { path, digest }: { path: string; digest: string }): string =>
    `${role} ${codeName(path)} ${codeName(digest.slice(0, DIGEST_LENGTH))}`;
  const subjects = [
    named('Candidate', candidate),
    baseline === null ? 'no baseline' : named('baseline', baseline),
    reference === null ? 'no reference (W only)' : named('reference', reference),
  ];
  const run = `Shadow Gate ${plainText(tool.version)} · ${plainText(report.device)} · ${formatDuration(report.durationSeconds)}`;
  return `<sub>${subjects.join(' · ')}<br>${run}<br>${disclaimerOf(report)}</sub>`;
}
