import * as core from '@actions/core';
import type { CheckResult } from '../gate/check.ts';
import { withoutCommands } from '../github/client/log.ts';
import { renderTerminal } from '../report/terminal/report.ts';
import type { Caches } from './cache.ts';
import type { Options } from './inputs.ts';
import { deliver } from './report-results.ts';
import type { Approved } from './resolve-baseline.ts';
import { leave } from './save-results.ts';
import { remember } from './update-history.ts';

const LOG_WIDTH = 120;

/** From what came out to everything that is said of it and left behind. */
export async function conclude(
  options: Options,
  { measurement, report: alone }: CheckResult,
  { policy, baseline }: Approved,
  cache: Caches | null,
): Promise<void> {
  const { report, keep } = await remember(options, alone, policy.policy);
  await withoutCommands(core.info, () => core.info(renderTerminal(report, { color: true, width: LOG_WIDTH })));
  const files = await deliver(options, { measurement, report });
  await keep();
  await leave(options, { measurement, report, files, baseline, cache });
}
