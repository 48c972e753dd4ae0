import type { Finding } from '../../compare/finding.ts';
import type { Report } from '../../compare/report.ts';
import { codeName, printable, shorten } from '../escape.ts';
import { phraseLine } from '../render/terminal/phrase.ts';
import { describeFinding, nextSteps, wordsOf } from '../summary/finding.ts';
import { findingsBySeverity, verdictSentence } from '../summary/verdict.ts';
import { type MarkdownOptions, renderComment } from './comment.ts';

/** GitHub's limit for one request. */
export const MAX_ANNOTATIONS = 50;
/** In bytes, which is safe: GitHub's docs say characters. */
const SUMMARY_LIMIT = 65_535;
const TITLE_LENGTH = 250;
const MESSAGE_LENGTH = 2000;

interface CheckAnnotation {
  readonly level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  /** The file of the finding; null for a checkpoint, which has no lines. */
  readonly path: string | null;
  readonly message: string;
}

export interface CheckRunText {
  readonly title: string;
  /** The comment, without its markers. */
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
}

export function describeCheckRun(report: Report, options: MarkdownOptions): CheckRunText {
  const { grave } = findingsBySeverity(report);
  const verdict = `${report.verdict}${options.override ? ', overridden' : ''}`;
  const comment = renderComment(report, { ...options, limit: SUMMARY_LIMIT, unit: 'bytes' });
  return {
    title: printable(`${verdict}: ${phraseLine(verdictSentence(report))}`, TITLE_LENGTH),
    summary: comment.replace(/^(?:<!-- [^\n]* -->\n)+/, ''),
    annotations: grave.slice(0, MAX_ANNOTATIONS).map((finding) => annotationOf(finding, report)),
  };
}

/** The check run without a verdict. @param message the reason, in one foreign line */
export function describeNoVerdict(message: string): CheckRunText {
  return {
    title: printable(`no verdict: ${message}`, TITLE_LENGTH),
    summary: `## Shadow Gate: no verdict\n\nThis run ended before it had judged the checkpoint. What an earlier run has said of this commit does not count any more.\n\n${codeName(message)}`,
    annotations: [],
  };
}

/** The check run after a label skipped the check. */
export function describeSkipped({ label, login }: { readonly label: string; readonly login: string }): CheckRunText {
  return {
    title: printable(`skipped: ${login} put the label ${label} on this pull request`, TITLE_LENGTH),
    summary: `## Shadow Gate: skipped\n\nNothing was measured or judged: ${codeName(login)} put the label ${codeName(label)} on this pull request. Remove it, and run the check again, to have a verdict.\n`,
    annotations: [],
  };
}

const LEVELS = { fail: 'failure', inconclusive: 'warning', warn: 'warning', info: 'notice' } as const;

function annotationOf(finding: Finding, report: Report): CheckAnnotation {
  const steps = nextSteps(finding, report).map((step) => phraseLine(step));
  const message = [phraseLine(describeFinding(finding)), ...steps].join('\n');
  return {
    level: LEVELS[finding.level],
    title: wordsOf(finding).title,
    path: finding.kind === 'changed-input' ? finding.path : null,
    message: shorten(message, MESSAGE_LENGTH),
  };
}
