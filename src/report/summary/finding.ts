import type { Finding, FindingKind, FindingOf } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import type { FindingWords } from '../findings/finding-words.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { formatCount } from '../text/numbers.ts';
import { type Phrase, phrase, plain, prose } from '../text/phrase.ts';

export function wordsOf<K extends FindingKind>(finding: FindingOf<K>): FindingWords<K> {
  return FINDING_WORDS[finding.kind as K];
}

/** The sentence of a finding, and its exception. */
export function describeFinding<K extends FindingKind>(finding: FindingOf<K>): Phrase {
  const accepted = exceptionSentence(finding);
  return phrase`${wordsOf(finding).sentence(finding)}${accepted === null ? [] : phrase` ${accepted}`}`;
}

/** The sentence as plain, unescaped text, for report.json. */
export const findingText = (finding: Finding): string => plain(describeFinding(finding));

/** The finding that decides, in one plain sentence. */
export const findingHeadline = (finding: Finding, report: Report): Phrase =>
  wordsOf(finding).headline?.(finding, report) ?? wordsOf(finding).sentence(finding);

export const nextSteps = (finding: Finding, report: Report): readonly Phrase[] =>
  wordsOf(finding).steps(finding, report);

/** The exception for a finding, and how long it counts; null without one. */
function exceptionSentence({ exception }: Pick<Finding, 'exception'>): Phrase | null {
  if (exception === undefined) return null;
  const { who, reason, until, daysLeft } = exception;
  const because = phrase`by ${prose(who)} (${prose(reason)})`;
  return daysLeft < 0
    ? phrase`The exception ${because} expired on ${until}, so that it counts again.`
    : phrase`Accepted ${because} until ${until}, ${daysLeft === 0 ? 'today' : `${formatCount(daysLeft, 'day')} left`}.`;
}

/** What exceptions keep out of the verdict: always shown, since the verdict might be worse without them. */
export function acceptedFindings({ findings }: Pick<Report, 'findings'>): Phrase[] {
  return findings.flatMap((finding) => {
    const sentence = finding.exception && finding.exception.daysLeft >= 0 ? exceptionSentence(finding) : null;
    return sentence === null ? [] : [phrase`${FINDING_WORDS[finding.kind].title}: ${sentence}`];
  });
}
