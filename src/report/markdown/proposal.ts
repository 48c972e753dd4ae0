import type { Report } from '../../compare/report.ts';
import { codeName, printable } from '../escape.ts';
import { renderComment } from './comment.ts';

/** Title and body of a pull request that proposes a new baseline. */
export interface ProposalText {
  readonly title: string;
  readonly body: string;
}

/** GitHub refuses a longer body; the text before the report needs some of it. */
const LIMIT = 65_536 - 2_000;
export const TITLE_KEY = 60;

/**
 * @param path where the baseline is committed
 * @param run address of the workflow run
 * @param docs address of the documentation
 */
export function describeProposal(
  report: Report,
  {
    key,
    path,
    run,
    commit,
    docs,
  }: { key: string; path: string; run: string; commit: string; docs?: string | undefined },
): ProposalText {
  const of = key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`;
  const was =
    report.baseline === null
      ? 'There is no baseline so far.'
      : 'The report below compares it with the current baseline.';
  const lines = [
    `Merging this approves the checkpoint of commit ${commit}: its measurement becomes ${codeName(path)}, the baseline of later checks. ${was}`,
    '',
    `[The run](${run}) only proposes it; merging is your decision. Every new measurement replaces this branch.`,
    '',
    ...memorizedLines(report),
  ];
  // The marker is for comments only.
  const [, ...rest] = renderComment(report, { key, limit: LIMIT, docs }).split('\n');
  return { title: `Shadow Gate: new baseline${of}`, body: [...lines, ...rest].join('\n') };
}

/** Letters that the candidate memorized stay in the baseline, also where it knows the answers. */
function memorizedLines({ findings }: Report): string[] {
  return findings.flatMap((finding) =>
    finding.kind === 'letters-memorized'
      ? [
          `**It memorized letters of ${codeName(finding.suite)}: as a baseline, it is no yardstick for those questions.**`,
          '',
        ]
      : [],
  );
}
