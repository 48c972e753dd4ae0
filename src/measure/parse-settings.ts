import { MAX_SEED, type SeedChoice } from '../gate/select-probes.ts';

export const SEED_WORDS = `a whole number from 0 to ${MAX_SEED}, or rotate`;
export const TIME_WORDS = 'a time such as 60s or 5m';

/** @returns null for what is neither a seed nor `rotate` */
export function parseSeed(text: string): SeedChoice | null {
  if (text === 'rotate') return text;
  const value = Number(text);
  return /^\s*\d+\s*$/.test(text) && value <= MAX_SEED ? value : null;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** Seconds of `60s`, `1.5m`, `2 min`, `1h` or a bare number; null for anything else. */
export function parseSeconds(text: string): number | null {
  const [, number = '', unit = 's'] = /^\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)?\s*$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? 1);
  return seconds > 0 ? seconds : null;
}
