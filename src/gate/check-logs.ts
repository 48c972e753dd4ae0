import { measureLmEval } from '../evaluation-logs/measure-logs.ts';
import { UserError } from '../platform/user-error.ts';
import { type CheckOptions, type CheckResult, checkMeasured } from './check.ts';
import { readLogBaseline } from './read-baseline.ts';

/**
 * The gate on logs of an evaluation, in place of a model.
 * @param folder of lm-evaluation-harness, searched through
 * @param options with a baseline that is a measurement, or such a folder too
 * @throws UserError for logs, a policy or a baseline that cannot be read, and for a baseline that has to be measured first
 */
export async function checkLogs(
  folder: string,
  { baseline, ...options }: Pick<CheckOptions, 'baseline' | 'policy' | 'changes'>,
): Promise<CheckResult> {
  const measurement = await measureLmEval(folder);
  const approved = typeof baseline === 'object' ? baseline : await readLogBaseline(baseline);
  if (approved.kind === 'checkpoint') {
    throw new UserError(
      `the baseline ${approved.name} is a folder or a checkpoint, and logs are compared with a measurement of logs`,
      "make it with 'shadow-gate measure --lm-eval DIR --out FILE'",
    );
  }
  return { measurement, report: await checkMeasured(measurement, { ...options, baseline: approved }) };
}
