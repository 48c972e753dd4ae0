import type { Logs } from '@shadow-gate/harness';
import { UserError } from '@shadow-gate/platform';
import { expectWritable } from '@shadow-gate/platform/files';
import type { Command } from 'commander';
import { expectShareable } from '../gate/check.ts';
import { expectLike, readLike } from '../gate/like.ts';
import { measureCandidate, openCandidate, openOrigins } from '../gate/measure-candidate.ts';
import { resolveSeed, seedLike, selectProbes } from '../gate/select-probes.ts';
import { measureLogs } from '../measure/measure-logs.ts';
import type { ProbeRunOptions, SeedChoice } from '../measure/options.ts';
import { type Measurement, writeMeasurement } from '../measure/schema/index.ts';
import type { Shard } from '../measure/shards/index.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import { MEASURE_EXAMPLES } from './help.ts';
import {
  type CandidateOptions,
  candidateOptions,
  type LogOptions,
  logOptions,
  logsFromOptions,
  parseShardOption,
} from './options.ts';
import type { Output } from './output.ts';
import { printAnswers, printMeasurement } from './print-measurement.ts';
import { commandSettings } from './settings.ts';

interface MeasureOptions extends CandidateOptions, LogOptions {
  out: string;
  shard?: Shard;
  like?: string;
}

export function addMeasureCommand(program: Command, output: Output): void {
  const command = program.command('measure').description('measure a checkpoint; the file can serve as a baseline');
  logOptions(candidateOptions(command), ['policy', 'shard', 'like'])
    .requiredOption('--out <file>', 'measurement file to write')
    .option('--shard <i/n>', 'measure only the i-th of n shares of the work; see merge', parseShardOption)
    .option('--like <file>', 'ask the probes of another measurement, with its seed and its levels, to compare the two')
    .addHelpText('after', MEASURE_EXAMPLES)
    .action((options: MeasureOptions) => runMeasure(options, output));
}

async function readLogs(logs: Logs, out: string, output: Output): Promise<void> {
  await expectWritable(out, 'file');
  const measurement = await measureLogs(logs);
  await writeMeasurement(out, measurement);
  printMeasurement(measurement, out, output);
}

/** The probes to run: those of another measurement, or newly selected. */
async function probesOf(
  options: Omit<MeasureOptions, 'out'>,
  resolved: ResolvedPolicy,
  seed: SeedChoice | undefined,
): Promise<ProbeRunOptions | null> {
  const { only, orderSeed, budget: budgetSeconds, chatTemplate, like: path } = options;
  if (path === undefined) {
    return selectProbes(resolved, { only, seed: resolveSeed(seed), orderSeed, budgetSeconds, chatTemplate });
  }
  if (options.seed !== undefined) throw new UserError(`--like takes the seed of ${path}`, 'leave out --seed');
  const like = await readLike(path);
  const given = { chatTemplate: chatTemplate ?? like.chatTemplate };
  const probes = await selectProbes(resolved, {
    ...{ only, seed: seedLike(like.seed, seed, path), orderSeed, budgetSeconds, like },
    ...given,
  });
  if (probes === null) throw new UserError('--like is about probes, and none were requested', 'leave it out');
  expectLike(probes, like, path);
  return probes;
}

async function runMeasure(options: MeasureOptions, output: Output): Promise<void> {
  const { shard, out } = options;
  const logs = logsFromOptions(options);
  if (logs !== null) return readLogs(logs, out, output);
  if (shard) expectShareable({ seed: options.seed, budgetSeconds: options.budget });
  await expectWritable(out, 'file');
  const resolved = await findPolicy(options.policy);
  const measurement = await takeMeasurement(options, resolved, output);
  await writeMeasurement(out, measurement);
  printMeasurement(measurement, out, output);
  // Nobody needs the power of a share of the facts.
  if (!shard) printAnswers(measurement, resolved.policy, output);
}

/** Measure with progress, and write nothing. @throws UserError */
export async function takeMeasurement(
  options: Omit<MeasureOptions, 'out'>,
  resolved: ResolvedPolicy,
  output: Output,
): Promise<Measurement> {
  const {
    model,
    weights,
    probes: { seed },
  } = commandSettings(options, output);
  const probes = await probesOf(options, resolved, seed);
  const publicKey = resolved.policy.signature?.['public-key'];
  const measuring = { ...weights, spectra: options.only !== 'probes', probes, shard: options.shard, publicKey };
  const origins = await openOrigins(model, measuring);
  return output.withProgress(async (onProgress) =>
    measureCandidate(await openCandidate(model, origins, measuring), { ...measuring, onProgress }),
  );
}
