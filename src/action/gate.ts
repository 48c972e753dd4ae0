import { resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { type CheckResult, check } from '../gate/check.ts';
import { expectWritable } from '../gate/write-atomic.ts';
import type { Options } from '../github/inputs.ts';
import { progressLog, withoutCommands } from '../github/log.ts';
import type { MeasurementCache } from '../github/measurement-cache.ts';
import { printable } from '../report/escape.ts';
import { renderTerminal } from '../report/terminal.ts';
import { type Approved, approve } from './approve.ts';
import { openCache } from './cache.ts';
import { deliver } from './deliver.ts';
import { leave } from './leave.ts';

const LOG_WIDTH = 120;

/** Measure a checkpoint, compare it with what is approved, and say so. */
export async function gate(options: Options): Promise<void> {
  await expectWritable(resolve(options.out), 'folder');
  const cache = openCache(options);
  const approved = await approve(options, cache);
  const result = await checkAloud(options, approved, cache);
  const files = await deliver(options, result);
  await leave(options, { ...result, files, approved: approved.approved, cache });
}

/** With the progress in a group of the log and the result below it. */
async function checkAloud(
  options: Options,
  { found, approved }: Approved,
  cache: MeasurementCache | null,
): Promise<CheckResult> {
  const result = await measuring(options.checkpoint, () =>
    check({
      ...settingsOf(options, approved),
      found,
      approved,
      store: options.seed === 'rotate' ? undefined : (cache ?? undefined),
    }),
  );
  await show(result);
  return result;
}

/** A group of the log with the progress in it. */
export async function measuring<T>(checkpoint: string, work: () => Promise<T>): Promise<T> {
  core.startGroup(`Measuring ${printable(checkpoint)}`);
  return withoutCommands(core.info, work).finally(core.endGroup);
}

export async function show({ report }: Pick<CheckResult, 'report'>): Promise<void> {
  await withoutCommands(core.info, () => core.info(renderTerminal(report, { color: true, width: LOG_WIDTH })));
}

/** By the clock both models are asked what nobody has seen, where both can be asked. */
export function settingsOf(options: Options, { source }: Approved['approved']) {
  const { checkpoint, reference, device, only, seed, budgetSeconds, endpoint } = options;
  const rotates = seed === undefined && context.eventName === 'schedule' && source.kind === 'checkpoint';
  const onProgress = progressLog(core.info);
  return {
    checkpoint,
    reference,
    device,
    only,
    seed: rotates ? 'rotate' : seed,
    budgetSeconds,
    endpoint,
    onProgress,
  } as const;
}
