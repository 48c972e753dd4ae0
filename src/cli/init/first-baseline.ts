import { selectProbes } from '../../gate/select-probes.ts';
import { parseSeconds } from '../../measure/options.ts';
import type { Measurement } from '../../measure/schema/measurement.ts';
import { UserError } from '../../platform/user-error.ts';
import { printable } from '../../report/escape.ts';
import { formatDuration } from '../../report/text/numbers.ts';
import { takeMeasurement } from '../measure.ts';
import type { Output } from '../output.ts';
import type { ChosenFiles } from './choose-files.ts';
import { type ExpectedTime, expectTime } from './expected-time.ts';
import { openPair } from './model.ts';
import type { InitOptions } from './options.ts';
import type { Questions } from './questions.ts';
import type { Say } from './say.ts';
import { formatRoughTime } from './sizes.ts';
import type { Subject } from './subject.ts';

export interface FirstBaseline {
  /** Null: it is there, or is to be measured later. */
  readonly measurement: Measurement | null;
  /** Expected for one model on this machine; 0 if it is not known. */
  readonly seconds: number;
  /** Time limit for the probes in seconds; null for none. */
  readonly budget: number | null;
}

interface Context {
  readonly files: ChosenFiles;
  readonly questions: Questions;
  readonly output: Output;
  readonly say: Say;
}

/** Probes that take longer are asked about: the first baseline takes this time, and so does every check after it. */
const LONG_SECONDS = 3 * 60;
/** Beyond this a limit is the default. */
const TOO_LONG_SECONDS = 10 * 60;
const SUGGESTED = '10m';
const NO_LIMIT = 'none';

/** Say how long the first baseline takes, ask, and measure it as `measure` does. Nothing is written. @throws UserError */
export async function measureBaseline(
  options: InitOptions,
  subject: Subject,
  { files, questions, output, say }: Context,
): Promise<FirstBaseline> {
  const approved = subject.stored?.roles.approved;
  const expected = await expectSubject(subject, files, approved);
  const seconds = expected === null ? 0 : expected.spectra + expected.probes;
  if (files.baseline.kind === 'keep') return { measurement: null, seconds, budget: options.budget ?? null };
  const name = approved ?? options.model ?? '';
  const time =
    expected === null ? 'as long as the server needs' : `${formatRoughTime(seconds)} on the CPU of this machine`;
  say(`· measuring ${printable(name)} as the first baseline takes ${time}`);
  const budget = options.budget ?? (await askBudget(expected, { questions, say }));
  if (budget !== null)
    say(`· the probes of each model are limited to ${formatDuration(budget)}, here and in the workflow`);
  if (!(await questions.confirm('Measure it now?', true))) return { measurement: null, seconds, budget };
  questions.close();
  const measurement = await takeMeasurement(
    {
      ...sourceOf(options, subject),
      ...(subject.only === null ? {} : { only: subject.only }),
      device: options.device,
      method: 'auto',
      store: true,
      ...(budget === null ? {} : { budget }),
    },
    files.policy,
    output,
  );
  const { probes } = measurement;
  if (probes?.status === 'notRun') {
    throw new UserError(`the probes did not run: ${probes.reason}`, 'fix that, or give --only spectra');
  }
  return { measurement, seconds, budget };
}

function sourceOf({ endpoint, model, tokenizer }: InitOptions, { stored }: Subject) {
  if (stored) {
    const { approved: checkpoint, reference } = stored.roles;
    return { checkpoint, ...(reference === undefined ? {} : { reference }) };
  }
  if (endpoint === undefined || model === undefined) throw new Error('there is neither a checkpoint nor a server');
  return { endpoint, model, ...(tokenizer === undefined ? {} : { tokenizer }) };
}

/** Null where a server does the work. */
async function expectSubject(
  { stored, only }: Subject,
  { policy }: ChosenFiles,
  approved: string | undefined,
): Promise<ExpectedTime | null> {
  if (!stored || approved === undefined) return null;
  const probes = await selectProbes(policy, { ...(only === null ? {} : { only }), seed: 1 });
  const { roles, pair } = stored;
  const measured = approved === roles.checkpoint ? pair : await openPair(approved, roles.reference);
  return expectTime(measured, { spectra: only !== 'probes', suites: probes?.suites ?? [] });
}

async function askBudget(
  expected: ExpectedTime | null,
  { questions, say }: Pick<Context, 'questions' | 'say'>,
): Promise<number | null> {
  if (expected === null || expected.probes <= LONG_SECONDS) return null;
  say(
    `· the probes take ${formatRoughTime(expected.probes)}, now and in each check; with a time limit, fewer are asked`,
  );
  const fallback = expected.probes > TOO_LONG_SECONDS ? SUGGESTED : NO_LIMIT;
  const answer = await questions.text('Time limit for the probes, such as 2m, or none', fallback);
  if (answer === NO_LIMIT) return null;
  const seconds = parseSeconds(answer);
  if (seconds !== null) return seconds;
  throw new UserError(`${JSON.stringify(answer)} is no time`, 'give one such as 10m, or none');
}
