import { join } from 'node:path';
import { ACTION, DOCS_URL, given, UserError } from '@shadow-gate/platform';
import { expectWritable, writeFileAtomic } from '@shadow-gate/platform/files';
import { type Command, Option } from 'commander';
import { tooFewFacts } from '../../compare/index.ts';
import { budgetUse, countedFacts, LEAST_FACTS, pairWithItself } from '../../compare/probes/index.ts';
import { HALVES } from '../../measure/options.ts';
import { type Measurement, measurementText } from '../../measure/schema/index.ts';
import { findPolicy, parsePolicy, type ResolvedPolicy } from '../../policy/load.ts';
import { printable } from '../../report/escape.ts';
import { findingText } from '../../report/summary/index.ts';
import { takeMeasurement } from '../measure.ts';
import { deviceOptions, parseTimeOption } from '../options.ts';
import type { Output } from '../output.ts';
import { printAnswers, printMeasurement } from '../print-measurement.ts';
import { BASELINE_FILE, isThere, ourWorkflows, POLICY_FILE, WORKFLOW_FILE } from './existing.ts';
import { findRepository, pathIn } from './git.ts';
import { initNextSteps } from './next-steps.ts';
import { timeoutMinutes } from './place.ts';
import { policyText } from './policy-text.ts';
import { askQuestions, DEFAULTS, type InitQuestions } from './questions.ts';
import { inWidth, type Say, sayTo } from './say.ts';
import { type InitOptions, type Subject, servedSubject, storedSubject } from './subject.ts';
import { CANDIDATE_FILE, workflowText } from './workflow-text.ts';

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

const ACTION_NAME = /^[\w.-]+\/[\w.-]+(?:\/[\w.-]+)*@[\w./-]+$/;

