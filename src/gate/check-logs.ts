import type { Logs } from '@shadow-gate/harness';
import { measureLogs } from '../measure/measure-logs.ts';
import { type CheckResult, checkMeasured, type JudgedBy } from './check.ts';
import { asLogBaseline, readBaseline } from './read-baseline.ts';

/** @throws UserError for logs, a policy or a baseline that cannot be read */
export async function checkLogs(logs: Logs, { baseline, ...judge }: JudgedBy): Promise<CheckResult> {
  const measurement = await measureLogs(logs);
  const read = typeof baseline === 'object' ? baseline : await readBaseline(baseline);
  const approved = await asLogBaseline(read, logs.kind);
  return { measurement, report: await checkMeasured(measurement, { ...judge, baseline: approved }) };
}
