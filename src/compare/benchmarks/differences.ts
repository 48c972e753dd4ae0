import type { BenchmarkDocument, BenchmarkGroup, BenchmarkTask } from '@shadow-gate/harness/benchmarks';
import type { FindingOf } from '../finding.ts';

export type BenchmarkDifference = Pick<FindingOf<'benchmark-not-comparable'>, 'cause' | 'candidate' | 'baseline'>;

export interface PairedDocument {
  readonly candidate: BenchmarkDocument;
  readonly baseline: BenchmarkDocument;
}

type TaskPairing =
  | { readonly kind: 'paired'; readonly documents: readonly PairedDocument[] }
  | { readonly kind: 'different'; readonly difference: BenchmarkDifference };

/** By hashes, or by number and content. All documents have a partner, or nothing is compared: overlaps are chosen. */
export function pairTask(candidate: BenchmarkTask, baseline: BenchmarkTask): TaskPairing {
  const settings = settingsDifference(candidate, baseline);
  if (settings !== null) return { kind: 'different', difference: settings };
  const [ours, theirs] = [candidate.documents ?? [], baseline.documents ?? []];
  const hashed = [...ours, ...theirs].every(({ docHash, promptHash }) => docHash !== null && promptHash !== null);
  const identity = (own: BenchmarkDocument) => (hashed ? (own.docHash ?? '') : JSON.stringify([own.id, own.doc]));
  if (!isSameList(ours.map(identity), theirs.map(identity))) {
    const counts = { candidate: `${ours.length} documents`, baseline: `${theirs.length} documents` };
    return { kind: 'different', difference: { cause: 'documents', ...counts } };
  }
  const prompt = (own: BenchmarkDocument) => JSON.stringify([identity(own), hashed ? own.promptHash : own.requests]);
  const [sorted, others] = [sortBy(ours, prompt), sortBy(theirs, prompt)];
  if (!isSameList(ours.map(prompt), theirs.map(prompt))) {
    return { kind: 'different', difference: promptDifference(candidate, baseline) };
  }
  const documents = sorted.flatMap((own, i) => {
    const other = others[i];
    return other ? [{ candidate: own, baseline: other }] : [];
  });
  const cause = answerDifference(documents);
  return cause === null
    ? { kind: 'paired', documents }
    : { kind: 'different', difference: { cause, candidate: null, baseline: null } };
}

function settingsDifference(candidate: BenchmarkTask, baseline: BenchmarkTask): BenchmarkDifference | null {
  if (candidate.documents === null || baseline.documents === null) {
    const state = ({ documents }: BenchmarkTask) => (documents === null ? 'not logged' : 'logged');
    return { cause: 'samples', candidate: state(candidate), baseline: state(baseline) };
  }
  const version = versionDifference(candidate, baseline);
  if (version !== null) return version;
  if (candidate.shots !== baseline.shots) {
    const text = (shots: number | null) => (shots === null ? null : String(shots));
    return { cause: 'shots', candidate: text(candidate.shots), baseline: text(baseline.shots) };
  }
  if (candidate.repeats !== baseline.repeats) {
    return { cause: 'repeats', candidate: String(candidate.repeats), baseline: String(baseline.repeats) };
  }
  const scoring = ({ scoring, outputType }: BenchmarkTask) => JSON.stringify([scoring, outputType]);
  const [ours, theirs] = [metricNames(candidate), metricNames(baseline)];
  if (ours === theirs && scoring(candidate) === scoring(baseline)) return null;
  return { cause: 'scoring', candidate: ours, baseline: theirs };
}

type Versioned = Pick<BenchmarkTask, 'version'>;

function versionDifference({ version: ours }: Versioned, { version: theirs }: Versioned): BenchmarkDifference | null {
  return ours === theirs ? null : { cause: 'version', candidate: ours, baseline: theirs };
}

function metricNames({ metrics }: Pick<BenchmarkTask, 'metrics'>): string {
  return metrics
    .map(({ metric, filter, ofSamples }) => [metric, filter, ...(ofSamples ? [ofSamples] : [])].join())
    .sort()
    .join(' ');
}

function promptDifference(candidate: BenchmarkTask, baseline: BenchmarkTask): BenchmarkDifference {
  const [ours, theirs] = [candidate.chatTemplate, baseline.chatTemplate];
  if (ours !== theirs) return { cause: 'chat-template', candidate: ours, baseline: theirs };
  const [own, other] = [candidate.systemInstruction, baseline.systemInstruction];
  if (own !== other) return { cause: 'system-instruction', candidate: own, baseline: other };
  return { cause: 'prompts', candidate: null, baseline: null };
}

/** A difference in how the documents were asked, apart from the prompt, or in what was right. */
function answerDifference(documents: readonly PairedDocument[]): 'repeats' | 'requests' | 'targets' | null {
  if (documents.some(({ candidate, baseline }) => candidate.samples !== baseline.samples)) return 'repeats';
  if (documents.some(({ candidate, baseline }) => candidate.requests !== baseline.requests)) return 'requests';
  const isOther = ({ candidate: { targetHash: ours }, baseline: { targetHash: theirs } }: PairedDocument) =>
    ours !== null && theirs !== null && ours !== theirs;
  return documents.some(isOther) ? 'targets' : null;
}

/** The first difference of two groups of tasks; null if their aggregates may stand side by side. */
export function groupDifference(candidate: BenchmarkGroup, baseline: BenchmarkGroup): BenchmarkDifference | null {
  const version = versionDifference(candidate, baseline);
  if (version !== null) return version;
  const [ours, theirs] = [candidate, baseline].map(({ members }) => [...members].sort().join(' '));
  if (ours !== theirs) return { cause: 'members', candidate: ours ?? null, baseline: theirs ?? null };
  if (metricNames(candidate) === metricNames(baseline)) return null;
  return { cause: 'scoring', candidate: metricNames(candidate), baseline: metricNames(baseline) };
}

function sortBy(documents: readonly BenchmarkDocument[], keyOf: (document: BenchmarkDocument) => string) {
  const keyed = documents.map((document) => ({ document, key: keyOf(document) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.document.id - b.document.id));
  return keyed.map(({ document }) => document);
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const [ours, theirs] = [[...a].sort(), [...b].sort()];
  return ours.every((key, i) => key === theirs[i]);
}
