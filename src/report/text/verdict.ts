import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { describeFinding } from './finding.ts';
import { type Phrase, phrase } from './phrase.ts';

/** The findings behind the verdict, those of the verdict's own level first; `info` findings explain and stand apart. */
export function findingsBySeverity(report: Report): { readonly grave: Finding[]; readonly infos: Finding[] } {
  const order = [report.verdict, 'fail', 'inconclusive', 'warn'];
  const rank = (finding: Finding): number => order.indexOf(finding.level);
  return {
    grave: report.findings.filter(({ level }) => level !== 'info').sort((a, b) => rank(a) - rank(b)),
    infos: report.findings.filter(({ level }) => level === 'info'),
  };
}

/** The verdict in one plain sentence: its gravest finding, or that there is none. */
export function verdictSentence(report: Report): Phrase {
  const [first] = findingsBySeverity(report).grave;
  if (first) return describeFinding(first);
  if (report.verdict !== 'pass') return phrase`The verdict is ${report.verdict}, and the report gives no reason.`;
  return report.baseline === null
    ? phrase`No check of the weights alone found a problem. There is no baseline to compare with.`
    : phrase`Nothing moved beyond its limit against the baseline.`;
}
