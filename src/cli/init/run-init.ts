import { ACTION, UserError } from '@shadow-gate/platform';
import { printable } from '../../report/escape.ts';
import type { Output } from '../output.ts';
import { printAnswers, printMeasurement } from '../print-measurement.ts';
import { type ChosenFiles, chooseInitFiles, filesToWrite, pathsToWrite } from './choose-files.ts';
import { findCheckpoints } from './find-checkpoints.ts';
import { type FirstBaseline, measureBaseline } from './first-baseline.ts';
import { findRepository } from './git.ts';
import { initNextSteps } from './next-steps.ts';
import type { InitOptions } from './options.ts';
import type { InitQuestions } from './questions.ts';
import { inWidth, sayTo } from './say.ts';
import { type Subject, servedSubject, storedSubject } from './subject.ts';
import { expectAllWritable, type FileToWrite, writeTogether } from './write-files.ts';

interface InitContext {
  /** The folder that is set up, which is also the working directory. */
  readonly root: string;
  readonly questions: InitQuestions;
  readonly output: Output;
}

/**
 * Set a repository up: find out what there is, ask, measure the first baseline, and only then write everything. What
 * fails, or is stopped, before that leaves nothing behind.
 * @throws UserError for anything that the user can fix
 */
export async function runInit(options: InitOptions, { root, questions, output }: InitContext): Promise<void> {
  const repository = expectRoot(root);
  const say = sayTo(output);
  const search = await findCheckpoints(root);
  const context = { root, questions, search, say, output };
  const subject =
    options.endpoint === undefined
      ? await storedSubject(options, context)
      : servedSubject(options, { ...context, endpoint: options.endpoint });
  const files = await chooseInitFiles(options, subject, context);
  await expectAllWritable(root, pathsToWrite(files));
  const first = await measureBaseline(options, subject, { ...context, files });
  questions.close();
  const written = filesToWrite(options, subject, files, first);
  await writeTogether(root, written);
  tell({ options, subject, files, first, written }, { output, hasRepository: repository !== null });
}

/** GitHub looks for workflows at the root of a repository, and all paths of a workflow begin there. */
function expectRoot(root: string): string | null {
  const repository = findRepository(root);
  if (repository === null || repository === root) return repository;
  throw new UserError(
    `this folder is inside of the repository ${repository}, and GitHub looks for workflows at its root`,
    'run it there, and name the checkpoint by its path from there',
  );
}

interface Done {
  readonly options: InitOptions;
  readonly subject: Subject;
  readonly files: ChosenFiles;
  readonly first: FirstBaseline;
  readonly written: readonly FileToWrite[];
}

/** What was measured and written, and what to do next. */
function tell(
  { options, subject, files, first, written }: Done,
  { output, hasRepository }: { readonly output: Output; readonly hasRepository: boolean },
): void {
  const { measurement, budget } = first;
  if (measurement !== null) {
    printMeasurement(measurement, files.baseline.path, output);
    printAnswers(measurement, files.policy.policy, output);
    output.print('');
  }
  for (const { path } of written) output.print(`✔ wrote ${printable(path)}`);
  for (const path of files.kept) output.print(`· kept ${printable(path)}, which was there`);
  output.print('');
  const steps = initNextSteps({
    program: output.program,
    commit: [...written.map(({ path }) => path), ...(files.newPolicy?.benchmarks ?? [])],
    hasRepository,
    isPlaceholder: options.action === ACTION && ACTION.startsWith('OWNER/'),
    source: subject.placement.source,
    usesHub: subject.usesHub,
    options: [...subject.options, ...(budget === null ? [] : [['--budget', `${budget}s`] as const])],
    approved: subject.stored?.roles.approved,
    baseline: measurement !== null || files.baseline.kind === 'keep' ? files.baseline.path : null,
  });
  // A command stays in one line, to be copied.
  for (const line of steps) output.print(line.startsWith('      ') ? line : inWidth(line, output.terminal.width));
}
