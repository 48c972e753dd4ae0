import * as core from '@actions/core';
import type { CheckResult } from '../gate/check.ts';
import type { Options } from '../github/inputs.ts';
import { withoutCommands } from '../github/log.ts';
import { renderTerminal } from '../report/terminal.ts';
import type { Approved } from './approve.ts';
import type { Caches } from './cache.ts';
import { deliver } from './deliver.ts';
import { remember } from './history.ts';
import { leave } from './leave.ts';

const LOG_WIDTH = 120;

/** From what came out to everything that is said of it and left behind. */
export async function conclude(
  options: Options,
  { measurement, report: alone }: CheckResult,
  { found, approved }: Approved,
  cache: Caches | null,
): Promise<void> {
  const { report, keep } = await remember(options, alone, found.policy);
  await withoutCommands(core.info, () => core.info(renderTerminal(report, { color: true, width: LOG_WIDTH })));
  const files = await deliver(options, { measurement, report });
  await keep();
  await leave(options, { measurement, report, files, approved, cache });
}
