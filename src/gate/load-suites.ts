import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isDatasetPath } from '@shadow-gate/checkpoints/hub';
import { given, UserError } from '@shadow-gate/platform';
import { comparableText, REFUSAL_PATTERNS, REFUSAL_TOKENS } from '@shadow-gate/probes';
import { hideError, textKey, withoutQuotes } from '@shadow-gate/probes/answer';
import { readProbeFile } from '@shadow-gate/probes/files';
import { type Seed, seedName } from '@shadow-gate/probes/random';
import {
  BUILTIN,
  builtinSuite,
  DEFAULT_MAX_NEW_TOKENS,
  digestItems,
  type Suite,
  suiteNameFromFile,
} from '@shadow-gate/probes/suite';
import { approvedFiles, isTaskText, readTaskSuite, textWithTemplates } from '@shadow-gate/probes/tasks';
import { readTextSuite, type TextSuite } from '@shadow-gate/probes/texts';
import { REFUSAL_SCORING, roleOf } from '../policy/apart.ts';
import type { ResolvedPolicy } from '../policy/load.ts';
import { isOfTexts, listedFiles, type SuiteChoice } from '../policy/probe-policy.ts';
import { findBenchmark } from '../policy/twins-of.ts';

/**
 * Load the suites of a policy. Files are searched next to the policy, then in the working directory.
 * @throws UserError for a missing or invalid file, for two suites with the same name, and for questions asked twice
 */
export async function loadSuites(resolved: ResolvedPolicy, seed: Seed): Promise<Suite[]> {
  const choices = listedFiles(resolved.policy.probes).filter((choice) => !isOfTexts(choice));
  const suites: Suite[] = [];
  for (const choice of choices) {
    const loaded = await loadSuite(choice, resolved, { seed, twinsOf: benchmarkOf(choice, choices) });
    const suite = withTexts(loaded, keepsTexts(loaded, resolved, seed));
    if (suites.some(({ name }) => name === suite.name)) throw sameName(suite.name);
    suites.push(suite);
  }
  for (const suite of suites) expectNewQuestions(suite, suites);
  return suites;
}

/** @throws UserError for a missing or invalid file, and for two suites with the same name */
export async function loadTextSuites(
  { policy, policyPath, probeFiles }: ResolvedPolicy,
  suites: readonly Suite[],
): Promise<TextSuite[]> {
  const kept = policy['probes-text'] === 'keep';
  const names = new Set(suites.map(({ name }) => name));
  const texts: TextSuite[] = [];
  for (const { file } of listedFiles(policy.probes).filter(isOfTexts)) {
    const suite = await quoting(kept, async () => {
      if (isDatasetPath(file)) throw new UserError(`probes: ${file}: texts are not read from a hub`, 'give a file');
      const place = await findFile(file, policyPath, probeFiles);
      return readTextSuite(probeFiles?.get(file) ?? place, file, { kept });
    });
    if (names.has(suite.name)) throw sameName(suite.name);
    names.add(suite.name);
    texts.push(suite);
  }
  return texts;
}

function sameName(name: string): UserError {
  return new UserError(`probes: two suites have the name ${JSON.stringify(name)}`, 'rename one of the files');
}

/** Forms that a secret seed derives stay secret. */
function keepsTexts(suite: Suite, { policy }: ResolvedPolicy, seed: Seed): boolean {
  return policy['probes-text'] === 'keep' && (typeof seed === 'number' || suite.seed === null);
}

/** @param kept whether measurements keep the texts of files; the built-in suite has its own setting */
function withTexts(suite: Suite, kept: boolean): Suite {
  if (suite.version !== null) return suite;
  const warnings = kept ? suite.warnings : suite.warnings.map(withoutQuotes);
  return { ...suite, warnings, texts: { kept, key: textKey(suite.items) } };
}

/** @throws UserError for a benchmark's prompt among its group twins: a memorized answer would count as a skill */
function expectNewQuestions({ name, twinsOf, items }: Suite, suites: readonly Suite[]): void {
  const benchmark = twinsOf === undefined ? undefined : suites.find((suite) => suite.name === twinsOf);
  if (benchmark === undefined) return;
  const asked = new Map(benchmark.items.map(({ fact, prompt }) => [comparableText(prompt), fact]));
  for (const { fact, prompt } of items) {
    const same = asked.get(comparableText(prompt));
    if (same === undefined) continue;
    throw new UserError(
      `probes: ${JSON.stringify(fact)} of ${JSON.stringify(name)} asks the same as ${JSON.stringify(same)} of ${JSON.stringify(benchmark.name)}`,
      'take it out of one of the two: group twins are new questions',
    );
  }
}

type FileChoice = Exclude<SuiteChoice, string>;

function benchmarkOf({ 'twins-of': twinsOf }: FileChoice, choices: readonly FileChoice[]): string | null {
  if (twinsOf === undefined) return null;
  const benchmark = findBenchmark(twinsOf, choices);
  if (benchmark === undefined) throw new Error('the schema of the policy checks twins-of');
  return suiteNameFromFile(benchmark.file);
}

