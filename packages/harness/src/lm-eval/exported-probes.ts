import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { groupBy, UserError } from '@shadow-gate/platform';
import { validate } from '@shadow-gate/platform/json';
import {
  hideItem,
  type MeasuredProbes,
  measuredItem,
  suiteMeasurementSchema,
  textKey,
} from '@shadow-gate/probes/answer';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { atLevels, builtinSuite, digestItems, SUITE_VERSION } from '@shadow-gate/probes/suite';
import { z } from 'zod';
import { EXPORT_KEY, EXPORT_VERSION, PARTS } from '../export/tasks.ts';
import { type AnsweredItem, answerOutcome, type ExportedTaskLog, isComplete, readAnswers } from './exported-answers.ts';
import { findRuns } from './find-runs.ts';
import { type LmEvalResults, lmEvalGroups, lmEvalTasks, readLmEvalResults } from './results.ts';

interface ExportedProbes {
  readonly probes: MeasuredProbes;
  readonly names: ReadonlySet<string>;
}

const HINT =
  "run the tasks that 'shadow-gate probes --export lm-eval DIR' wrote, all of them in one run, and change nothing in them";

const suiteSchema = z.strictObject({
  ...suiteMeasurementSchema.pick({ name: true, version: true, digest: true, seed: true }).shape,
  ...suiteMeasurementSchema.pick({ twinsOf: true, chatTemplate: true, source: true, levels: true, facts: true }).shape,
  items: z.int().positive(),
  maxNewTokens: z.int().positive(),
  keepsTexts: z.boolean().optional(),
});
type ExportedSuite = z.infer<typeof suiteSchema>;

const taskSchema = z.looseObject({
  version: z.literal(EXPORT_VERSION, { error: 'it was exported by another version: export again' }),
  part: z.enum(PARTS),
  place: z.int().nonnegative(),
  suite: suiteSchema,
  seed: z.int(),
  chatTemplate: z.boolean(),
});
type ExportedTask = z.infer<typeof taskSchema>;

/**
 * Read samples of exported tasks as answers to their items; null without any. The digest of the suite proves the items,
 * and the prompts prove the requests. @throws UserError for missing or changed items, and for other prompts
 */
export async function readExportedProbes(folder: string): Promise<ExportedProbes | null> {
  const tasks: Array<ExportedTaskLog & { readonly exported: ExportedTask }> = [];
  const names = new Set<string>();
  for (const files of await findRuns(folder)) {
    const results = await readLmEvalResults(folder, files.results);
    const own = lmEvalTasks(results);
    const samples = files.samplesOf(own);
    for (const name of own) {
      const exported = metadataOf(results, name, files.results);
      if (exported === null) continue;
      expectNothingAdded(results, name, files.results);
      names.add(name);
      const file = samples.get(name);
      if (file === undefined) throw new UserError(`${folder} has no samples of ${name}`, 'run with --log_samples');
      const isChat = (results.chat_template ?? null) !== null;
      tasks.push({ path: join(folder, file), part: exported.part, isChat, exported });
    }
    // A group without other tasks.
    for (const group of lmEvalGroups(results)) {
      const members = results.group_subtasks?.[group] ?? [];
      if (members.length > 0 && members.every((member) => names.has(member))) names.add(group);
    }
  }
  const [first] = tasks;
  if (first === undefined) return null;
  const { seed, chatTemplate } = first.exported;
  if (tasks.some(({ exported }) => exported.seed !== seed || exported.chatTemplate !== chatTemplate)) {
    throw new UserError(`${folder} has tasks of different exports`, HINT);
  }
  const inOrder = tasks.sort((a, b) => a.exported.place - b.exported.place);
  const suites = [...groupBy(inOrder, ({ exported }) => exported.suite.name).values()];
  const read = [];
  for (const members of suites) read.push(await readSuite(folder, members));
  return {
    names,
    probes: {
      status: 'measured',
      suites: read.map(({ suite }) => suite),
      seed,
      chatTemplate,
      budgetSeconds: null,
      items: read.flatMap(({ items }) => items),
      notes: [],
      leftOut: [],
    },
  };
}

