import { UserError } from '@shadow-gate/platform';
import { tooFewFacts } from '../../compare/index.ts';
import { budgetUse, countedFacts, LEAST_FACTS, pairWithItself } from '../../compare/probes/index.ts';
import { selectProbes } from '../../gate/select-probes.ts';
import type { Measurement } from '../../measure/schema/index.ts';
import { printable } from '../../report/escape.ts';
import { findingText } from '../../report/text/index.ts';
import { takeMeasurement } from '../measure.ts';
import type { Output } from '../output.ts';
import type { ChosenFiles } from './choose-files.ts';
import { type ExpectedTime, expectTime } from './expected-time.ts';
import { openPair } from './model.ts';
import type { InitOptions } from './options.ts';
import type { InitQuestions } from './questions.ts';
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
  readonly questions: InitQuestions;
  readonly output: Output;
  readonly say: Say;
}

/** Probes that take longer can have a limit, of which somebody may not know. */
const LONG_SECONDS = 10 * 60;

/**
 * Say how long the first baseline takes, ask, and measure it as `measure` does. Nothing is written.
 * @throws UserError
 */
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
  const budget = options.budget ?? null;
  if (budget === null && expected !== null && expected.probes > LONG_SECONDS) {
    say('· with a time limit (--budget), fewer questions are asked, once the levels that suit the model are found');
  }
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
  if (budget !== null) expectEnough(measurement);
  return { measurement, seconds, budget };
}

/** A baseline that can judge nothing is no baseline. @throws UserError for a budget that bought too few facts */
function expectEnough(measurement: Measurement): void {
  const { probes } = measurement;
  if (probes?.status !== 'measured') return;
  const { facts } = pairWithItself(probes);
  const counted = countedFacts(facts);
  if (counted.facts >= LEAST_FACTS) return;
  throw new UserError(
    findingText(tooFewFacts(counted, budgetUse(measurement))).replace(/\.$/, ''),
    'give a longer --budget, or leave it out',
  );
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
