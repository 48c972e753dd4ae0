import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { readProbeFile } from '@shadow-gate/probes/files';

/** A file of the user's that can be asked. */
interface FoundBenchmark {
  /** Relative to the folder that was searched. */
  readonly path: string;
  readonly questions: number;
  readonly items: number;
}

/** Larger files are data to train on. */
const MAX_BYTES = 20_000_000;
/** Files that are read: more is a folder of data. */
const MAX_FILES = 20;

/** What is trained on must not be asked, and what harnesses and training runs log is no benchmark. */
const NO_BENCHMARK =
  /(?:^|[/_.-])(?:train(?:ing)?|sft|dpo|rlhf|log|logs|samples|predictions|results?|loss|metrics)(?:$|[/_.-])/i;

/**
 * The tables that can be read as probes. The others are left out without a word: nobody said that they are benchmarks.
 */
export async function findBenchmarks(root: string, tables: readonly string[]): Promise<FoundBenchmark[]> {
  const found: FoundBenchmark[] = [];
  for (const path of tables.filter((table) => !NO_BENCHMARK.test(table)).slice(0, MAX_FILES)) {
    const file = join(root, path);
    if (((await stat(file).catch(() => null))?.size ?? Number.POSITIVE_INFINITY) > MAX_BYTES) continue;
    const items = await readProbeFile(file, { seed: 1 }).then(
      (suite) => suite.items,
      (error: unknown) => {
        if (error instanceof UserError) return [];
        throw error;
      },
    );
    if (items.length === 0) continue;
    found.push({ path, questions: new Set(items.map(({ fact }) => fact)).size, items: items.length });
  }
  return found;
}