function metadataOf({ configs }: LmEvalResults, task: string, file: string): ExportedTask | null {
  const metadata = configs[task]?.metadata;
  const own =
    typeof metadata === 'object' && metadata !== null ? (metadata as Record<string, unknown>)[EXPORT_KEY] : null;
  if (own === undefined || own === null) return null;
  const parsed = validate(taskSchema, own);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.issue;
  throw new UserError(`${file}: metadata of ${task}: ${[...path.map(String), message].join(': ')}`, HINT);
}

/** Prompts do not show examples, since a chat template hides where they begin. */
function expectNothingAdded(results: LmEvalResults, task: string, file: string): void {
  const shots = results['n-shot']?.[task] ?? 0;
  const added = [
    ...(shots === 0 ? [] : ['few-shot examples']),
    ...((results.system_instruction ?? '') === '' ? [] : ['a system instruction']),
  ];
  if (added.length > 0) throw new UserError(`${file}: ${task} was asked with ${added.join(' and ')}`, HINT);
}

async function readSuite(folder: string, tasks: ReadonlyArray<ExportedTaskLog & { readonly exported: ExportedTask }>) {
  const [first] = tasks;
  if (first === undefined) throw new Error('a suite without tasks');
  const { suite, chatTemplate } = first.exported;
  if (tasks.some(({ exported }) => !isDeepStrictEqual(exported.suite, suite))) {
    throw new UserError(`${folder} has two exports of ${JSON.stringify(suite.name)}`, HINT);
  }
  const wanted = suite.chatTemplate ?? chatTemplate;
  const { maxNewTokens } = suite;
  const answered = new Map<number, AnsweredItem>();
  const answers = { wanted, maxNewTokens, answered, frame: { around: null } };
  for (const task of tasks) await readAnswers(task, answers);
  const complete = [...answered].sort(([a], [b]) => a - b).flatMap(([, item]) => (isComplete(item) ? [item] : []));
  if (complete.length !== suite.items || answered.size !== suite.items) {
    throw new UserError(
      `${folder}: ${complete.length} of the ${suite.items} items of ${JSON.stringify(suite.name)} have answers`,
      `run without --limit: ${HINT}`,
    );
  }
  expectSameItems(
    suite,
    complete.map(({ item }) => item),
  );
  const { maxNewTokens: _, keepsTexts, ...identity } = suite;
  const measured = complete.map((answers) => measuredItem(answerOutcome(answers), suite.name));
  if (keepsTexts === undefined) return { suite: identity, items: measured };
  const key = textKey(complete.map(({ item }) => item));
  if (keepsTexts) return { suite: { ...identity, textKey: key }, items: measured };
  return { suite: { ...identity, texts: 'hashed' as const }, items: measured.map((item) => hideItem(item, key)) };
}

/** Compare the items with the digest of the suite. Items of the built-in suite are drawn again. */
function expectSameItems(suite: ExportedSuite, items: readonly ProbeItem[]): void {
  const { name, version, digest, seed, maxNewTokens, twinsOf, chatTemplate, levels, facts } = suite;
  const changed = new UserError(`the items of ${JSON.stringify(name)} are not those that were exported`, HINT);
  if (version === null) {
    if (digestItems(items, { maxNewTokens, twinsOf, chatTemplate }) !== digest) throw changed;
    return;
  }
  if (version !== SUITE_VERSION || typeof seed !== 'number') {
    throw new UserError(`${JSON.stringify(name)} was exported by another version of this program`, 'export it again');
  }
  const drawn = builtinSuite(seed, facts);
  const asked = levels === undefined ? drawn : atLevels(drawn, levels);
  if (drawn.digest !== digest || !isDeepStrictEqual(asked.items, items)) throw changed;
}
