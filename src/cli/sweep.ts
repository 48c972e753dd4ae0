import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '@shadow-gate/platform';
import { expectWritable, writeFileAtomic, writeJson } from '@shadow-gate/platform/files';
import { directoryStore } from '@shadow-gate/platform/key-value-store';
import { type Command, Option } from 'commander';
import {
  type NamedCheckpoint,
  type SweptCheckpoint,
  summarizeSweep,
  sweptCheckpoint,
  worstVerdict,
} from '../compare/sweep/index.ts';
import { type CheckResult, type Gate, openGate } from '../gate/check.ts';
import type { FailOn } from '../github/publish/index.ts';
import type { Half } from '../measure/options.ts';
import { type Measurement, writeMeasurement } from '../measure/schema/index.ts';
import type { Shard } from '../measure/shards/index.ts';
import { printable, printableJson } from '../report/escape.ts';
import { renderSweepHtml } from '../report/html/sweep.ts';
import { verdictSentence } from '../report/summary/index.ts';
import { phraseLine, renderSweep } from '../report/terminal/index.ts';
import { plain, shareSentence } from '../report/text/index.ts';
import { SWEEP_EXAMPLES } from './help.ts';
import {
  type CalibrationOptions,
  calibrationOptions,
  failOnOption,
  halfOption,
  parseShardOption,
  policyOption,
  type SpectraOptions,
  spectraOptions,
} from './options.ts';
import { EXIT, type Output } from './output.ts';
import { chosenSeed, openSpectrumStore } from './settings.ts';
import { sweptCheckpoints } from './swept-checkpoints.ts';
import { REPORT_FILES, verdictExitCode, writeReport } from './verdict.ts';

interface SweepOptions extends SpectraOptions, CalibrationOptions {
  baseline: string;
  policy?: string;
  only?: Half;
  out: string;
  shard?: Shard;
  failOn: FailOn;
  json?: boolean;
  quiet?: boolean;
}

export function addSweepCommand(program: Command, output: Output): void {
  const command = program
    .command('sweep')
    .description('check many checkpoints against one baseline, with one table and one page')
    .argument(
      '<checkpoints...>',
      "checkpoints as check takes them, globs ('out/checkpoint-*'), or a folder of checkpoints",
    )
    .requiredOption('--baseline <file|path>', 'approved measurement, or a checkpoint that is measured once');
  calibrationOptions(halfOption(policyOption(spectraOptions(command))))
    .requiredOption(
      '--out <dir>',
      'folder for sweep.json, sweep.html and a folder of each checkpoint; what was measured into it is not measured again',
    )
    .option('--shard <i/n>', 'only every n-th checkpoint, from the i-th on, into the same folder', parseShardOption)
    .addOption(failOnOption())
    .addOption(new Option('--json', 'print sweep.json').conflicts(['quiet', 'shard']))
    .option('--quiet', 'print the verdicts alone')
    .addHelpText('after', SWEEP_EXAMPLES)
    .action((given: string[], options: SweepOptions) => runSweep(given, options, output));
}

/** Measurements by what they depend on. No checkpoint has this name. */
const STORE = '.measurements';

async function runSweep(given: readonly string[], options: SweepOptions, output: Output): Promise<void> {
  const { out, shard, failOn, json = false, quiet = false } = options;
  await expectWritable(out, 'folder');
  const all = await sweptCheckpoints(given, (line) => output.warn(line));
  const own = shard === undefined ? all : all.filter((_, i) => i % shard.count === shard.index - 1);
  const gate = await open(options, output);
  const swept: SweptCheckpoint[] = [];
  for (const named of own) {
    const one = await sweepOne(named, gate, options, output);
    if (quiet || shard) output.print(verdictLine(one));
    else output.tell(verdictLine(one));
    swept.push(one);
  }
  if (shard !== undefined) {
    output.note(phraseLine(shareSentence(own.length, { index: shard.index, of: shard.count, folder: out })));
    output.exitCode =
      own.length === 0 ? EXIT.pass : verdictExitCode(worstVerdict(swept.map(({ row }) => row.verdict)), { failOn });
    return;
  }
  const { policy, policyPath } = gate.policy;
  const sweep = summarizeSweep(swept, { ...gate, policy, policyPath });
  await writeJson(join(out, 'sweep.json'), sweep);
  await writeFileAtomic(join(out, 'sweep.html'), renderSweepHtml(sweep));
  if (json) output.print(printableJson(sweep));
  else if (!quiet) {
    output.print(renderSweep(sweep, output.terminal));
    output.tell(`wrote ${printable(join(out, 'sweep.json'))} and sweep.html`);
  }
  output.exitCode = verdictExitCode(sweep.verdict, { failOn });
}

type OpenedGate = Gate & { readonly baseline: Measurement };

async function open(options: SweepOptions, output: Output): Promise<OpenedGate> {
  const { reference, baseline, policy, calibration, only, device, method, maxMemory: memoryLimit } = options;
  const gate = await output.withProgress(
    (onProgress) =>
      openGate(
        {
          model: { reference },
          judge: { baseline, policy, calibration, only, today: output.now },
          weights: { device, method, memoryLimit, spectrumStore: openSpectrumStore(options, output) },
          probes: { seed: chosenSeed({}, output) },
          store: options.store ? directoryStore(join(options.out, STORE), (line) => output.warn(line)) : undefined,
          onProgress,
        },
        { isShared: options.shard !== undefined },
      ),
    { isQuiet: options.quiet },
  );
  if (gate.baseline === null) throw new Error('a baseline is given, and there is none');
  return { ...gate, baseline: gate.baseline };
}

/** Measure, judge and write one checkpoint. If that fails, its row says why. */
async function sweepOne(
  named: NamedCheckpoint,
  gate: OpenedGate,
  options: SweepOptions,
  output: Output,
): Promise<SweptCheckpoint> {
  const folder = join(options.out, named.name);
  const result = await tryCheck(named, gate, options, output);
  if (typeof result === 'string') {
    // An earlier run's report must not stand for a checkpoint that this run could not measure.
    for (const name of REPORT_FILES) await rm(join(folder, name), { force: true });
    return { row: { ...named, status: 'unmeasured', verdict: 'inconclusive', message: result } };
  }
  const { measurement, report } = result;
  await writeReport(report, folder, { quiet: true }, output);
  await writeMeasurement(join(folder, 'measurement.json'), measurement);
  const message = plain(verdictSentence(report));
  return sweptCheckpoint(named, { measurement, report, message, baseline: gate.baseline, policy: gate.policy.policy });
}

/** @returns a text if the checkpoint cannot be measured */
async function tryCheck(
  { path }: NamedCheckpoint,
  gate: Gate,
  { quiet }: SweepOptions,
  output: Output,
): Promise<CheckResult | string> {
  try {
    return await output.withProgress((onProgress) => gate.check(path, onProgress), { isQuiet: quiet });
  } catch (error) {
    const { kind, message } = describeError(error);
    if (kind === 'internal error') throw error;
    return message;
  }
}

function verdictLine({ row: { name, verdict, message } }: SweptCheckpoint): string {
  return `${verdict}: ${printable(name)}: ${printable(message)}`;
}
