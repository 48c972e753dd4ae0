import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '@shadow-gate/platform';
import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { SecretSeed, type Seed, type SeedName } from '@shadow-gate/probes/random';
import { atLevels, type FamilyLevels, type Suite } from '@shadow-gate/probes/suite';
import { type Half, MAX_SEED, type OwnTextOptions, type ProbeRunOptions, type SeedChoice } from '../measure/options.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import type { Policy } from '../policy/policy.ts';
import { loadSuites, loadTextSuites } from './load-suites.ts';
import { SECRET_SEED } from './option-values.ts';

const DEFAULT_SEED = 1;

export function resolveSeed<T extends Seed>(choice: T | 'rotate' | undefined): T | number {
  return choice === 'rotate' ? randomInt(2, MAX_SEED) : (choice ?? DEFAULT_SEED);
}

/**
 * The seed that drew the questions of a measurement, or the one chosen. A secret has to be that of the measurement.
 * @param name of the measurement, in a sentence
 * @throws UserError for a secret on one side, or another secret
 */
export function seedLike(known: SeedName, choice: SeedChoice | undefined, name: string): Seed {
  if (choice instanceof SecretSeed) {
    if (choice.id === known) return choice;
    const how = typeof known === 'string' ? `another ${SECRET_SEED}` : `no ${SECRET_SEED}`;
    throw new UserError(`${name} was measured with ${how}`, `measure it with the same ${SECRET_SEED}`);
  }
  if (typeof known === 'string') {
    throw new UserError(
      `${name} was measured with ${SECRET_SEED}, which is not set here`,
      'set it to the same secret (workflows of forks get none), or measure again without it',
    );
  }
  return choice === undefined ? known : resolveSeed(choice);
}

interface ProbeSelection {
  readonly only?: Half | undefined;
  readonly seed: Seed;
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
  const texts = await loadTextSuites(resolved, suites);
  const order = { seed: orderSeed ?? randomInt(0, MAX_SEED), isChosen: orderSeed !== undefined };
  return {
    suites: suites.map((suite) => withKnownLevels(suite, like)),
    ...(texts.length === 0 ? {} : { texts }),
    seed,
    order,
    ownText: {
      // Its texts are the model's own words, which can be what it was trained on.
      draw: policy['probes-text'] === 'omit' ? null : drawOf(policy, order.seed),
      read: textsOf(like, 'with-baseline'),
    },
    protocol: true,
    chatTemplate: chatTemplate ?? policy['chat-template'],
    budgetSeconds: budgetSeconds ?? null,
  };
}

/** Questions for a model that will be no baseline: nobody would read texts of its own. */
export function withoutDrawing<P extends ProbeRunOptions>(probes: P): P {
  return { ...probes, ownText: { draw: null, read: probes.ownText?.read ?? null } };
}

/** How to draw own text. */
export function drawOf({ 'own-text': { tokens } }: Policy, seed: number): NonNullable<OwnTextOptions['draw']> {
  return { seed, tokens };
}

/** The texts that a measured model drew; null without any. */
export function textsOf(
  probes: MeasuredProbes | undefined,
  drawn: NonNullable<OwnTextOptions['read']>['drawn'],
): OwnTextOptions['read'] {
  const own = probes?.ownText?.drawn;
  return own === undefined ? null : { digest: own.digest, drawn, texts: own.texts };
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
