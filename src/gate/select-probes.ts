import { randomInt } from 'node:crypto';
import { type Half, MAX_SEED, type ProbeRunOptions, type SeedChoice } from '../measure/options.ts';
import { UserError } from '../platform/user-error.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import { loadSuites } from './load-suites.ts';

const DEFAULT_SEED = 1;

export function resolveSeed(choice: SeedChoice | undefined): number {
  return choice === 'rotate' ? randomInt(2, MAX_SEED) : (choice ?? DEFAULT_SEED);
}

export interface ProbeSelection {
  readonly only?: Half | undefined;
  readonly seed: number;
  /** Seconds that asking may take; everything is asked if missing. */
  readonly budgetSeconds?: number | undefined;
  /** Through the chat template, also where the policy does not say so. */
  readonly chatTemplate?: boolean | undefined;
}

/**
 * What the policy and the caller want to be asked; null for nothing.
 * @throws UserError for a probe file that is missing or wrong, and where nothing at all would be measured
 */
export async function selectProbes(found: ResolvedPolicy, wishes: ProbeSelection): Promise<ProbeRunOptions | null> {
  const { only, seed, budgetSeconds, chatTemplate } = wishes;
  if (only === 'probes' && found.policy.probes.length === 0) {
    throw new UserError(
      `probes: policy ${found.policyPath ?? ''} has no suites, and nothing but probes is wanted`,
      'name some under probes, or leave out --only probes',
    );
  }
  if (only === 'spectra' || found.policy.probes.length === 0) return null;
  return {
    suites: await loadSuites(found, seed),
    seed,
    chatTemplate: chatTemplate ?? found.policy['chat-template'],
    budgetSeconds: budgetSeconds ?? null,
  };
}
