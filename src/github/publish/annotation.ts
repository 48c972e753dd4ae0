import type { Report, Verdict } from '../../compare/report.ts';
import { printable } from '../../report/escape.ts';
import { reasonsBySeverity, sentenceWithoutReason } from '../../report/text/verdict.ts';
import type { Runner } from '../client/runner.ts';

export const FAIL_ON_CHOICES = ['fail', 'warn', 'never'] as const;

export type FailOn = (typeof FAIL_ON_CHOICES)[number];

const FAILING: Readonly<Record<FailOn, readonly Verdict[]>> = {
  fail: ['fail'],
  warn: ['fail', 'warn', 'inconclusive'],
  never: [],
};

/** Does a verdict fail the step? */
export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return FAILING[failOn].includes(verdict);
}

/**
 * Set the exit code and write one annotation with the main reason. Comes first, so that nothing later can change the exit code.
 *
 * It is one annotation, however many reasons there are, because GitHub shows ten of a level in a step. Only warnings about what
 * could not be published may follow.
 */
export function writeAnnotation(
  runner: Pick<Runner, 'annotate' | 'failStep'>,
  report: Report,
  { failOn, key }: { failOn: FailOn; key: string },
): void {
  const { verdict } = report;
  const fails = isFailure(verdict, failOn);
  if (fails) runner.failStep();
  runner.annotate({
    level: fails || verdict === 'fail' ? 'error' : verdict === 'pass' ? 'notice' : 'warning',
    message: printable(mainReason(report)),
    title: `Shadow Gate (${printable(key)}): ${verdict}`,
  });
}

/** The message of a reason may leave out its place, which a table shows beside it; here the place comes first. */
function mainReason(report: Report): string {
  const [reason] = reasonsBySeverity(report).grave;
  if (reason === undefined) return sentenceWithoutReason(report);
  const { place, message } = reason;
  return place === 'model' || place === '' || message.includes(place) ? message : `${place}: ${message}`;
}
