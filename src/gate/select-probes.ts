import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { atLevels, type FamilyLevels, type Suite } from '@shadow-gate/probes/suite';
import type { TextSuite } from '@shadow-gate/probes/texts';
import { type Half, MAX_SEED, type ProbeRunOptions, type SeedChoice } from '../measure/options.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import { loadSuites, loadTextSuites } from './load-suites.ts';

const DEFAULT_SEED = 1;

export function resolveSeed(choice: SeedChoice | undefined): number {
  return choice === 'rotate' ? randomInt(2, MAX_SEED) : (choice ?? DEFAULT_SEED);
}

interface ProbeSelection {
  readonly only?: Half | undefined;
  readonly seed: number;
  /** Seed of the order of asking; drawn now if missing, so nobody knows it while a candidate is made. */
  readonly orderSeed?: number | undefined;
  readonly budgetSeconds?: number | undefined;
  /** Answers to compare with: the same suites are asked at their levels. */
  readonly like?: MeasuredProbes | undefined;
  /** As in the policy if missing. */
  readonly chatTemplate?: boolean | undefined;
}

/** @throws UserError for a missing or invalid probe file, and if nothing at all would be measured */
export async function selectProbes(
  resolved: ResolvedPolicy,
  { only, seed, orderSeed, like, budgetSeconds, chatTemplate }: ProbeSelection,
): Promise<ProbeRunOptions | null> {
  const { policy, policyPath } = resolved;
  if (only === 'probes' && policy.probes.length === 0) {
    throw new UserError(
      `only the probes were requested, but policy ${policyPath ?? ''} lists no probe suites`,
      'add some under probes, or measure the spectra as well',
    );
  }
  if (only === 'spectra' || policy.probes.length === 0) return null;
  const suites = await loadSuites(resolved, seed);
  const texts = (await loadTextSuites(resolved, seed, suites)).filter((suite) => suite.isListed || isOf(suite, like));
  return {
    suites: suites.map((suite) => withKnownLevels(suite, like)),
    ...(texts.length === 0 ? {} : { texts }),
    seed,
    order: { seed: orderSeed ?? randomInt(0, MAX_SEED), isChosen: orderSeed !== undefined },
    chatTemplate: chatTemplate ?? policy['chat-template'],
    budgetSeconds: budgetSeconds ?? null,
  };
}

/** True if there are no answers to compare with, or if they have these texts as well. */
function isOf({ name, digest }: TextSuite, like: MeasuredProbes | undefined): boolean {
  return like === undefined || (like.texts ?? []).some((own) => own.name === name && own.digest === digest);
}

/** Unchanged without known levels of the same items. @throws UserError for levels that the suite cannot have */
export function withKnownLevels(suite: Suite, like: MeasuredProbes | undefined): Suite {
  const known = like?.suites.find(({ name, digest }) => name === suite.name && digest === suite.digest);
  if (!suite.levels || !known?.levels) return suite;
  const shape = (levels: readonly FamilyLevels[]) => levels.map(({ family, count }) => [family, count]);
  if (isDeepStrictEqual(shape(known.levels), shape(suite.levels))) return atLevels(suite, known.levels);
  throw new UserError(
    `the levels of suite ${suite.name} in the measurement are not those of its families`,
    'measure the baseline again',
  );
}
