import type { Report } from '../../compare/report.ts';
import { baselineAge } from '../text/baseline-age.ts';
import { wordsOf } from '../text/finding.ts';
import { decidingFinding } from '../text/verdict.ts';
import { commitLink, type Origin, runLink } from './origin.ts';
import { docsLink, findingMarkdown, termLink } from './phrase.ts';

/** Which run and commit a page is about, as links; empty where it is not known. */
export function originLinks(origin: Origin | undefined): string {
  if (origin === undefined) return '';
  const { commit, repository } = origin;
  return [runLink(origin), ...(commit === null ? [] : [`commit ${commitLink(commit, repository)}`])].join(' · ');
}

/** Where a reader finds more: the page with charts, the baseline and its age, the finding that decides, and the words. */
export function moreLinks(
  report: Report,
  { origin, htmlReport }: { readonly origin: Origin | undefined; readonly htmlReport: string | undefined },
): string {
  const finding = decidingFinding(report);
  return [
    ...(htmlReport === undefined || !isAddress(htmlReport) ? [] : [`[explore the report](${htmlReport})`]),
    baselineLink(report, origin),
    ...(finding === null ? [] : [`about ${findingMarkdown(finding.kind, `“${wordsOf(finding).title}”`)}`]),
    docsLink('glossary', 'glossary'),
  ].join(' · ');
}

/** An address of ours: that of an artifact. Its characters can neither end a link nor begin another one. */
const isAddress = (url: string): boolean => /^https?:\/\/[\w.:/?=&%#~-]+$/.test(url);

function baselineLink(report: Report, origin: Origin | undefined): string {
  const { baseline } = report;
  if (baseline === null) return `no ${termLink('baseline', 'baseline')}`;
  const age = baselineAge(report);
  const where = baseline.commit === null ? '' : ` ${commitLink(baseline.commit, origin?.repository)}`;
  return `${termLink('baseline', 'baseline')}${where}${age === null ? '' : `, ${age}`}`;
}
