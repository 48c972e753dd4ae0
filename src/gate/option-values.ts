import { MAX_TIMEOUT_SECONDS } from '@shadow-gate/language-model/remote';
import { UserError } from '@shadow-gate/platform';
import { SecretSeed } from '@shadow-gate/probes/random';
import { MAX_SEED, type SeedChoice } from '../measure/options.ts';

export const ORDER_SEED_WORDS = `a whole number from 0 to ${MAX_SEED}`;

export const SEED_WORDS = `${ORDER_SEED_WORDS}, or rotate`;

export const TIME_WORDS = 'a time such as 60s or 5m';

export const COUNT_WORDS = 'a whole number above 0';

export const TIMEOUT_WORDS = `a time such as 60s, at most ${MAX_TIMEOUT_SECONDS}s`;

/** @returns null for a text that is not a whole number above 0 */
export function parseCount(text: string): number | null {
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** @returns null for a text that is neither a seed nor `rotate` */
export function parseSeed(text: string): number | 'rotate' | null {
  if (text === 'rotate') return text;
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value <= MAX_SEED ? value : null;
}

/** Environment variable with a secret that draws the questions. */
export const SECRET_SEED = 'SHADOW_GATE_SEED';

/**
 * The secret if there is one, else the option. A fork's workflow has an empty one.
 * @throws UserError for both, and for a short secret
 */
export function secretOr(seed: SeedChoice | undefined, secret: string | undefined): SeedChoice | undefined {
  if (secret === undefined || secret === '') return seed;
  if (seed === undefined) return new SecretSeed(secret);
  throw new UserError(`a seed is given, and ${SECRET_SEED} draws the questions`, 'leave out one of the two');
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** Seconds in `60s`, `1.5m`, `2 min` or `1h`; null for anything else. A number without a unit would be ambiguous. */
export function parseSeconds(text: string): number | null {
  const [, number = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)\s*$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? Number.NaN);
  return seconds > 0 ? seconds : null;
}

/** Seconds that a server may take for one request; null for anything else, or for too long a time. */
export function parseTimeout(text: string): number | null {
  const seconds = parseSeconds(text);
  return seconds !== null && seconds <= MAX_TIMEOUT_SECONDS ? seconds : null;
}
