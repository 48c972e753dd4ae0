import type { Report, Verdict } from '../../compare/report.ts';
import { codeName, printable } from '../escape.ts';
import { phraseMarkdown } from '../render/markdown/phrase.ts';
import { verdictSentence } from '../summary/verdict.ts';
import { trendNotes } from '../text/trend.ts';
import { ICONS } from '../text/words.ts';
import { COMMENT_LIMIT, commentMarker, renderComment } from './comment.ts';
import { trendCharts, trendLine } from './trend-chart.ts';

/** The issue about a scheduled check. */
interface Regression {
  readonly verdict: Verdict;
  readonly marker: string;
  readonly title: string;
  readonly body: string;
  readonly line: string;
}

/** A title is shown in lists; a longer key says no more there. */
const TITLE_KEY = 60;

/** Room for the marker and the link to the run. */
const AROUND = 1000;

/**
 * @param run address of the workflow run
 * @param docs address of the documentation
 */
export function describeRegression(
  report: Report,
  { key, run, docs }: { readonly key: string; readonly run: string; readonly docs?: string | undefined },
): Regression {
  const sentence = phraseMarkdown(verdictSentence(report), { links: false });
  const trend = report.trend === null ? '' : trendLine(report.trend);
  const line = `${ICONS[report.verdict]} ${report.verdict}: ${sentence} ([run](${run}))${trend && ` · ${trend}`}`;
  const charts =
    report.trend === null
      ? ''
      : [trendCharts(report.trend), ...trendNotes(report.trend).map((note) => phraseMarkdown(note, { links: false }))]
          .filter((part) => part !== '')
          .join('\n\n');
  const limit = COMMENT_LIMIT - AROUND - charts.length;
  const [, ...lines] = renderComment(report, { key, limit, docs }).split('\n');
  return {
    verdict: report.verdict,
    marker: commentMarker(`issue ${key}`),
    title: `Shadow Gate: the scheduled check${key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`} fails`,
    body: `${lines.join('\n')}\n${charts && `${charts}\n\n`}[The run](${run})${key === 'default' ? '' : ` of ${codeName(key)}`}.`,
    line,
  };
}
