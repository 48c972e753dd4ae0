import { type Command, Option } from 'commander';
import { HALVES } from '../../measure/options.ts';
import { controlOption, deviceOptions, policyOption } from '../options.ts';
import type { Output } from '../output.ts';

import { runDoctor } from './run-doctor.ts';
import type { DoctorOptions } from './settings.ts';

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
    .action((options: DoctorOptions) => runDoctor(options, { root: process.cwd(), output }));
}
