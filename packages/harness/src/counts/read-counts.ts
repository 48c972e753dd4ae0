import { basename } from 'node:path';
import { given, groupBy, UserError } from '@shadow-gate/platform';
import { sha256 } from '@shadow-gate/platform/files';
import { canonicalJson, parseJsonWithNaN, validate } from '@shadow-gate/platform/json';
import { passageName } from '@shadow-gate/probes/item';
import { mean } from 'simple-statistics';
import { z } from 'zod';
import { type BenchmarkDocument, type Benchmarks, type BenchmarkTask, UNKNOWN_MODEL, UNSTATED } from '../benchmarks.ts';
import { readLogLines } from '../read-lines.ts';

const HINT = 'write a line {"suite": "musr", "id": 17, "correct": 7, "samples": 10} for each item, all of one model';

/** The number of right ones among the sampled answers to one item. Other keys are the team's own. */
const lineSchema = z
  .looseObject({
    suite: z.string().min(1),
    id: z.union([z.string().min(1), z.int()]),
    correct: z.int().nonnegative(),
    samples: z.int().positive(),
    chance: z.number().min(0).lt(1).optional(),
    /** A passage or the like that it shares with other items. */
    cluster: z.union([z.string(), z.number()]).nullish(),
  })
  .refine(({ correct, samples }) => correct <= samples, { error: 'has more right answers than samples' });
type Line = z.infer<typeof lineSchema>;

/** Each suite is a task, each item a document. @throws UserError with the line of a mistake, or a repeated item */
export async function readCounts(path: string): Promise<Benchmarks> {
  const lines: Line[] = [];
  const places = new Map<string, number>();
  for await (const { number, text } of linesOf(path)) {
    const parsed = validate(lineSchema, parseJsonWithNaN(text, path, HINT, number));
    if (!parsed.success) {
      const { path: keys, message } = parsed.issue;
      throw new UserError(`${path}:${number}: ${[...keys.map(String), message].join(': ')}`, HINT);
    }
    const item = canonicalJson([parsed.data.suite, parsed.data.id]);
    const other = places.get(item);
    if (other !== undefined) {
      throw new UserError(
        `${path}:${number}: item ${parsed.data.id} of ${parsed.data.suite} is in line ${other} already`,
        'count the samples of an item in one line, and give the counts of one model',
      );
    }
    places.set(item, number);
    lines.push(parsed.data);
  }
  if (lines.length === 0) throw new UserError(`${path}:1: the file is empty`, HINT);
  return {
    harness: 'counts',
    model: { name: basename(path).replace(/\.jsonl?$/, ''), ...UNKNOWN_MODEL },
    runs: [{ file: basename(path), version: null, time: null }],
    tasks: [...groupBy(lines, ({ suite }) => suite)].map(([suite, own]) => taskOf(suite, own)),
    groups: [],
  };
}

export async function isCountsFile(path: string): Promise<boolean> {
  for await (const { text } of linesOf(path)) {
    try {
      return validate(lineSchema, JSON.parse(text)).success;
    } catch {
      return false;
    }
  }
  return false;
}

async function* linesOf(path: string): ReturnType<typeof readLogLines> {
  try {
    yield* readLogLines(path, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new UserError(`${path} does not exist`, 'check the path');
    if (code === 'EISDIR') throw new UserError(`${path} is a folder`, 'give a file of counts');
    throw error;
  }
}

function taskOf(name: string, lines: readonly Line[]): BenchmarkTask {
  return {
    ...UNSTATED,
    name,
    scoring: 'counts',
    repeats: lines.reduce((most, { samples }) => Math.max(most, samples), 1),
    metrics: [
      {
        metric: 'accuracy',
        filter: 'none',
        value: mean(lines.map(({ correct, samples }) => correct / samples)),
        // The caller knows how items of one passage vary together.
        stderr: null,
        higherIsBetter: true,
        ofSamples: 'share',
      },
    ],
    documents: lines.map(documentOf),
  };
}

function documentOf({ suite, id, correct, samples, chance, cluster }: Line, index: number): BenchmarkDocument {
  const doc = sha256(canonicalJson([suite, id]));
  const passage = passageName(String(cluster ?? '')) ?? undefined;
  return {
    ...{ id: index, docHash: doc, promptHash: doc, targetHash: null, doc },
    requests: sha256(canonicalJson(passage === undefined ? (chance ?? null) : [chance ?? null, passage])),
    ...given({ samples, values: [correct / samples], logprobs: null, chance, passage }),
  };
}
