import type { Command } from 'commander';
import { evaluateWithoutBaseline } from '../compare/probes/evaluation.ts';
import { pairWithItself } from '../compare/probes/pair.ts';
import { expectShareable } from '../gate/check.ts';
import { resolveSeed, selectProbes } from '../gate/select-probes.ts';
import { measure, openMeasuredAdapter, openMeasuredReference } from '../measure/measure.ts';
import type { Shard } from '../measure/shards/shard.ts';
import { expectWritable, writeJson } from '../platform/write-file.ts';
import { findPolicy } from '../policy/load.ts';
import { phraseLine } from '../report/terminal/phrase.ts';
import { measuredNotes } from '../report/text/measured.ts';
import { plain } from '../report/text/phrase.ts';
import { plannedSentence } from '../report/text/probes.ts';
import { MEASURE_EXAMPLES } from './help.ts';
import {
  type CheckpointOptions,
  checkpointOptions,
  type MergeOptions,
  mergeOptions,
  type ProbeOptions,
  parseShardOption,
  probeOptions,
} from './options.ts';
import type { Output } from './output.ts';
import { printMeasurement } from './print-measurement.ts';
import { measureSettings } from './settings.ts';

interface MeasureOptions extends CheckpointOptions, MergeOptions, ProbeOptions {
  out: string;
  shard?: Shard;
}

export function addMeasureCommand(program: Command, output: Output): void {
  const command = program.command('measure').description('measure a checkpoint; the file can serve as a baseline');
  probeOptions(mergeOptions(checkpointOptions(command)))
    .requiredOption('--out <file>', 'measurement file to write')
    .option('--shard <i/n>', 'measure only the i-th of n shares of the work; see merge', parseShardOption)
    .addHelpText('after', MEASURE_EXAMPLES)
    .action((options: MeasureOptions) => runMeasure(options, output));
}

async function runMeasure(options: MeasureOptions, output: Output): Promise<void> {
  const { shard, out } = options;
  if (shard) expectShareable({ seed: options.seed, budgetSeconds: options.budget });
  await expectWritable(out, 'file');
  const { only, seed, budgetSeconds, chatTemplate, ...settings } = measureSettings(options, output);
  const resolved = await findPolicy(options.policy);
  const probes = await selectProbes(resolved, { only, seed: resolveSeed(seed), budgetSeconds, chatTemplate });
  const reference = await openMeasuredReference(options.reference);
  const adapter = await openMeasuredAdapter(options.adapter, reference);
  const measurement = await output.withProgress((onProgress) =>
    measure({ ...settings, spectra: only !== 'probes', probes, reference, adapter, shard, onProgress }),
  );
  await writeJson(out, measurement);
  printMeasurement(measurement, out, output);
  // The power of a shard's share of the facts is of no interest.
  if (shard) return;
  const { probes: answered } = measurement;
  if (answered?.status !== 'measured') return;
  const answers = pairWithItself(answered);
  const { facts } = answers;
  if (facts.length === 0) return;
  const comparison = evaluateWithoutBaseline(facts, resolved.policy, answers);
  for (const note of measuredNotes(comparison)) output.print(phraseLine(note));
  output.print(plain(plannedSentence(comparison.planned, facts.length)));
}
