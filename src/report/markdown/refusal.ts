import type { Verdict } from '../../compare/report.ts';
import { codeName, plainText } from '../escape.ts';
import { ICONS } from '../text/words.ts';
import { commentMarker } from './comment.ts';
import { type Origin, originLines, runLink, runMarker } from './origin.ts';

/** The comment in place of a report that disagrees with the run that made it: it repeats none of its numbers. */
export function renderRefusal({
  key,
  origin,
  verdict,
  conclusion,
}: {
  readonly key: string;
  readonly origin: Origin;
  readonly verdict: Verdict;
  /** How the run ended, in GitHub's words. */
  readonly conclusion: string;
}): string {
  return [
    `${commentMarker(key)}\n${runMarker(origin)}`,
    `## ${ICONS.inconclusive} Shadow Gate: inconclusive${key === 'default' ? '' : ` · ${codeName(key)}`}`,
    `**The report of ${runLink(origin)} has the verdict ${verdict}, and the run ended with ${plainText(conclusion)}. They disagree, so the report is not shown.**`,
    originLines(origin),
    'Open that run to see which of them is right. If its workflow sets `fail-on`, set the same in the workflow that publishes the report, and keep the gate in a workflow of its own, so that nothing else decides how the run ends.\n',
  ].join('\n\n');
}
