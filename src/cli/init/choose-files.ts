import { UserError } from '@shadow-gate/platform';
import { type Measurement, measurementText } from '../../measure/schema/index.ts';
import { findPolicy, parsePolicy, type ResolvedPolicy } from '../../policy/load.ts';
import { printable } from '../../report/escape.ts';
import { formatInteger } from '../../report/text/index.ts';
import { findBenchmarks } from './benchmarks.ts';
import { BASELINE_FILE, isThere, ourWorkflows, POLICY_FILE, WORKFLOW_FILE } from './existing.ts';
import type { Search } from './find-checkpoints.ts';
import { pathIn } from './git.ts';
import type { InitOptions } from './options.ts';
import { runnerNeeds, timeoutMinutes } from './place.ts';
import { policyText } from './policy-text.ts';
import type { InitQuestions } from './questions.ts';
import type { Say } from './say.ts';
import { formatBytes } from './sizes.ts';
import type { Subject } from './subject.ts';
import { CANDIDATE_FILE, workflowText } from './workflow-text.ts';
import type { FileToWrite } from './write-files.ts';

/** Which files are written, and what the baseline is measured under. */
export interface ChosenFiles {
  readonly policy: ResolvedPolicy;
  /** The policy to write, and the files that it names; null: the one that is there stays. */
  readonly newPolicy: { readonly text: string; readonly benchmarks: readonly string[] } | null;
  readonly writesWorkflow: boolean;
  readonly writesCandidate: boolean;
  readonly baseline: ChosenBaseline;
  /** Relative to the root. */
  readonly kept: readonly string[];
}

type ChosenBaseline =
  /** A checkpoint, or a server, is to be measured. */
  | { readonly kind: 'measure'; readonly path: string }
  /** A measurement is there. */
  | { readonly kind: 'keep'; readonly path: string };

interface Context {
  readonly root: string;
  readonly questions: InitQuestions;
  readonly search: Search;
  readonly say: Say;
}

/** No file is replaced unless somebody says so. @throws UserError for a policy that is there and not valid */
export async function chooseInitFiles(options: InitOptions, subject: Subject, context: Context): Promise<ChosenFiles> {
  const { root, questions } = context;
  const kept: string[] = [];
  const mayWrite = async (path: string) => {
    if (!isThere(root, path)) return true;
    if (await questions.confirm(`${path} exists. Replace it?`, false)) return true;
    kept.push(path);
    return false;
  };
  const others = (await ourWorkflows(root)).filter((path) => path !== WORKFLOW_FILE);
  const writesWorkflow = (await mayAddTo(others, questions)) && (await mayWrite(WORKFLOW_FILE));
  const writesPolicy = await mayWrite(POLICY_FILE);
  const written = writesPolicy ? await newPolicy(subject, context) : null;
  const policy =
    written === null
      ? await findPolicy(POLICY_FILE)
      : { policy: parsePolicy(written.text, POLICY_FILE), policyPath: POLICY_FILE };
  const measured = measuredBaseline(root, options.baseline);
  const isMeasured = measured === null && (await mayWrite(BASELINE_FILE));
  const writesCandidate = subject.candidateLine !== null && (await mayWrite(CANDIDATE_FILE));
  return {
    policy,
    newPolicy: written,
    writesWorkflow,
    writesCandidate,
    baseline: { kind: isMeasured ? 'measure' : 'keep', path: measured ?? BASELINE_FILE },
    kept: [...kept, ...(writesWorkflow ? [] : others)],
  };
}

/** Two workflows would measure, and comment on, one pull request. */
async function mayAddTo(others: readonly string[], questions: InitQuestions): Promise<boolean> {
  const [first] = others;
  if (first === undefined) return true;
  return questions.confirm(`${printable(first)} uses Shadow Gate already. Write ${WORKFLOW_FILE} too?`, false);
}

