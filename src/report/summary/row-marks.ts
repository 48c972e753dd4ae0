import { type Finding, type Level, SEVERITY } from '../../compare/finding.ts';
import { type Both, exceeds, reaches } from '../../compare/probes/index.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import type { DecidingRow } from '../text/deciding-row.ts';
import { NO_NUMBER } from '../text/numbers.ts';
import { findingLink, phrase } from '../text/phrase.ts';
import { wordsOf } from './finding.ts';

const markOf = (level: Level): Verdict => (level === 'info' ? 'pass' : level);

/** An accepted finding is never shown as passed. */
const levelInRow = ({ level, exception }: Finding): Level => (level === 'info' && exception ? 'warn' : level);

export const isAccepted = ({ findings }: Report, kind: Finding['kind']): boolean =>
  findings.some((finding) => finding.kind === kind && finding.level !== levelInRow(finding));

export function findingRow(finding: Finding, report: Report): DecidingRow {
  const { title, row } = wordsOf(finding);
  const { where = [], ...own } = row?.(finding, report) ?? {};
  return {
    key: `finding ${finding.kind}`,
    check: phrase`${findingLink(finding.kind, title)}${where}`,
    ...{ baseline: null, candidate: NO_NUMBER, change: NO_NUMBER, limit: NO_NUMBER },
    ...own,
    mark: markOf(levelInRow(finding)),
  };
}

/** Does a finding make these numbers inconclusive? */
export function isNotJudged({ findings }: Report, part: 'probes' | 'spectra' | 'benchmarks'): boolean {
  return findings.some(({ kind, level }) => {
    const { about } = FINDING_WORDS[kind];
    return (level === 'inconclusive' || kind === 'missing-baseline') && (about === part || about === 'everything');
  });
}

/** The level of the gravest finding that doubts a gain. */
export function gainMark({ findings }: Report): Verdict {
  const levels = findings.filter(({ kind }) => FINDING_WORDS[kind].isGain).map(levelInRow);
  const worst = SEVERITY.find((level) => levels.includes(level));
  return worst === undefined ? 'pass' : markOf(worst);
}

/** The level of a task's finding; without one, a drop beyond the limit may be chance. */
export function taskMark({ findings }: Report, task: string, change: Both, drop: number | undefined): Verdict {
  const own = findings.find((finding) => finding.kind === 'benchmark-loss' && finding.task === task);
  if (own !== undefined) return markOf(levelInRow(own));
  return isBeyondDrop(change, drop) ? 'inconclusive' : 'pass';
}

/** Did an accuracy fall by the limit or more? @param drop as a share; undefined: unknown, so any drop counts */
export function isBeyondDrop({ baseline, candidate }: Both, drop: number | undefined): boolean {
  if (baseline === null) return false;
  return drop === undefined ? exceeds(baseline - candidate, 0) : reaches(baseline - candidate, drop);
}

/** A drop beyond its limit is never shown as passed: another finding reports it, or it may be chance. */
export function changeMark(report: Report, change: Both, drop: number | undefined): Verdict {
  if (!isBeyondDrop(change, drop)) return 'pass';
  const levels = report.findings.filter(({ kind }) => FINDING_WORDS[kind].isLoss).map(levelInRow);
  const worst = SEVERITY.find((level) => level !== 'info' && levels.includes(level));
  return worst === undefined ? 'inconclusive' : markOf(worst);
}
