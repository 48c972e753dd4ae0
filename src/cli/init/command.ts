import { ACTION, UserError } from '@shadow-gate/platform';
import { type Command, Option } from 'commander';
import { HALVES } from '../../measure/options.ts';
import { deviceOptions, parseTimeOption } from '../options.ts';
import type { Output } from '../output.ts';
import { askQuestions, DEFAULTS } from './questions.ts';
import { runInit } from './run-init.ts';
import type { InitOptions } from './subject.ts';

const INIT_EXAMPLES = `
Examples:
  # look for checkpoints here, ask, and measure the first baseline
  shadow-gate init

  # the same in a script, with an adapter and its base model on a hub
  shadow-gate init --yes --checkpoint models/adapter --reference hf://org/base

  # a model at a server
  shadow-gate init --endpoint http://localhost:8000/v1 --model NAME`;

export function addInitCommand(program: Command, output: Output): void {
  const command = program
    .command('init')
    .description('set up a repository: workflow, policy and first baseline')
    .option('--checkpoint <path>', 'checkpoint that pull requests change (default: what is found in this folder)')
    .option('--reference <path>', 'weights that it was trained from, or "none"')
    .option('--baseline <path>', 'approved checkpoint to measure first (default: the checkpoint as it is now)')
    .option('--endpoint <url>', 'a server has the model, in place of a checkpoint')
    .option('--model <name>', 'name of the model on the server')
    .option('--tokenizer <path>', "directory of the server's tokenizer")
    .addOption(new Option('--only <half>', 'set up only one half of the gate').choices(HALVES))
    .option('--budget <time>', 'time limit for the probes, here and in the workflow, such as 5m', parseTimeOption)
    .option('--action <owner/name@ref>', 'how the workflow names the action', parseAction, ACTION)
    .option('--yes', 'take the defaults without a question, and keep every file that exists');
  deviceOptions(command, 'where to compute the baseline')
    .addHelpText('after', INIT_EXAMPLES)
    .action((options: InitOptions) => startInit(options, output));
}

async function startInit(options: InitOptions, output: Output): Promise<void> {
  const questions = options.yes
    ? DEFAULTS
    : askQuestions({ input: output.input, onQuestion: (text) => output.question(text) });
  try {
    await runInit(options, { root: process.cwd(), questions, output });
  } finally {
    questions.close();
  }
}

const ACTION_NAME = /^[\w.-]+\/[\w.-]+(?:\/[\w.-]+)*@[\w./-]+$/;

function parseAction(text: string): string {
  if (ACTION_NAME.test(text)) return text;
  throw new UserError(`--action ${JSON.stringify(text)} is not owner/name@ref`, `write it like ${ACTION}`);
}
