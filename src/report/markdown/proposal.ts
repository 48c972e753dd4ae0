import type { Report } from '../../compare/report.ts';
import { codeName, printable } from '../escape.ts';
import { renderComment } from './comment.ts';

/** What a pull request says that proposes a new baseline. */
export interface ProposalText {
  readonly title: string;
  readonly body: string;
}

/** GitHub refuses a longer body; what stands before the report needs some of it. */
const LIMIT = 65_536 - 2_000;
const TITLE_KEY = 60;

/** @param path where the baseline is committed */
export function describeProposal(
  report: Report,
  { key, path, run, commit }: { key: string; path: string; run: string; commit: string },
): ProposalText {
  const of = key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`;
  const was =
    report.baseline === null
      ? 'There is none so far.'
      : 'The shadow deltas below say how the new one differs from the one that counts today.';
  const lines = [
    `Merging this approves the checkpoint of commit ${commit}: its measurement becomes ${codeName(path)}, which later checks compare with. ${was}`,
    '',
    `Whoever merges decides; [the run](${run}) only proposes. It replaces this branch with every new measurement.`,
    '',
  ];
  // The marker is for comments: nobody looks for this body by it.
  const [, ...rest] = renderComment(report, { key, limit: LIMIT }).split('\n');
  return { title: `Shadow Gate: new baseline${of}`, body: [...lines, ...rest].join('\n') };
}
