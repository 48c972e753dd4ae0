import { baselineMemorizedLetters, type KindRow, type ProbeComparison } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { isScreened } from '../../measure/aggregate.ts';
import { keptSentence, labelSentence, levelsSentence } from './instruments.ts';
import { formatCount, formatDuration, formatInteger, formatPercent, formatPercentLimit, NO_NUMBER } from './numbers.ts';
import { joinPhrases, name, type Phrase, phrase } from './phrase.ts';
import { unusedTemplate } from './probes.ts';
import { leftOutPlaces } from './protocol.ts';
import { coverageSentence, stopSentence } from './stops.ts';
import { TWIN_LABELS } from './twin-words.ts';
import { precisionWords } from './words.ts';

const NONE = phrase`${NO_NUMBER}`;

/** Facts that identify the compared checkpoints. */
export function subjectFacts({ candidate, baseline, reference }: Report) {
  type Subject = Pick<Report['candidate'], 'path' | 'digest' | 'dtypes'>;
  const of = (label: string, show: (side: Report['candidate']) => Phrase, third: Phrase = NONE) => {
    return { label, values: [show(candidate), baseline === null ? NONE : show(baseline), third] };
  };
  const ofAll = (label: string, show: (subject: Subject) => Phrase) =>
    of(label, show, reference === null ? NONE : show(reference));
  const facts = [
    ofAll('path', ({ path }) => phrase`${name(path)}`),
    ofAll('digest', ({ digest }) => phrase`${name(digest)}`),
    of('commit', ({ commit }) => (commit === null ? NONE : phrase`${name(commit)}`)),
    of('measured', ({ measured }) => phrase`${timeWords(measured)}`),
    of('model type', ({ architecture }) =>
      architecture.modelType === null ? NONE : phrase`${name(architecture.modelType)}`,
    ),
    of('layers × hidden size', ({ architecture: { layers, hiddenSize } }) =>
      layers === null || hiddenSize === null ? NONE : phrase`${formatInteger(layers)} × ${formatInteger(hiddenSize)}`,
    ),
    ofAll('weights', ({ dtypes }) => dtypesOf(dtypes)),
    of(
      'parameters',
      ({ parameters }) => (parameters === 0 ? NONE : phrase`${formatInteger(parameters)}`),
      reference === null ? NONE : phrase`${formatInteger(reference.parameters)}`,
    ),
  ];
  return facts.filter(({ values }) => values.some((value) => value !== NONE));
}

function dtypesOf(dtypes: Readonly<Record<string, number>>): Phrase {
  const all = Object.entries(dtypes);
  if (all.length === 0) return NONE;
  return joinPhrases(all.map(([dtype, count]) => phrase`${name(dtype)} × ${formatInteger(count)}`));
}

/** `2026-03-01 12:00 UTC`, from a time in ISO 8601. */
function timeWords(time: string): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? NO_NUMBER : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Facts about the measurement, enough to repeat it, by label. */
export function methodFacts(report: Report): [label: string, value: Phrase][] {
  const { tool, device, durationSeconds, policy, tensors, probes } = report;
  const facts = {
    'Shadow Gate': phrase`${name(tool.version)}`,
    policy: policy === null ? phrase`the defaults` : phrase`${name(policy)}`,
    duration: phrase`${formatDuration(durationSeconds)} for the whole measurement`,
    spectra: tensors.length === 0 ? null : phrase`${spectraWords(report)}, on ${name(device)}`,
    ...(probes && probeFacts(probes)),
    protocol: leftOutPlaces(report),
  };
  return Object.entries(facts).flatMap(([label, value]) => (value === null ? [] : [[label, value]]));
}

function spectraWords({ tensors }: Report): string {
  const updates = tensors.filter(({ of }) => of === 'delta').length;
  const screened = tensors.filter(isScreened).length;
  const fast = tensors.filter(({ method }) => method === 'fast').length;
  const full = tensors.length - screened;
  const single = tensors.filter(({ accumulation }) => accumulation === 'float32').length;
  const counts = `${formatInteger(tensors.length - updates)} W and ${formatInteger(updates)} ΔW`;
  const methods = fast === 0 ? 'exact' : fast === full ? 'fast' : `${formatInteger(fast)} fast, the others exact`;
  const only = screened === 0 ? '' : `${formatInteger(screened)} only screened, `;
  const sums = single === 0 ? 'float64' : single === tensors.length ? 'float32' : 'float32 and float64';
  return `${counts}; ${only}${full === 0 ? '' : `${methods}, `}accumulated in ${sums}`;
}

function templateWords({ chatTemplate, withoutTemplate, suites }: NonNullable<Report['probes']>): Phrase {
  if (withoutTemplate !== undefined) return unusedTemplate(withoutTemplate, suites.length);
  return phrase`${chatTemplate ? "the checkpoint's own" : 'none'}`;
}

function probeFacts(probes: NonNullable<Report['probes']>) {
  const { suites, asked, by, seconds, precision, seed, budgetSeconds, comparison } = probes;
  const named = suites.map(
    ({ name: suite, items, texts }) =>
      phrase`${name(suite)}, ${formatCount(items, 'item')}${texts === undefined ? '' : ' without their texts'}`,
  );
  return {
    suites: joinPhrases(named, '; '),
    answers: phrase`${formatCount(asked, 'item')} in ${formatDuration(seconds)}, by ${by === '' ? 'an unnamed device' : name(by)}${precision === undefined ? '' : `, in ${precisionWords(precision)}`}`,
    asked: stopSentence(probes),
    vocabulary: coverageSentence(probes),
    seed: phrase`${String(seed)}`,
    'chat template': templateWords(probes),
    'time limit': budgetSeconds === null ? null : phrase`${formatDuration(budgetSeconds)}`,
    intervals: phrase`${formatPercentLimit(comparison.confidence)}, two-sided`,
  };
}

const MAX_SUITES = 8;

/** Notes for somebody who is about to approve a measurement, apart from its power. */
export function measuredNotes({ labels, kept, kinds, levels }: ProbeComparison): Phrase[] {
  const memorized = kept.filter(baselineMemorizedLetters);
  return [
    ...labels.filter(({ works }) => !works).map(labelSentence),
    ...memorized.map((row) => {
      const gaps = kinds.filter(({ suite, role }) => suite === row.suite && role !== 'labels-not-bound');
      return phrase`${keptSentence(row)} It memorized letters, so as a baseline it is no yardstick.${gapSentence(gaps)}`;
    }),
    ...(levels.length > 0 ? [levelsSentence(levels)] : []),
  ].slice(0, 2 * MAX_SUITES);
}

function gapSentence(rows: readonly KindRow[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const twins = rows.map(({ kind, twin }) => `${TWIN_LABELS[kind]} ${formatPercent(twin.candidate)}`);
  return ` In the exam ${formatPercent(first.benchmark.candidate)} of its answers are right, ${twins.join(', ')}.`;
}

/** Names files of a hub that machines have read in parts: see `run.unverified` of a measurement. */
export function unverifiedSentence(files: readonly [string, ...string[]]): Phrase {
  const [first, ...others] = files;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return phrase`No machine read all of ${name(first)}${more}, so that its SHA-256 was not compared with the hub's. The digest is of the bytes that were read.`;
}
