import type { Report, Verdict } from '../../compare/report.ts';
import { printable } from '../../report/escape.ts';
import { verdictSentence } from '../../report/summary/index.ts';
import { phraseLine } from '../../report/terminal/index.ts';
import type { Runner } from '../client/runner.ts';

export const FAIL_ON_CHOICES = ['fail', 'inconclusive', 'warn', 'never'] as const;

export type FailOn = (typeof FAIL_ON_CHOICES)[number];

const FAILING: Readonly<Record<FailOn, readonly Verdict[]>> = {
  fail: ['fail'],
  inconclusive: ['fail', 'inconclusive'],
  warn: ['fail', 'inconclusive', 'warn'],
  never: [],
};

export function isFailure(verdict: Verdict, failOn: FailOn): boolean {
  return FAILING[failOn].includes(verdict);
}

/**
 * Set the exit code, first, so that nothing later can change it, and write one annotation with the most severe finding.
 * One, because GitHub shows only ten of a level in a step, and warnings about publishing may follow.
 */
export function writeAnnotation(
  runner: Pick<Runner, 'annotate' | 'failStep'>,
  report: Report,
  { failOn, key, isOverridden }: { failOn: FailOn; key: string; isOverridden: boolean },
): void {
  const { verdict } = report;
  const fails = isFailure(verdict, failOn) && !isOverridden;
  if (fails) runner.failStep();
  runner.annotate({
    level: fails || verdict === 'fail' ? 'error' : verdict === 'pass' ? 'notice' : 'warning',
    message: phraseLine(verdictSentence(report)),
    title: `Shadow Gate (${printable(key)}): ${verdict}`,
  });
}
