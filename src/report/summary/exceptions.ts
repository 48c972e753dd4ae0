import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { formatCount } from '../text/numbers.ts';
import { type Phrase, phrase, prose } from '../text/phrase.ts';

/** Which exception of the policy is for a finding, and how long it counts; null without one. */
export function exceptionSentence({ exception }: Pick<Finding, 'exception'>): Phrase | null {
  if (exception === undefined) return null;
  const { who, reason, until, daysLeft } = exception;
  const because = phrase`by ${prose(who)} (${prose(reason)})`;
  return daysLeft < 0
    ? phrase`The exception ${because} expired on ${until}, so that it counts again.`
    : phrase`Accepted ${because} until ${until}, ${daysLeft === 0 ? 'today' : `${formatCount(daysLeft, 'day')} left`}.`;
}

/**
 * What exceptions keep out of the verdict, each with its title: always shown, since a pass without them would be
 * another verdict.
 */
export function acceptedFindings({ findings }: Pick<Report, 'findings'>): Phrase[] {
  return findings.flatMap((finding) => {
    const sentence = finding.exception && finding.exception.daysLeft >= 0 ? exceptionSentence(finding) : null;
    return sentence === null ? [] : [phrase`${FINDING_WORDS[finding.kind].title}: ${sentence}`];
  });
}
