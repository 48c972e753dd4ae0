import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { isBeyondDrop } from './row-marks.ts';

/**
 * The first loss beyond a limit that a pass only notes, since the policy gives its check the level `info`; null without one. No
 * sentence may say then that nothing was lost.
 */
export function notedLoss({ findings }: Report): Finding | null {
  return findings.find(({ kind, level }) => level === 'info' && FINDING_WORDS[kind].isLoss) ?? null;
}

/** The same of a metric beyond the limit of its rule. */
export function notedMetric({ findings }: Report): Finding | null {
  return findings.find(({ kind, level }) => level === 'info' && kind === 'metric-moved') ?? null;
}

/** Did all twins or those of a capability, or the exam, fall as far as a limit, in too few answers to tell it from chance? */
export function hasOpenLoss({ probes, applied }: Report): boolean {
  const limits = applied?.settings['twin-accuracy'];
  if (!probes || limits === undefined) return false;
  return probes.comparison.rows
    .filter(({ suite }) => suite === null)
    .some(({ capability, benchmark, twin }) => {
      const drop = capability === null ? limits.drop : limits['capability-drop'];
      return isBeyondDrop(twin, drop) || isBeyondDrop(benchmark, drop);
    });
}
