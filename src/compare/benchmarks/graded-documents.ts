import type { BenchmarkDocument } from '@shadow-gate/harness/benchmarks';
import { at } from '@shadow-gate/platform';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { gradeItems } from '../pairing/graded.ts';
import type { PairedItem, ProbeAnswer } from '../pairing/paired-item.ts';
import type { GradedLoss } from '../rows/losses.ts';
import { canJudge, measureGradedItems } from '../tests/graded-losses.ts';
import type { PairedDocument } from './differences.ts';

/** The documents of a task as graded items; null unless all choices' likelihoods and the right one are known. */
export function gradedDocuments(task: string, documents: readonly PairedDocument[]): readonly PairedItem[] | null {
  const items = documents.flatMap((document) => itemOf(task, document) ?? []);
  return items.length === documents.length && items.length > 0 ? gradeItems(items).items : null;
}

function itemOf(task: string, { candidate, baseline }: PairedDocument): PairedItem | null {
  const [ours, theirs] = [answerOf(candidate), answerOf(baseline)];
  if (ours === null || theirs === null || candidate.right?.choice !== baseline.right?.choice) return null;
  const chance = 1 / Math.max(1, baseline.logprobs?.length ?? 0);
  return documentItem(task, baseline.id, { chance, candidate: ours, baseline: theirs });
}

export function documentItem(
  task: string,
  place: number,
  answers: Pick<PairedItem, 'chance' | 'unit' | 'candidate' | 'baseline' | 'graded'>,
): PairedItem {
  const id = `${task} ${place}`;
  return {
    ...{ id, suite: task, fact: id, capability: task, family: task, cluster: task, form: 'benchmark' },
    ...{ kind: null, answers: 'text', oldLabel: null, oldLabels: null, level: null, prompt: null, right: '' },
    ...answers,
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

/** Documents of which the baseline's log-likelihoods are known, and not the candidate's: no fall could show in them. */
export function lostLikelihoods(documents: readonly PairedDocument[]): number {
  return documents.filter(({ candidate, baseline }) => answerOf(baseline) !== null && answerOf(candidate) === null)
    .length;
}

/** Change of the graded outcomes of these tasks, or with a suite of null of all tasks; null if none has any. */
export function gradedTasks(tasks: readonly Graded[], suite: string | null, policy: ProbePolicy): GradedLoss | null {
  const items = tasks.flatMap(({ graded }) => graded ?? []);
  const change = measureGradedItems(
    items.map((item) => [item]),
    policy,
  );
  return change && { capability: null, suite, ...change };
}

interface Graded {
  readonly graded: readonly PairedItem[] | null;
}

/** Only if all tasks are graded and likelihoods can replace right and wrong. */
export function judgingRow(tasks: readonly Graded[], suite: string | null, policy: ProbePolicy): GradedLoss | null {
  const row = tasks.every(({ graded }) => graded !== null) ? gradedTasks(tasks, suite, policy) : null;
  return canJudge(row) ? row : null;
}
