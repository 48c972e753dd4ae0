import type { Level } from '../../compare/finding.ts';
import type { Report, Verdict } from '../../compare/report.ts';
import type { TensorMeasurement } from '../../measure/schema/index.ts';
import { printable } from '../escape.ts';
import { comparedSentence } from './benchmarks.ts';
import { calibrationSentence } from './calibration.ts';
import { formatCount, formatDuration, formatInteger } from './numbers.ts';
import { screeningWords } from './screening.ts';

export const ICONS: Readonly<Record<Level | Verdict, string>> = {
  pass: '✅',
  warn: '⚠️',
  fail: '❌',
  inconclusive: '❔',
  info: 'ℹ️',
};

/** In every report with spectra. */
export const SPECTRA_DISCLAIMER =
  'Spectra show how narrow an update is, not whether it does harm; learning rate and step count move them too.';

const PROBE_DISCLAIMER =
  'Probes find only what their formats test: a pass means that no harm above these limits was seen, not that there is none.';

const LOGS_DISCLAIMER = 'Logs of an evaluation show how many answers are right: no weights were seen';
const BENCHMARK_DISCLAIMER = `${LOGS_DISCLAIMER}, and no other forms, which would show whether questions were memorized.`;

/** For a policy that gives benchmarks group twins. */
const GROUP_TWINS_DISCLAIMER = `${LOGS_DISCLAIMER}. Group twins show memorized questions only where training on these does not raise the twins as well: reworded test questions raise other questions of the same benchmark.`;

/** Replaces missing metrics of a matrix. */
export const STATUS = { measured: '', zero: 'zero', notFinite: 'not finite' } as const;

export const remarks = ({ status, note }: Pick<TensorMeasurement, 'status' | 'note'>): string[] =>
  [STATUS[status], note ?? ''].filter((text) => text !== '');

/** The limits of the verdict. */
export function reportDisclaimer(report: Report): string {
  const isOfWeights = report.tensors.length > 0 || (report.probes === null && report.benchmarks === null);
  return [
    ...(isOfWeights ? [SPECTRA_DISCLAIMER, calibrationSentence(report)] : []),
    ...(report.probes === null ? [] : [PROBE_DISCLAIMER]),
    ...(report.benchmarks === null ? [] : [report.benchmarkTwins ? GROUP_TWINS_DISCLAIMER : BENCHMARK_DISCLAIMER]),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** Precision of the probes and how they ran, after a separator; empty if unknown. */
export function precisionPart({ probes }: Report, separator: string): string {
  if (probes?.precision === undefined) return '';
  const way = probes.execution === undefined ? '' : `, ${probes.execution}`;
  return `${separator}probes in ${precisionWords(probes.precision)}${way}`;
}

export function precisionWords(precision: NonNullable<Report['probes']>['precision']): string {
  if (!precision) return 'a precision that the server does not say';
  const { arithmetic, weights } = precision;
  if (arithmetic === '16-bit') return 'arithmetic of 16 bits';
  return weights === '16-bit' ? 'float32, from weights of 16 bits' : 'float32';
}

/** @param device escaped */
export function measuredSentence(report: Report, device: string): string {
  const updates = report.tensors.filter((tensor) => tensor.of === 'delta').length;
  const weights = report.tensors.length - updates;
  if (report.benchmarks !== null) return `Compared ${comparedSentence(report.benchmarks)} from logs of an evaluation.`;
  const where = `in ${formatDuration(report.durationSeconds)} on ${device}${precisionPart(report, ', ')}`;
  if (weights + updates === 0) return `Ran ${askedWords(report)} ${where}.`;
  const counts = [
    ...(weights === 0 ? [] : [`${formatInteger(weights)} W`]),
    ...(updates === 0 ? [] : [`${formatInteger(updates)} ΔW`]),
  ];
  const skipped = report.skipped.length > 0 ? `, skipped ${formatCount(report.skipped.length, 'tensor')}` : '';
  const stored = precisionOfWeights(report, (name) => printable(name, 24));
  const screening = screeningWords(report);
  const measured = `Measured ${counts.join(' and ')}${skipped}, ${where}${stored === '' ? '' : `; ${stored}`}.`;
  return screening === null ? measured : `${measured} ${screening.sentence}`;
}

/** `weights in nf4 and BF16, baseline in BF16`; empty if unknown. @param show escapes a name */
function precisionOfWeights({ candidate, baseline }: Report, show: (name: string) => string): string {
  const [ours, theirs] = [candidate, baseline].map((side) =>
    storedIn(side?.dtypes ?? {})
      .map(show)
      .join(' and '),
  );
  if (!ours) return '';
  if (ours === theirs) return `weights of both in ${ours}`;
  return `weights in ${ours}${theirs ? `, baseline in ${theirs}` : ''}`;
}

/** Data types of stored weights, the most frequent first; empty if unknown. */
export const storedIn = (dtypes: Readonly<Record<string, number>>): string[] =>
  Object.entries(dtypes)
    .sort(([, a], [, b]) => b - a)
    .map(([dtype]) => dtype);

/** `40 of 120 probes` after an early stop. */
function askedWords({ probes }: Report): string {
  const { asked = 0, sequential } = probes ?? {};
  if (!sequential) return formatCount(asked, 'probe');
  const settled = sequential.settled === null ? '' : ', which settled the verdict,';
  return `${formatInteger(asked)} of ${formatCount(sequential.allItems, 'probe')}${settled}`;
}
