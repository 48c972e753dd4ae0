import type { Calibration } from '../../compare/calibration/index.ts';
import type { FindingOf } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import { fewestRuns } from '../../statistics/index.ts';
import { codeName, plainText, printable } from '../escape.ts';
import { phraseMarkdown } from '../render/markdown/phrase.ts';
import { describeFinding } from '../summary/finding.ts';
import { howItChanges } from '../text/calibration.ts';
import { addToCalibrationCommand } from '../text/commands.ts';
import { formatPercentLimit } from '../text/numbers.ts';
import { renderComment } from './comment.ts';

/** Title and body of a pull request that proposes a new baseline. */
export interface ProposalText {
  readonly title: string;
  readonly body: string;
}

/** What a proposal of a baseline does to the calibration. */
export type CalibrationOutcome =
  | { readonly kind: 'extended'; readonly before: Calibration; readonly after: Calibration }
  /** The candidate is beyond the limits, or of a size that they do not cover. */
  | { readonly kind: 'flagged' }
  | { readonly kind: 'not-judged'; readonly verdict: Verdict }
  | { readonly kind: 'refused'; readonly finding: FindingOf<'calibration-refused'> }
  /** Such as a file that cannot be proposed; without a period. */
  | { readonly kind: 'impossible'; readonly problem: string };

export interface ProposedCalibration {
  readonly path: string;
  /** Rate of false alarms, claimed only with enough exchangeable runs. */
  readonly alpha: number;
  readonly outcome: CalibrationOutcome;
}

/** GitHub refuses a longer body; the text before the report needs some of it. */
const LIMIT = 65_536 - 4_000;
/** Lists show a title; a longer key says no more there. */
const TITLE_KEY = 60;

export const ofKey = (key: string): string => (key === 'default' ? '' : ` of ${printable(key, TITLE_KEY)}`);

export interface ProposalOptions {
  readonly key: string;
  /** Path of the committed baseline. */
  readonly path: string;
  /** Address of the workflow run. */
  readonly run: string;
  readonly commit: string;
  /** Null: there is nothing to say of it. */
  readonly calibration: ProposedCalibration | null;
  /** Address of the documentation. */
  readonly docs?: string | undefined;
}

export function describeProposal(
  report: Report,
  { key, path, run, commit, calibration, docs }: ProposalOptions,
): ProposalText {
  const was =
    report.baseline === null
      ? 'There is no baseline so far.'
      : 'The report below compares it with the current baseline.';
  const lines = [
    `Merging this approves the checkpoint of commit ${commit}: its measurement becomes ${codeName(path)}, the baseline of later checks. ${was}`,
    '',
    ...(calibration === null ? [] : [calibrationLine(report, calibration), '']),
    `[The run](${run}) only proposes it; merging is your decision. Every new measurement replaces this branch.`,
    '',
    ...memorizedLines(report),
  ];
  // The marker is for comments only.
  const [, ...rest] = renderComment(report, { key, limit: LIMIT, docs }).split('\n');
  const what = calibration?.outcome.kind === 'extended' ? 'new baseline and calibration' : 'new baseline';
  return { title: `Shadow Gate: ${what}${ofKey(key)}`, body: [...lines, ...rest].join('\n') };
}

function calibrationLine(report: Report, { path, alpha, outcome }: ProposedCalibration): string {
  const file = codeName(path);
  const kept = `The calibration ${file} stays as it is`;
  switch (outcome.kind) {
    case 'extended':
      return `It also counts this checkpoint as known-good in ${file}: ${howItChanges(outcome)}. ${rateSentence(outcome.after, alpha)} If it is not like the others, take that file out of this pull request.`;
    case 'flagged':
      return `${kept}: this checkpoint is outside of what it covers, and limits must not drift after what they flagged. If it is good, extend it by hand: ${phraseMarkdown([addToCalibrationCommand(report)])}`;
    case 'not-judged':
      return `${kept}: the verdict is ${outcome.verdict}, which makes no checkpoint known-good.`;
    case 'refused':
      return `${kept}. ${phraseMarkdown(describeFinding(outcome.finding), { links: false })}`;
    case 'impossible':
      return `${kept}: ${plainText(outcome.problem)}.`;
  }
}

function rateSentence({ kind, runs }: Calibration, alpha: number): string {
  if (kind === 'series') return 'A series claims no rate of false alarms.';
  const needed = fewestRuns(alpha);
  const when = runs.length >= needed ? `With ${needed} or more` : `From ${needed} on`;
  return `${when}, a rate of false alarms is claimed: at most ${formatPercentLimit(alpha)} of good runs are reported.`;
}

/** Memorized letters stay in the baseline, even for questions that the candidate can answer. */
const memorizedLines = ({ findings }: Report): string[] =>
  findings
    .filter((finding) => finding.kind === 'letters-memorized')
    .flatMap(({ suite }) => [
      `**It memorized letters of ${codeName(suite)}: as a baseline, it is no yardstick for those questions.**`,
      '',
    ]);