function parseAction(text: string): string {
  if (ACTION_NAME.test(text)) return text;
  throw new UserError(`--action ${JSON.stringify(text)} is not owner/name@ref`, `write it like ${ACTION}`);
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

interface InitContext {
  /** The folder to set up, which is the working directory. */
  readonly root: string;
  readonly questions: InitQuestions;
  readonly output: Output;
}

/**
 * Set up a repository: look, ask, measure the first baseline, and only then write. A run that fails or is stopped
 * before leaves nothing behind.
 * @throws UserError for anything that the user can fix
 */
async function runInit(options: InitOptions, { root, questions, output }: InitContext): Promise<void> {
  const hasRepository = expectRoot(root);
  const context = { root, questions, output, say: sayTo(output) };
  const { endpoint, action, budget } = options;
  const subject =
    endpoint === undefined ? await storedSubject(options, context) : servedSubject(options, { ...context, endpoint });
  const files = await chooseFiles(options, subject, context);
  for (const path of files.written) await expectWritable(join(root, path), 'file');
  const start = performance.now();
  const measurement = files.measures
    ? await measureBaseline(options, { subject, policy: files.policy }, context)
    : null;
  const seconds = measurement === null ? null : (performance.now() - start) / 1000;
  questions.close();
  const texts: Readonly<Record<string, string | null>> = {
    [WORKFLOW_FILE]: workflowText({
      ...subject,
      action,
      baseline: files.baseline === BASELINE_FILE ? null : files.baseline,
      only: subject.options.only ?? null,
      budget: budget === undefined ? null : `${budget}s`,
      timeoutMinutes: timeoutMinutes(seconds),
    }),
    [POLICY_FILE]: files.policyText,
    [CANDIDATE_FILE]: `${subject.candidateLine}\n`,
    [files.baseline]: measurement && measurementText(measurement),
  };
  const written: string[] = [];
  for (const path of files.written) {
    const text = texts[path] ?? null;
    if (text === null) continue;
    await writeFileAtomic(join(root, path), text);
    written.push(path);
  }
  if (measurement !== null) {
    printMeasurement(measurement, files.baseline, output);
    printAnswers(measurement, files.policy.policy, output);
    output.print('');
  }
  for (const path of written) output.print(`✔ wrote ${printable(path)}`);
  for (const path of files.kept) output.print(`· kept ${printable(path)}, which was there`);
  output.print('');
  const steps = initNextSteps({
    program: output.program,
    commit: written,
    hasRepository,
    isPlaceholder: action === ACTION && ACTION.startsWith('OWNER/'),
    subject,
    budget,
    approved: options.baseline,
    baseline: measurement === null && files.measures ? null : files.baseline,
  });
  // A command stays in one line, to be copied.
  for (const line of steps) output.print(line.startsWith('      ') ? line : inWidth(line, output.terminal.width));
}

/** GitHub looks for workflows at the root of a repository, where all their paths begin. */
function expectRoot(root: string): boolean {
  const repository = findRepository(root);
  if (repository === null || repository === root) return repository !== null;
  throw new UserError(
    `this folder is inside of the repository ${repository}, and GitHub looks for workflows at its root`,
    'run it there, and name the checkpoint by its path from there',
  );
}

interface ChosenFiles {
  readonly policy: ResolvedPolicy;
  /** Null: the existing policy stays. */
  readonly policyText: string | null;
  readonly baseline: string;
  readonly measures: boolean;
  /** Files that may be written, and existing ones that stay, relative to the root. */
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/** No file is replaced unless somebody says so. @throws UserError for a policy that is there and not valid */
async function chooseFiles(
  options: InitOptions,
  { candidateLine, hasChatTemplate }: Subject,
  { root, questions, say }: InitContext & { readonly say: Say },
): Promise<ChosenFiles> {
  const written: string[] = [];
  const kept: string[] = [];
  const mayWrite = async (path: string) => {
    const may = !isThere(root, path) || (await questions.confirm(`${path} exists. Replace it?`, false));
    (may ? written : kept).push(path);
    return may;
  };
  const [other] = (await ourWorkflows(root)).filter((path) => path !== WORKFLOW_FILE);
  // Two workflows would measure, and comment on, one pull request.
  const second = `${printable(other ?? '')} uses Shadow Gate already. Write ${WORKFLOW_FILE} too?`;
  if (other !== undefined && !(await questions.confirm(second, false))) kept.push(other);
  else await mayWrite(WORKFLOW_FILE);
  let text: string | null = null;
  if (await mayWrite(POLICY_FILE)) {
    const asks = 'The model has a chat template. Ask it through the template, as its users do?';
    const chatTemplate = hasChatTemplate ? await questions.confirm(asks, true) : null;
    if (chatTemplate !== null) {
      const way = chatTemplate ? 'through' : 'without';
      say(`✔ the probes are asked ${way} the chat template (chat-template in ${POLICY_FILE})`);
    }
    text = policyText(chatTemplate);
  }
  const measured = measuredBaseline(root, options.baseline);
  const measures = measured === null && (await mayWrite(BASELINE_FILE));
  if (candidateLine !== null) await mayWrite(CANDIDATE_FILE);
  const policy =
    text === null ? await findPolicy(POLICY_FILE) : { policy: parsePolicy(text, POLICY_FILE), policyPath: POLICY_FILE };
  return { policy, policyText: text, baseline: measured ?? BASELINE_FILE, measures, written, kept };
}

/** A measurement that was given as the baseline, by its path in the repository; null for a checkpoint. */
function measuredBaseline(root: string, given: string | undefined): string | null {
  if (given === undefined || !given.endsWith('.json')) return null;
  const path = pathIn(root, given);
  if (path === null) {
    throw new UserError(
      `the baseline ${given} is outside of this folder`,
      `copy it to ${BASELINE_FILE}, and leave out --baseline`,
    );
  }
  if (isThere(root, path)) return path;
  throw new UserError(`the baseline ${given} does not exist`, 'check the path, or name a checkpoint to measure');
}

/** Ask, and measure the first baseline as `measure` does; null: later. @throws UserError */
async function measureBaseline(
  { device, budget, endpoint, baseline }: InitOptions,
  { subject, policy }: { readonly subject: Subject; readonly policy: ResolvedPolicy },
  { questions, output, say }: InitContext & { readonly say: Say },
): Promise<Measurement | null> {
  const { options } = subject;
  const approved = baseline ?? options.checkpoint;
  const name = printable(approved ?? options.model ?? '');
  say(`· measuring ${name} as the first baseline (how long: ${DOCS_URL}/README.md#how-long-it-takes)`);
  if (!(await questions.confirm('Measure it now?', true))) return null;
  questions.close();
  const measurement = await takeMeasurement(
    given({ ...options, checkpoint: approved, endpoint, device, method: 'auto' as const, store: true, budget }),
    policy,
    output,
  );
  const { probes } = measurement;
  if (probes?.status === 'notRun') {
    throw new UserError(`the probes did not run: ${probes.reason}`, 'fix that, or give --only spectra');
  }
  if (budget !== undefined && probes?.status === 'measured') {
    const counted = countedFacts(pairWithItself(probes).facts);
    if (counted.facts < LEAST_FACTS) {
      const tooFew = findingText(tooFewFacts(counted, budgetUse(measurement))).replace(/\.$/, '');
      throw new UserError(tooFew, 'give a longer --budget, or leave it out');
    }
  }
  return measurement;
}