async function loadSuite(
  choice: FileChoice,
  { policy, policyPath, probeFiles }: ResolvedPolicy,
  { seed, twinsOf }: { readonly seed: Seed; readonly twinsOf: string | null },
): Promise<Suite> {
  const { file, scoring, steps, fields, filter, slices, samples, temperature = DEFAULT_TEMPERATURE } = choice;
  const { prompt, 'answer-pattern': answerPattern, 'few-shot': fewShot } = choice;
  const { 'refusal-patterns': patterns = REFUSAL_PATTERNS } = choice;
  if (file === BUILTIN) return builtinSuite(seed, choice.facts);
  const role = roleOf(choice);
  const isAlone = role === 'must-pass';
  const kept = policy['probes-text'] === 'keep';
  const locate = async (name: string) =>
    isDatasetPath(name) ? name : (probeFiles?.get(name) ?? (await findFile(name, policyPath, probeFiles)));
  const isDataset = isDatasetPath(file);
  const examples = fewShot === undefined ? undefined : { ...fewShot, path: await locate(fewShot.file) };
  const place = isDataset ? file : await findFile(file, policyPath, probeFiles);
  const path = isDataset ? file : (probeFiles?.get(file) ?? place);
  const options = {
    seed,
    ...(isAlone ? { kinds: UNUSED_KINDS, isAlone } : { kinds: policy.twins }),
    isGroup: twinsOf !== null,
    ...(scoring === undefined ? {} : scoring === REFUSAL_SCORING ? { refusals: patterns } : { scoring }),
    ...given({ steps, fields, filter, slices, fewShot: examples }),
    asking: { prompt, answerPattern },
  };
  const {
    items: read,
    seeded,
    warnings,
    source,
    slices: facts,
    ...asked
  } = await quoting(kept, async () => {
    const text = isDataset ? null : await textWithTemplates(path);
    const read = text === null ? options : { ...options, text };
    return text !== null && isTaskText(text)
      ? readTaskSuite(path, place, { ...read, ...taskOptions(choice, { policyPath, probeFiles }) })
      : readProbeFile(expectNoTask(path, choice), read);
  });
  // Twins written in a file are its questions as well; derived ones are not.
  const items = isAlone && seeded ? read.filter(({ form }) => form === 'benchmark') : read;
  const sampling = samples === undefined ? undefined : { samples, temperature };
  const settings = given({
    twinsOf: twinsOf ?? undefined,
    chatTemplate: choice['chat-template'] ?? asked.chatTemplate,
    sampling,
    role,
  });
  if (sampling !== undefined && !items.some(({ question }) => question.kind === 'exact')) {
    throw new UserError(
      `probes: ${file}: samples: no answer to its questions is generated`,
      'leave it out: choices are scored, and their probabilities say more than samples',
    );
  }
  const usual = scoring === REFUSAL_SCORING ? REFUSAL_TOKENS : DEFAULT_MAX_NEW_TOKENS;
  const maxNewTokens = choice['max-new-tokens'] ?? usual;
  return {
    name: suiteNameFromFile(file),
    version: null,
    digest: digestItems(items, { maxNewTokens, ...settings }),
    warnings,
    seed: seeded && !isAlone ? seedName(seed) : null,
    items,
    size: items.length,
    path: isDataset ? null : path,
    ...given({ source, slices: facts }),
    maxNewTokens,
    ...settings,
  };
}

/** Kinds that every question can have: a suite judged alone gets no twins, and no warning about those that it lacks. */
const UNUSED_KINDS = ['open', 'format'] as const;

/** Temperature of sampled answers; reasoning models are usually evaluated with it. */
const DEFAULT_TEMPERATURE = 0.7;

const folderOf = (policyPath: string | null): string => (policyPath === null ? '.' : dirname(policyPath));

/** Settings for tasks of lm-evaluation-harness only. */
function taskOptions(
  { file, documents, 'num-fewshot': numFewshot, 'chat-template': template }: FileChoice,
  { policyPath, probeFiles }: Pick<ResolvedPolicy, 'policyPath' | 'probeFiles'>,
) {
  if (template === true) {
    throw new UserError(
      `probes: ${file}: chat-template: a task is asked without one`,
      'list the samples of a run with --apply_chat_template instead',
    );
  }
  return given({
    documents: documents === undefined ? undefined : { files: documents, folder: folderOf(policyPath) },
    numFewshot,
    files: probeFiles && approvedFiles(probeFiles),
  });
}

/** @throws UserError for settings that are for tasks of lm-evaluation-harness only */
function expectNoTask(path: string, choice: FileChoice): string {
  const key = (['documents', 'num-fewshot'] as const).find((name) => choice[name] !== undefined);
  if (key === undefined) return path;
  throw new UserError(`probes: ${choice.file}: ${key}: it is no task of lm-evaluation-harness`, `leave ${key} out`);
}

/** @param kept false: errors do not quote what they found */
async function quoting<T>(kept: boolean, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw kept || !(error instanceof UserError) ? error : hideError(error);
  }
}

/** @param approved places of approved texts: a change may have deleted the file, or put another one before it */
async function findFile(file: string, policyPath: string | null, approved: ResolvedPolicy['probeFiles']) {
  const candidates = [...new Set([resolve(folderOf(policyPath), file), resolve(file)])];
  const known = candidates.find((candidate) => approved?.has(candidate));
  if (known !== undefined) return known;
  let isFolder = false;
  for (const candidate of candidates) {
    const info = await stat(candidate).catch(() => null);
    if (info?.isFile()) return candidate;
    isFolder ||= info?.isDirectory() ?? false;
  }
  if (isFolder) throw new UserError(`probes: ${JSON.stringify(file)} is a folder`, 'list its files one by one');
  const hint = file.includes('.') ? 'give its path relative to the policy' : `give the path of a file, or ${BUILTIN}`;
  throw new UserError(`probes: file ${JSON.stringify(file)} not found`, hint);
}
