import type { Finding, FindingKind, FindingOf } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import type { FindingWords } from '../findings/finding-words.ts';
import { FINDING_WORDS } from '../findings/list.ts';
import { type Phrase, phrase, plain } from '../text/phrase.ts';
import { exceptionSentence } from './exceptions.ts';

/** Everything that a report says of findings of this kind. */
export function wordsOf<K extends FindingKind>(finding: FindingOf<K>): FindingWords<K> {
  return FINDING_WORDS[finding.kind as K];
}

/** What a finding reports, in one or two full sentences, and that an exception accepts it or has expired. */
export function describeFinding<K extends FindingKind>(finding: FindingOf<K>): Phrase {
  const sentence = wordsOf(finding).sentence(finding);
  const accepted = exceptionSentence(finding);
  return accepted === null ? sentence : phrase`${sentence} ${accepted}`;
}

/** The same as plain text, nothing escaped, as report.json has it. */
export function findingText(finding: Finding): string {
  return plain(describeFinding(finding));
}

/** The finding that decides, in one plain sentence. */
export function findingHeadline(finding: Finding, report: Report): Phrase {
  return wordsOf(finding).headline?.(finding, report) ?? wordsOf(finding).sentence(finding);
}

/** What to do about a finding, in one or two steps. */
export function nextSteps(finding: Finding, report: Report): readonly Phrase[] {
  return wordsOf(finding).steps(finding, report);
}
