import type { Finding } from '../../compare/finding.ts';
import type { Estimate, KindRow, ProbeComparison } from '../../compare/probes/comparison.ts';
import type { Report } from '../../compare/report.ts';
import { comparedSentence } from './benchmarks.ts';
import { describeFinding } from './finding.ts';
import { formatInteger, formatInterval, formatRatio } from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';

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
  if (report.baseline === null) {
    return phrase`No check of the weights alone found a problem. There is no baseline to compare with.`;
  }
  if (report.benchmarks !== null) {
    return phrase`No loss beyond its limit shows in the answers of ${comparedSentence(report.benchmarks)}. Nothing else was judged: logs have no weights and no twins.`;
  }
  const gain = report.probes === null ? phrase`` : gainSentence(report.probes.comparison);
  return phrase`Nothing moved beyond its limit against the baseline.${gain}`;
}

/** An interval of a transfer with this in it leaves open whether most of a gain carries over. */
const SHARED = 0.5;

/**
 * The answer to the first question about a benchmark that went up: is it real? Of several suites and kinds of twins, those to
 * which the least carried over. Empty without a significant gain, and where format twins alone judge it.
 */
function gainSentence({ kinds, gains }: ProbeComparison): Phrase {
  const gained = gains.filter(({ gain }) => gain.lower !== null && gain.lower > 0).map(({ suite }) => suite);
  const judged = kinds.flatMap(({ suite, role, transfer, ...row }) =>
    role === 'decides' && transfer !== null && gained.includes(suite) ? [{ ...row, suite, transfer }] : [],
  );
  const [least] = judged.sort((a, b) => a.transfer.value - b.transfer.value);
  if (!least) return [];
  const { suite, transfer } = least;
  const suites = new Set(judged.map((row) => row.suite)).size;
  const which =
    suites === 1
      ? phrase` The gain in ${name(suite)}`
      : phrase` Of the gains in ${formatInteger(suites)} suites, that in ${name(suite)}`;
  const rate = phrase`${term('transfer', 'transfer')} of ${formatInterval(transfer, formatRatio)}`;
  if (!isWithin(SHARED, transfer)) {
    const order = suites === 1 ? '' : ' least';
    return phrase`${which} carries over${order} to ${twinsOf(least)} with a ${rate}.`;
  }
  const order = suites === 1 ? '' : ', the smallest';
  return phrase`${which} has a ${rate} to ${twinsOf(least)}${order}: too uncertain to say how much of it carries over.`;
}

function isWithin(value: number, { lower, upper }: Estimate): boolean {
  return (lower === null || lower <= value) && (upper === null || upper >= value);
}

function twinsOf({ kind, group }: Pick<KindRow, 'kind' | 'group'>): Phrase {
  return group === null ? phrase`${kind} twins` : phrase`the group twins of ${name(group)}`;
}
