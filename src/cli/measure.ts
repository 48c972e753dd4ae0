import type { Command } from 'commander';
import { tooFew } from '../compare/checks/too-few-facts.ts';
import { budgetUse } from '../compare/probes/enough-facts.ts';
import { evaluateWithoutBaseline } from '../compare/probes/evaluation.ts';
import { LEAST_FACTS } from '../compare/probes/kinds.ts';
import { levelsIn } from '../compare/probes/levels.ts';
import { pairWithItself } from '../compare/probes/pair.ts';
import { measureLmEval } from '../evaluation-logs/measure-logs.ts';
import { expectShareable } from '../gate/check.ts';
import { expectLike, readLike } from '../gate/like.ts';
import { measureCandidate, openOrigins } from '../gate/measure-candidate.ts';
import { resolveSeed, selectProbes } from '../gate/select-probes.ts';
import type { ProbeRunOptions } from '../measure/options.ts';
import type { Shard } from '../measure/shards/shard.ts';
import { UserError } from '../platform/user-error.ts';
import { expectWritable, writeJson } from '../platform/write-file.ts';
import { findPolicy, type ResolvedPolicy } from '../policy/load.ts';
import { phraseLine } from '../report/terminal/phrase.ts';
import { findingText } from '../report/text/finding.ts';
import { measuredNotes } from '../report/text/measured.ts';
import { plain } from '../report/text/phrase.ts';
import { budgetSentence } from '../report/text/probe-findings.ts';
import { plannedSentence } from '../report/text/probes.ts';
import { MEASURE_EXAMPLES } from './help.ts';
import {
  type CandidateOptions,
  candidateOptions,
  lmEvalOption,
  type MergeOptions,
  mergeOptions,
  type ProbeOptions,
  parseShardOption,
  probeOptions,
} from './options.ts';
import type { Output } from './output.ts';
import { printMeasurement } from './print-measurement.ts';
import { measureSettings } from './settings.ts';

interface MeasureOptions extends CandidateOptions, MergeOptions, ProbeOptions {
  out: string;
  shard?: Shard;
  like?: string;
  lmEval?: string;
}

export function addMeasureCommand(program: Command, output: Output): void {
  const command = program.command('measure').description('measure a checkpoint; the file can serve as a baseline');
  lmEvalOption(probeOptions(mergeOptions(candidateOptions(command))), ['policy', 'shard', 'like'])
    .requiredOption('--out <file>', 'measurement file to write')
    .option('--shard <i/n>', 'measure only the i-th of n shares of the work; see merge', parseShardOption)
    .option('--like <file>', 'ask the probes of another measurement, with its seed and its levels, to compare the two')
    .addHelpText('after', MEASURE_EXAMPLES)
    .action((options: MeasureOptions) => runMeasure(options, output));
}

async function readLogs(folder: string, out: string, output: Output): Promise<void> {
  await expectWritable(out, 'file');
  const measurement = await measureLmEval(folder);
  await writeJson(out, measurement);
  printMeasurement(measurement, out, output);
}

/** The probes to run: those of another measurement, or newly selected. */
async function probesOf(options: MeasureOptions, resolved: ResolvedPolicy): Promise<ProbeRunOptions | null> {
  const { only, seed, budget: budgetSeconds, chatTemplate, like: path } = options;
  if (path === undefined) {
    return selectProbes(resolved, { only, seed: resolveSeed(seed), budgetSeconds, chatTemplate });
  }
  if (seed !== undefined) throw new UserError(`--like takes the seed of ${path}`, 'leave out --seed');
  const like = await readLike(path);
  const given = { chatTemplate: chatTemplate ?? like.chatTemplate };
  const probes = await selectProbes(resolved, { only, seed: like.seed, budgetSeconds, like, ...given });
  if (probes === null) throw new UserError('--like is about probes, and none were requested', 'leave it out');
  expectLike(probes, like, path);
  return probes;
}

async function runMeasure(options: MeasureOptions, output: Output): Promise<void> {
  const { shard, out, lmEval } = options;
  if (lmEval !== undefined) return readLogs(lmEval, out, output);
  if (shard) expectShareable({ seed: options.seed, budgetSeconds: options.budget });
  await expectWritable(out, 'file');
  const {
    only,
    seed: _,
    budgetSeconds: _budget,
    chatTemplate: _template,
    ...settings
  } = measureSettings(options, output);
  const resolved = await findPolicy(options.policy);
  const probes = await probesOf(options, resolved);
  const measured = { ...settings, spectra: only !== 'probes', probes, shard };
  const origins = await openOrigins(measured, { reference: options.reference, adapter: options.adapter });
  const measurement = await output.withProgress((onProgress) =>
    measureCandidate({ ...measured, ...origins, onProgress }),
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
  const levels = levelsIn(answered, answered);
  const comparison = evaluateWithoutBaseline(facts, resolved.policy, { ...answers, levels });
  const use = budgetUse(measurement);
  if (facts.length < LEAST_FACTS) output.print(findingText(tooFew(facts.length, use)));
  else if (use !== null) output.print(plain(budgetSentence({ ...use, least: LEAST_FACTS })));
  for (const note of measuredNotes(comparison)) output.print(phraseLine(note));
  output.print(plain(plannedSentence(comparison.planned, facts.length)));
}
