import { ExitCode, error, notice, warning } from '@actions/core';
import type { Report, Verdict } from '../../compare/report.ts';
import { printable } from '../../report/escape.ts';
import { reasonsBySeverity, sentenceWithoutReason } from '../../report/text/reasons.ts';

const FAILING: Readonly<Record<FailOn, readonly Verdict[]>> = {
  fail: ['fail'],
  warn: ['fail', 'warn', 'inconclusive'],
  never: [],
};

/** Whether a verdict fails the step. */
export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return FAILING[failOn].includes(verdict);
}

/**
 * One annotation with the main reason, and the exit code. Comes first, so that nothing later can change it.
 *
 * One, however many reasons there are: of a step, GitHub shows ten annotations of a level and drops the rest. All that
 * may follow are a warning about the summary and one about the comment.
 */
export function announce(report: Report, failOn: FailOn, key: string): void {
  const { verdict } = report;
  const message = printable(mainReason(report));
  const properties = { title: `Shadow Gate (${printable(key)}): ${verdict}` };
  const fails = isFailure(verdict, failOn);
  if (fails) process.exitCode = ExitCode.Failure;
  if (fails || verdict === 'fail') error(message, properties);
  else if (verdict === 'pass') notice(message, properties);
  else warning(message, properties);
}

/** A reason's message may leave out where: the place stands beside it in a table, and here before it. */
function mainReason(report: Report): string {
  const [reason] = reasonsBySeverity(report).grave;
  if (reason === undefined) return sentenceWithoutReason(report);
  const { place, message } = reason;
  return place === 'model' || place === '' || message.includes(place) ? message : `${place}: ${message}`;
}

export const FAIL_ON_CHOICES = ['fail', 'warn', 'never'] as const;

export type FailOn = (typeof FAIL_ON_CHOICES)[number];
