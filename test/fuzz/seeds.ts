import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the repository: where the fuzzers are started, and where tests run. */
const ROOT = process.cwd();

/** The bytes of a file of the repository. */
export function seedBytes(...path: string[]): Uint8Array {
  return new Uint8Array(readFileSync(join(ROOT, ...path)));
}

export function seedText(...path: string[]): string {
  return readFileSync(join(ROOT, ...path), 'utf8');
}

export function seedJson(...path: string[]): unknown {
  return JSON.parse(seedText(...path));
}

/** Seeds that `scripts/fuzz-seeds.sh` made. */
export const madeSeed = (name: string): unknown => seedJson('test/fuzz/seeds', name);
