import type { Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { phraseMarkdown } from '../render/markdown/phrase.ts';
import { verdictSentence } from '../summary/verdict.ts';
import { trendNotes } from '../text/trend.ts';
import { ICONS } from '../text/words.ts';
import { trendCharts, trendLine } from './charts.ts';
import { COMMENT_LIMIT, commentMarker, renderComment } from './comment.ts';
import { ofKey, type ProposalOptions } from './proposal.ts';

/** Room for the marker and the link to the run. */
const AROUND = 1000;

export function describeRegression(report: Report, { key, run, docs }: Pick<ProposalOptions, 'key' | 'run' | 'docs'>) {
  const sentence = phraseMarkdown(verdictSentence(report), { links: false });
  const { trend } = report;
  const sums = trend === null ? '' : trendLine(trend);
  const line = `${ICONS[report.verdict]} ${report.verdict}: ${sentence} ([run](${run}))${sums && ` · ${sums}`}`;
  const notes = (trend === null ? [] : trendNotes(trend)).map((note) => phraseMarkdown(note, { links: false }));
  const charts = [trend === null ? '' : trendCharts(trend), ...notes].filter((part) => part !== '').join('\n\n');
  const limit = COMMENT_LIMIT - AROUND - charts.length;
  const [, ...lines] = renderComment(report, { key, limit, docs }).split('\n');
  return {
    verdict: report.verdict,
    marker: commentMarker(`issue ${key}`),
    title: `Shadow Gate: the scheduled check${ofKey(key)} fails`,
    body: `${lines.join('\n')}\n${charts && `${charts}\n\n`}[The run](${run})${key === 'default' ? '' : ` of ${codeName(key)}`}.`,
    line,
  };
}
