import { resolve } from 'node:path';
import * as core from '@actions/core';
import { context } from '@actions/github';
import { check } from '../gate/check.ts';
import { progressLog, withoutCommands } from '../github/client/log.ts';
import { expectWritable } from '../platform/write-file.ts';
import { printable } from '../report/escape.ts';
import { openCache } from './cache.ts';
import { conclude } from './conclude.ts';
import type { Options } from './inputs.ts';
import { type Approved, approve } from './resolve-baseline.ts';

/** Measure a checkpoint, compare it with what is approved, and say so. */
export async function gate(options: Options): Promise<void> {
  await expectWritable(resolve(options.out), 'folder');
  const cache = openCache(options);
  const approved = await approve(options, cache);
  const settings = settingsOf(options, approved.baseline);
  // What is drawn afresh has never been measured.
  const store = settings.seed === 'rotate' ? undefined : cache?.measurements;
  const started = Date.now();
  const result = await measuring(options.checkpoint, () =>
    check({ ...settings, ...approved, store, spectrumStore: cache?.spectra }),
  );
  const { time } = result.measurement.run;
  if (Date.parse(time) < started) core.info(`Known from the cache: measured at ${printable(time)}, and not again.`);
  await conclude(options, result, approved, cache);
}

/** A group of the log with the progress in it. */
export async function measuring<T>(checkpoint: string, work: () => Promise<T>): Promise<T> {
  core.startGroup(`Measuring ${printable(checkpoint)}`);
  return withoutCommands(core.info, work).finally(core.endGroup);
}

/** By the clock both models are asked what nobody has seen, where both can be asked. */
export function settingsOf(options: Options, baseline: Approved['baseline']) {
  const { checkpoint, reference, device, method, only, seed, budgetSeconds, endpoint } = options;
  const rotates = seed === undefined && context.eventName === 'schedule' && baseline.kind === 'checkpoint';
  const onProgress = progressLog(core.info);
  return {
    checkpoint,
    reference,
    device,
    method,
    only,
    seed: rotates ? 'rotate' : seed,
    budgetSeconds,
    endpoint,
    onProgress,
  } as const;
}
