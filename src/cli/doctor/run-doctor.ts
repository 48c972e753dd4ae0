import { openCheckpoint } from '@shadow-gate/checkpoints';
import { expectModelMemory } from '@shadow-gate/language-model';
import { given } from '@shadow-gate/platform';
import { type Command, Option } from 'commander';
import { control } from '../../gate/control.ts';
import { selectProbes } from '../../gate/select-probes.ts';
import { HALVES } from '../../measure/options.ts';
import { findPolicy } from '../../policy/load.ts';
import { printableJson } from '../../report/escape.ts';
import { controlSentence } from '../../report/text/index.ts';
import { openBase } from '../init/model.ts';
import { controlOption, deviceOptions, policyOption } from '../options.ts';
import { EXIT, type Output } from '../output.ts';
import { endpointFromOptions } from '../settings.ts';
import { fileChecks } from './check-files.ts';
import { modelChecks } from './check-model.ts';
import { runnerChecks } from './check-runner.ts';
import {
  type DoctorChecks,
  ok,
  problem,
  renderDiagnosis,
  renderDoctorSummary,
  runChecks,
  shared,
} from './diagnosis.ts';
import { type DoctorOptions, type DoctorSettings, findSettings } from './settings.ts';

const DOCTOR_EXAMPLES = `
Examples:
  # what the workflow checks, or what is found in this folder
  shadow-gate doctor

  shadow-gate doctor --checkpoint models/new --reference models/base
  shadow-gate doctor --endpoint http://localhost:8000/v1 --model NAME --json

  # how often this gate would be red on nothing, on this machine or by this server
  shadow-gate doctor --checkpoint models/approved --control 5`;

export function addDoctorCommand(program: Command, output: Output): void {
  const command = program
    .command('doctor')
    .description('find out whether machine, model and set-up can work, and how to fix what cannot')
    .option('--checkpoint <path>', 'checkpoint (default: as in the workflow, or what is found in this folder)')
    .option('--reference <path>', 'weights that it was trained from')
    .option('--baseline <file|path>', 'baseline (default: .shadow-gate/baseline.json)')
    .option('--endpoint <url>', 'server that has the model')
    .option('--model <name>', 'name of the model on the server')
    .option('--tokenizer <path>', "directory of the server's tokenizer")
    .addOption(new Option('--only <half>', 'only what one half of the gate needs').choices(HALVES));
  deviceOptions(policyOption(command), 'where to compute')
    .addOption(controlOption('--control [checks]'))
    .option('--json', 'print the checks as JSON on standard output')
    .addHelpText('after', DOCTOR_EXAMPLES)
    .action((options: DoctorOptions) => runDoctor(options, output));
}

/** Check everything that a run needs, and set the exit code: 2 if something cannot work. */
async function runDoctor(options: DoctorOptions, output: Output): Promise<void> {
  const root = process.cwd();
  const settings = await findSettings(options, root);
  const all = await runChecks(checksOf(settings, options, { root, output }), (diagnosis) => {
    if (!options.json) output.print(renderDiagnosis(diagnosis, output.terminal));
  });
  const isHealthy = all.every(({ status }) => status !== 'problem');
  output.print(options.json ? printableJson({ ok: isHealthy, checks: all }) : `\n${renderDoctorSummary(all)}`);
  output.exitCode = isHealthy ? EXIT.pass : EXIT.couldNotJudge;
}

function checksOf(
  settings: DoctorSettings,
  { device, control: checks }: DoctorOptions,
  { root, output }: { readonly root: string; readonly output: Output },
): DoctorChecks {
  const { env } = output;
  const { only, endpoint } = settings;
  // Apart, so that each error is about one of them.
  const checkpoint = shared(async () =>
    settings.checkpoint === undefined ? null : openCheckpoint(settings.checkpoint),
  );
  const reference = shared(async () => (settings.reference === undefined ? null : openBase(settings.reference)));
  const pair = shared(async () => {
    const opened = await checkpoint();
    return opened && { checkpoint: opened, reference: await reference() };
  });
  const policy = shared(() => findPolicy(settings.policy));
  const probes = shared(async () => selectProbes(await policy(), { only, seed: 1 }));
  const suites = async () => (await probes())?.suites ?? [];
  const usesChat = async () => (await probes())?.chatTemplate ?? false;
  const neededMemory = async () => {
    const isRun = endpoint === undefined && only !== 'spectra';
    const opened = isRun ? await pair().catch(() => null) : null;
    return opened && expectModelMemory(opened).catch(() => null);
  };
  return {
    ...runnerChecks({ env, device, neededMemory }),
    ...modelChecks({ settings, env, checkpoint, reference, pair, usesChat }),
    ...fileChecks({ root, settings, policy, suites, pair }),
    ...(checks === undefined ? {} : { control: () => checkControl(settings, { device, checks, output }) }),
  };
}

/** How often the gate would be red on nothing: a baseline checkpoint against itself, or else the candidate. */
async function checkControl(
  { baseline, isBaselineNamed, checkpoint, reference, policy, endpoint, model, tokenizer }: DoctorSettings,
  { device, checks, output }: Pick<DoctorOptions, 'device'> & { readonly checks: number; readonly output: Output },
) {
  const path = isBaselineNamed && !baseline.endsWith('.json') ? baseline : checkpoint;
  const server = endpoint === undefined ? {} : given({ endpoint, model, tokenizer });
  const found = await output.withProgress((onProgress) =>
    control({
      model: { checkpoint: path, reference, endpoint: endpointFromOptions(server, output) },
      policy,
      weights: { device },
      checks,
      today: output.now,
      onProgress,
    }),
  );
  const text = controlSentence(found);
  if (found.red === 0) return ok(text);
  return problem(text, 'let a server answer one request at a time, or on one card, and run it again');
}
