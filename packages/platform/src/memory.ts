import os from 'node:os';

/** The memory of this machine, or the share of it that this process may use, in bytes. */
export function machineMemory(): number {
  const constrained = process.constrainedMemory();
  const total = os.totalmem();
  return constrained > 0 ? Math.min(constrained, total) : total;
}

export const SIZE_WORDS = 'a size such as 6GB, 6GiB, 512MB, or 6 for GiB';

const UNITS = new Map(Object.entries({ mb: 1e6, gb: 1e9, tb: 1e12, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 }));

/** Number of bytes in `6GB`, `6gb`, `6 GiB`, `512MB`, or `6` for GiB; null for anything else. */
export function parseMemory(text: string): number | null {
  const [, number = '', unit = 'gib'] = /^\s*(\d+(?:\.\d+)?)\s*([mgt]i?b)?\s*$/.exec(text.toLowerCase()) ?? [];
  const bytes = Number(number) * (UNITS.get(unit) ?? Number.NaN);
  return bytes > 0 ? bytes : null;
}
