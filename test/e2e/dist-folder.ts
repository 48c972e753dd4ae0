import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the first test that needs a built dist builds it (built-dist.ts). */
    distFolder: string;
  }
}

/** Setup of a whole test run. */
export default async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-dist-'));
  provide('distFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
