import type { Finding } from '../../compare/finding.ts';
import type { KindRow } from '../../compare/probes/comparison.ts';
import type { Report } from '../../compare/report.ts';
import { describeFinding } from './finding.ts';
import { formatInterval, formatRatio } from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

/** Suites that the sentence of a pass names. */
const MAX_GAINS = 3;

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
    : phrase`Nothing moved beyond its limit against the baseline.${gainSentence(report.probes?.comparison.kinds ?? [])}`;
}

/** A transfer whose interval lies above this carries more than half of a gain over. */
const SHARED = 0.5;

/** The answer to the first question about a benchmark that went up: is it real? Empty without a gain that twins confirm. */
function gainSentence(kinds: readonly KindRow[]): Phrase {
  const confirmed = kinds.filter(({ role, transfer }) => role === 'decides' && (transfer?.lower ?? 0) > SHARED);
  return confirmed.slice(0, MAX_GAINS).flatMap(({ suite, kind, group, transfer }) => {
    const twins = group === null ? phrase`${kind} twins` : phrase`the group twins of ${name(group)}`;
    const rate = transfer === null ? '' : formatInterval(transfer, formatRatio);
    return phrase` The gain in ${name(suite)} carries over to ${twins} with a ${term('transfer', 'transfer')} of ${rate}.`;
  });
}
