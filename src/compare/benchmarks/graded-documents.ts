import type { BenchmarkDocument } from '../../measure/schema/index.ts';
import { at } from '../../platform/at.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { choiceProbability } from '../../probes/outcome.ts';
import { gradeItems } from '../probes/graded.ts';
import { type GradedLoss, measureGradedItems } from '../probes/graded-losses.ts';
import type { PairedItem, ProbeAnswer } from '../probes/paired-item.ts';
import type { PairedDocument } from './differences.ts';

/**
 * The documents of a task as items with the log-likelihoods of all choices, graded; null where those or the right one are not known
 * of every document.
 */
export function gradedDocuments(task: string, documents: readonly PairedDocument[]): readonly PairedItem[] | null {
  const items = documents.flatMap((document) => itemOf(task, document) ?? []);
  return items.length === documents.length && items.length > 0 ? gradeItems(items).items : null;
}

function itemOf(task: string, { candidate, baseline }: PairedDocument): PairedItem | null {
  const [ours, theirs] = [answerOf(candidate), answerOf(baseline)];
  if (ours === null || theirs === null || candidate.right?.choice !== baseline.right?.choice) return null;
  const id = `${task} ${baseline.id}`;
  return {
    ...{ id, suite: task, fact: id, capability: task, family: task, cluster: task, form: 'benchmark' },
    ...{ kind: null, answers: 'text', oldLabel: null, oldLabels: null, level: null, prompt: null, right: '' },
    chance: 1 / Math.max(1, baseline.logprobs?.length ?? 0),
    bytes: baseline.right?.bytes,
    candidate: ours,
    baseline: theirs,
  };
}

/** By `acc`, whose scores are the log-likelihoods. */
function answerOf({ right, logprobs, choices, rightChoices }: BenchmarkDocument): ProbeAnswer | null {
  if (right === undefined || logprobs === null || choices !== undefined || rightChoices !== undefined) return null;
  const known = logprobs.flatMap((value) => (value === null ? [] : [Math.min(0, value)]));
  if (known.length < logprobs.length) return null;
  const logprob = at(known, right.choice);
  const margin = logprob - Math.max(...known.filter((_, i) => i !== right.choice));
  const probability = choiceProbability({ logprobs: known, lengths: null }, right.choice);
  const likelihood = { logprob, bytes: right.bytes };
  return { correct: margin > 0, given: '', margin, probability, logprobs: known, likelihood };
}

/** How the graded outcomes of these tasks changed; null where those of one are not known. @param suite null: all tasks */
export function gradedTasks(
  tasks: ReadonlyArray<{ readonly graded: readonly PairedItem[] | null }>,
  suite: string | null,
  policy: ProbePolicy,
): GradedLoss | null {
  const known = tasks.flatMap(({ graded }) => (graded === null ? [] : [graded]));
  if (known.length < tasks.length || known.length === 0) return null;
  const change = measureGradedItems(
    known.flat().map((item) => [item]),
    policy,
  );
  return change && { capability: null, suite, ...change };
}