/** A measurement that was given as the baseline, by its path in the repository; null for a checkpoint. */
function measuredBaseline(root: string, given: string | undefined): string | null {
  if (given === undefined || !given.endsWith('.json')) return null;
  const path = pathIn(root, given);
  if (path === null) {
    throw new UserError(
      `the baseline ${given} is outside of this folder`,
      `copy it to ${BASELINE_FILE}, and leave out --baseline`,
    );
  }
  if (isThere(root, path)) return path;
  throw new UserError(`the baseline ${given} does not exist`, 'check the path, or name a checkpoint to measure');
}

async function newPolicy({ stored, probing, only }: Subject, { root, questions, search, say }: Context) {
  const benchmarks: string[] = [];
  const found = only === 'spectra' ? [] : await findBenchmarks(root, search.tables);
  for (const { path, questions: count } of found) {
    const named = `${printable(path)}, ${formatInteger(count)} questions`;
    if (await questions.confirm(`Ask your own benchmark too: ${named}?`, true)) {
      benchmarks.push(path);
      say(`✔ benchmark ${named}`);
    }
  }
  const hasTemplate = only !== 'spectra' && probing?.kind === 'possible' && probing.hasChatTemplate;
  const usesTemplate = hasTemplate && (await questions.confirm(CHAT_QUESTION, true, CHAT_EFFECT));
  if (hasTemplate) {
    say(
      `✔ the probes are asked ${usesTemplate ? 'through' : 'without'} the chat template (chat-template in ${POLICY_FILE})`,
    );
  }
  const text = policyText({
    isAdapter: stored?.described.kind === 'adapter',
    hasReference: stored?.pair.reference !== null && stored !== null,
    chatTemplate: hasTemplate ? usesTemplate : null,
    benchmarks,
  });
  return { text, benchmarks };
}

const CHAT_QUESTION = 'The model has a chat template. Ask it through the template, as its users do?';
const CHAT_EFFECT =
  'Numbers with and without the chat template are not comparable: after a switch, the baseline has to be measured again.';

/** The files with their texts, once everything is known. */
export function filesToWrite(
  options: InitOptions,
  subject: Subject,
  files: ChosenFiles,
  {
    measurement,
    seconds,
    budget,
  }: {
    readonly measurement: Measurement | null;
    /** Expected for one model on this machine. */
    readonly seconds: number;
    /** In seconds; null for no limit. */
    readonly budget: number | null;
  },
): FileToWrite[] {
  const { placement, probing, stored, usesHub, only } = subject;
  const memory = probing?.kind === 'possible' ? probing.memory : 0;
  const downloaded = placement.source.kind === 'hub' ? (stored?.described.bytes ?? 0) : 0;
  const { baseline } = files;
  const workflow = () =>
    workflowText({
      action: options.action,
      source: placement.source,
      reference: placement.reference,
      baseline: baseline.path === BASELINE_FILE ? null : baseline.path,
      only,
      budget: budget === null ? null : `${budget}s`,
      usesHub,
      timeoutMinutes: timeoutMinutes(seconds),
      runnerNeeds: runnerNeeds({ memory, downloaded }, formatBytes),
    });
  return [
    ...(files.writesWorkflow ? [{ path: WORKFLOW_FILE, text: workflow() }] : []),
    ...(files.newPolicy === null ? [] : [{ path: POLICY_FILE, text: files.newPolicy.text }]),
    ...(files.writesCandidate ? [{ path: CANDIDATE_FILE, text: `${subject.candidateLine}\n` }] : []),
    ...(measurement === null ? [] : [{ path: baseline.path, text: measurementText(measurement) }]),
  ];
}

/** The paths that may be written, to be checked before a long measurement. */
export function pathsToWrite(files: ChosenFiles): string[] {
  return [
    ...(files.writesWorkflow ? [WORKFLOW_FILE] : []),
    ...(files.newPolicy === null ? [] : [POLICY_FILE]),
    ...(files.writesCandidate ? [CANDIDATE_FILE] : []),
    ...(files.baseline.kind === 'measure' ? [files.baseline.path] : []),
  ];
}
