import type { Finding } from '../../compare/finding.ts';
import type { ProbeComparison } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { comparedSentence, withoutInLogs } from '../text/benchmarks.ts';
import { carryOverSentence, carryOverWords, examAndTwins, twinCarryOver } from '../text/exam-and-twins.ts';
import { metricPart, ofName } from '../text/metric-names.ts';
import { formatPair, formatRelative } from '../text/numbers.ts';
import { code, type Phrase, phrase, plain } from '../text/phrase.ts';
import { describeFinding, findingHeadline, nextSteps } from './finding.ts';
import { isBeyondDrop } from './row-marks.ts';

/** Findings behind the verdict, those of its level first; and `info` findings, accepted ones first. */
export function findingsBySeverity(report: Report): { readonly grave: Finding[]; readonly infos: Finding[] } {
  const order = [report.verdict, 'fail', 'inconclusive', 'warn'];
  const rank = (finding: Finding): number => order.indexOf(finding.level);
  const infos = report.findings.filter(({ level }) => level === 'info');
  return {
    grave: report.findings.filter(({ level }) => level !== 'info').sort((a, b) => rank(a) - rank(b)),
    infos: [...infos.filter(({ exception }) => exception), ...infos.filter(({ exception }) => !exception)],
  };
}

/** The finding that decides; null for a pass. */
export const decidingFinding = (report: Report): Finding | null => findingsBySeverity(report).grave[0] ?? null;

/** Findings behind the verdict; without the first if its full sentence is already the headline. */
export function findingsToList(report: Report): readonly Finding[] {
  const { grave } = findingsBySeverity(report);
  const [first, ...others] = grave;
  if (first === undefined) return [];
  return plain(findingHeadline(first, report)) === plain(describeFinding(first)) ? others : grave;
}

export function whatToDo(report: Report): readonly Phrase[] {
  const finding = decidingFinding(report);
  return finding === null ? [] : nextSteps(finding, report);
}

/** Precedes the steps. */
export const WHAT_TO_DO = 'What to do:';

/** The verdict in one plain sentence, with the number that decides. */
export function verdictSentence(report: Report): Phrase {
  const first = decidingFinding(report);
  if (first) return findingHeadline(first, report);
  if (report.verdict !== 'pass') return phrase`The verdict is ${report.verdict}, and the report gives no reason.`;
  if (report.baseline === null) return withoutBaseline(report);
  const noted = notedLoss(report);
  if (noted) return onlyNoted(noted, report);
  if (report.benchmarks !== null) {
    return phrase`No loss beyond its limit shows in the answers of ${comparedSentence(report.benchmarks)}. Nothing else was judged: logs have ${withoutInLogs(report)}.`;
  }
  return report.probes === null ? spectraSentence(report) : probesSentence(report, report.probes.comparison);
}

const withoutBaseline = ({ tensors }: Report): Phrase =>
  tensors.length === 0
    ? phrase`There is no baseline to compare with, and nothing was judged.`
    : phrase`No check of the weights alone found a problem. There is no baseline to compare with.`;

/** A finding beyond a limit that decides nothing. */
function onlyNoted(finding: Finding, report: Report): Phrase {
  const why = finding.exception
    ? phrase`An exception of the policy accepts it.`
    : phrase`The policy only notes it: its level is ${code('info')}.`;
  return phrase`${findingHeadline(finding, report)} ${why}`;
}

/** Is a gain real? Without a gain, was anything lost? */
function probesSentence(report: Report, comparison: ProbeComparison): Phrase {
  const gain = leastCarryOver(comparison);
  if (gain) {
    const words = carryOverWords(gain.carryOver) ?? 'how much of the gain carries over is too uncertain to say';
    return carryOverSentence(gain.row, gain.carryOver, { words, kinds: comparison.kinds });
  }
  const changes = examAndTwins(report);
  const lost = hasOpenLoss(report) ? 'no significant loss beyond its limit' : 'no loss beyond its limit';
  return changes === null ? spectraSentence(report) : phrase`${changes}: ${lost}.`;
}

function spectraSentence(report: Report): Phrase {
  const { shadowDeltas } = report;
  const noted = report.findings.find(({ kind, level }) => level === 'info' && kind === 'metric-moved');
  if (noted) return onlyNoted(noted, report);
  const headline = shadowDeltas.find(
    ({ module, baseline, candidate }) => module === null && baseline !== null && candidate !== null,
  );
  if (headline === undefined) return phrase`Nothing moved beyond its limit against the baseline.`;
  const { metric, of, baseline, candidate, relativeChange } = headline;
  const [before, after] = formatPair(baseline ?? 0, candidate ?? 0);
  const change = relativeChange === null ? '' : ` (${formatRelative(relativeChange)})`;
  return phrase`Nothing moved beyond its limit: ${metricPart(metric)} of ${ofName(of)} ${before} → ${after}${change}.`;
}

/** The deciding kind of twins to which a significant gain carries over least; null without one. */
export function leastCarryOver({ kinds, gains }: Pick<ProbeComparison, 'kinds' | 'gains'>) {
  const gained = gains.filter(({ gain }) => gain.lower !== null && gain.lower > 0).map(({ suite }) => suite);
  const judged = kinds.flatMap((row) => {
    const carryOver = row.role === 'decides' && gained.includes(row.suite) ? twinCarryOver(row) : null;
    return carryOver === null ? [] : [{ row, carryOver }];
  });
  return judged.sort((a, b) => a.carryOver.transfer.value - b.carryOver.transfer.value)[0] ?? null;
}

/** An accepted finding, or a loss at level `info`. With one, a pass must not say that nothing was lost. */
function notedLoss(report: Report): Finding | null {
  const { infos } = findingsBySeverity(report);
  return infos.find(({ kind, exception }) => exception !== undefined || FINDING_WORDS[kind].isLoss) ?? null;
}

/** Did exam or twins, of all facts or of a capability, fall by a limit or more, possibly by chance? */
function hasOpenLoss({ probes, applied }: Report): boolean {
  const limits = applied?.settings['twin-accuracy'];
  if (!probes || limits === undefined) return false;
  return probes.comparison.rows
    .filter(({ suite }) => suite === null)
    .some(({ capability, benchmark, twin }) => {
      const drop = capability === null ? limits.drop : limits['capability-drop'];
      return isBeyondDrop(twin, drop) || isBeyondDrop(benchmark, drop);
    });
}
