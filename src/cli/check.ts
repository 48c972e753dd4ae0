import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { compare } from '../compare/compare.ts';
import { PLANNED_DISCORDANCE, plannedDrop } from '../compare/probes/minimum-detectable-drop.ts';
import { readReport } from '../compare/read-report.ts';
import type { Report } from '../compare/report.ts';
import { check, expectShareable } from '../gate/check.ts';
import { resolveSeed, selectProbes } from '../gate/select-probes.ts';
import { measure, openMeasuredReference } from '../measure/measure.ts';
import { readMeasurement } from '../measure/schema/read.ts';
import type { Shard } from '../measure/shards/shard.ts';
import { UserError } from '../platform/user-error.ts';
import { expectWritable, writeFileAtomic, writeJson } from '../platform/write-file.ts';
import { findPolicy } from '../policy/load.ts';
import { renderComment } from '../report/markdown/comment.ts';
import { plannedSentence } from '../report/markdown/probe-table.ts';
import { renderTerminal } from '../report/terminal/report.ts';
import { CHECK_EXAMPLES, COMPARE_EXAMPLES, MEASURE_EXAMPLES, REPORT_EXAMPLES } from './help.ts';
import {
  endpointOf,
  type ProbingOptions,
  probing,
  type SubjectOptions,
  shardArgument,
  spectrumStore,
  subject,
} from './options.ts';
import { EXIT, print, terminal, withProgress } from './output.ts';
import { sayMeasured } from './print-measurement.ts';

interface VerdictOptions {
  strict?: boolean;
}

/** `check`, `measure`, `compare` and `report`. */
export function addGateCommands(shadowGate: Command): void {
  const checkCommand = shadowGate
    .command('check')
    .description('measure a checkpoint, compare it with a baseline and say a verdict');
  probing(subject(checkCommand))
    .option('--baseline <file|path>', 'an approved measurement, or a checkpoint that is measured the same way')
    .option('--out <dir>', 'write measurement.json, report.json and comment.md there')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addOption(new Option('--shard <i/n>').hideHelp())
    .addHelpText('after', CHECK_EXAMPLES)
    .action(runCheck);

  probing(subject(shadowGate.command('measure').description('measure a checkpoint; the file is a baseline')))
    .requiredOption('--out <file>', 'the measurement file to write')
    .option('--shard <i/n>', 'only the share of the i-th of n machines, to be merged', shardArgument)
    .addHelpText('after', MEASURE_EXAMPLES)
    .action(runMeasure);

  shadowGate
    .command('compare')
    .description('compare two measurements and say a verdict')
    .argument('<candidate.json>')
    .argument('<baseline.json>')
    .option('--policy <file>', 'policy file (default: shadow-gate.yml if it is there)')
    .option('--out <dir>', 'write report.json and comment.md there')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addHelpText('after', COMPARE_EXAMPLES)
    .action(runCompare);

  shadowGate
    .command('report')
    .description('show a report again')
    .argument('<report.json>')
    .option('--markdown', 'as the pull-request comment')
    .option('--strict', 'exit 3 where the verdict is inconclusive')
    .addHelpText('after', REPORT_EXAMPLES)
    .action(runReport);
}

async function runCheck(
  options: SubjectOptions & ProbingOptions & VerdictOptions & { baseline?: string; out?: string; shard?: string },
): Promise<void> {
  const { baseline, out } = options;
  if (options.shard !== undefined) {
    throw new UserError(
      'check judges a whole measurement, and a shard is a part of one',
      "measure the shards with 'shadow-gate measure --shard', 'merge' them, then 'compare'",
    );
  }
  if (out !== undefined) await expectWritable(out, 'folder');
  const { measurement, report } = await withProgress((onProgress) =>
    check({ ...settingsOf(options), reference: options.reference, baseline, policy: options.policy, onProgress }),
  );
  if (out !== undefined) {
    await writeJson(join(out, 'measurement.json'), measurement);
    await writeReport(report, out);
  }
  show(report, options);
}

async function runMeasure(options: SubjectOptions & ProbingOptions & { out: string; shard?: Shard }): Promise<void> {
  const { shard } = options;
  if (shard) expectShareable({ seed: options.seed, budgetSeconds: options.budget });
  await expectWritable(options.out, 'file');
  const { only, seed, budgetSeconds, chatTemplate, ...settings } = settingsOf(options);
  const found = await findPolicy(options.policy);
  const probes = await selectProbes(found, { only, seed: resolveSeed(seed), budgetSeconds, chatTemplate });
  const reference = await openMeasuredReference(options.reference);
  const measurement = await withProgress((onProgress) =>
    measure({ ...settings, spectra: only !== 'probes', probes, reference, shard, onProgress }),
  );
  await writeJson(options.out, measurement);
  sayMeasured(measurement, options.out);
  // What effect a share of the facts finds is of no interest.
  if (shard) return;
  const asked = measurement.probes?.status === 'measured' ? measurement.probes.items : [];
  const facts = asked.filter(({ form }) => form === 'benchmark').length;
  const mde = plannedDrop(facts, found.policy);
  if (mde !== null) print(plannedSentence(facts, mde, PLANNED_DISCORDANCE));
}

async function runCompare(
  candidateFile: string,
  baselineFile: string,
  options: VerdictOptions & { policy?: string; out?: string },
): Promise<void> {
  const found = await findPolicy(options.policy);
  const candidate = await readMeasurement(candidateFile);
  const baseline = await readMeasurement(baselineFile);
  const report = compare({ candidate, baseline, baselinePath: baselineFile, ...found });
  if (options.out !== undefined) await writeReport(report, options.out);
  show(report, options);
}

async function runReport(file: string, options: VerdictOptions & { markdown?: boolean }): Promise<void> {
  const report = await readReport(file);
  if (options.markdown) {
    process.stdout.write(`${renderComment(report)}\n`);
    setExitCode(report, options);
  } else show(report, options);
}

function settingsOf(options: SubjectOptions & ProbingOptions) {
  const {
    checkpoint,
    device,
    method,
    maxMemory,
    memoryLimit,
    only,
    seed,
    budget: budgetSeconds,
    chatTemplate,
  } = options;
  return {
    checkpoint,
    device,
    method,
    memoryLimit: maxMemory ?? memoryLimit,
    spectrumStore: spectrumStore(options),
    only,
    seed,
    budgetSeconds,
    chatTemplate,
    endpoint: endpointOf(options),
  };
}

async function writeReport(report: Report, out: string): Promise<void> {
  await writeJson(join(out, 'report.json'), report);
  await writeFileAtomic(join(out, 'comment.md'), `${renderComment(report)}\n`);
}

function show(report: Report, options: VerdictOptions): void {
  print(renderTerminal(report, terminal()));
  setExitCode(report, options);
}

function setExitCode({ verdict }: Report, { strict }: VerdictOptions): void {
  if (verdict === 'fail') process.exitCode = EXIT.fail;
  else if (verdict === 'inconclusive' && strict) process.exitCode = EXIT.inconclusive;
  else process.exitCode = EXIT.pass;
}
