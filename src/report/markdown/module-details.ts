import { groupBy } from '@shadow-gate/platform';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { markdownTable } from 'markdown-table';
import { findingPlaces, groupName } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { isSaturated } from '../../measure/aggregate.ts';
import type { GroupMeasurement, TensorMeasurement } from '../../measure/schema/index.ts';
import { codeName, plainText } from '../escape.ts';
import { phraseMarkdown, termLink } from '../render/markdown/phrase.ts';
import { metricName, metricPart, ofName } from '../text/metric-names.ts';
import { formatCount, formatNumber, NO_NUMBER } from '../text/numbers.ts';
import { sparkline } from '../text/sparkline.ts';
import { ICONS, remarks } from '../text/words.ts';
import { type GroupPair, medianTable } from './median-table.ts';

/** The details of one module type, each part ready to be shown or left out as a whole. */
export interface ModuleDetails {
  summary: string;
  medians: string;
  deltas: string;
  weights: string;
}

type Kind = Pick<GroupMeasurement, 'module' | 'component'>;
const kindOf = ({ component, module }: Kind): string => `${component ?? ''} ${module}`;

/** One entry for each module type of each component: those with a finding first, else in the report's order. */
export function moduleDetails(report: Report): ModuleDetails[] {
  const groups = groupBy(report.groups.candidate, kindOf);
  const tensors = groupBy(report.tensors, kindOf);
  const grave = report.findings.filter(({ level }) => level !== 'info');
  const places = new Map(
    grave.flatMap((finding) => findingPlaces(finding).map((place) => [place, ICONS[finding.level]] as const)),
  );

  const kinds = new Set([...groups.keys(), ...tensors.keys()]);
  const all = [...kinds].map((kind) => {
    const matrices = tensors.get(kind) ?? [];
    const pairs = (groups.get(kind) ?? []).map((group) => pairOf(group, report.groups.baseline));
    const flag = matrices.map((tensor) => places.get(tensor.name)).find((icon) => icon !== undefined);
    const first = matrices[0] ?? pairs[0]?.candidate;
    return { kind: { matrices, pairs }, flag: flag ?? (first && places.get(groupName(first))) };
  });
  const flagged = all.filter(({ flag }) => flag !== undefined);
  const rest = all.filter(({ flag }) => flag === undefined);
  return [...flagged, ...rest].map(({ kind, flag }) => detailsOf(kind.matrices, kind.pairs, flag));
}

function pairOf(candidate: GroupMeasurement, baselines: readonly GroupMeasurement[]): GroupPair {
  const same = (group: GroupMeasurement): boolean => group.of === candidate.of && kindOf(group) === kindOf(candidate);
  return { candidate, baseline: baselines.find(same) ?? null };
}

function detailsOf(
  matrices: readonly TensorMeasurement[],
  pairs: readonly GroupPair[],
  flag: string | undefined,
): ModuleDetails {
  const deltas = matrices.filter((tensor) => tensor.of === 'delta');
  const weights = matrices.filter((tensor) => tensor.of === 'weight');
  return {
    summary: summaryLine(Math.max(deltas.length, weights.length), matrices[0], pairs, flag),
    medians: medianTable(pairs),
    deltas: matrixTable(deltas),
    weights: matrixTable(weights),
  };
}

/** What a reader sees before opening: `⚠️ q_proj · 4 matrices · top-5% energy of ΔW 0.521 → 0.554`. */
function summaryLine(
  matrices: number,
  first: TensorMeasurement | undefined,
  pairs: readonly GroupPair[],
  flag: string | undefined,
): string {
  const shown = pairs.find(({ candidate }) => candidate.of === 'delta') ?? pairs[0];
  const { component = null, module = 'other' } = shown?.candidate ?? first ?? {};
  const name = `${flag === undefined ? '' : `${flag} `}${component === null ? '' : `${component} · `}${codeName(module)}`;
  const count = formatCount(Math.max(matrices, shown?.candidate.count ?? 0), 'matrix', 'matrices');
  // An update of low rank fits into 5% of the directions: that share of it is 1 whatever it is.
  const whole = shown?.candidate.median['topEnergy.5%'];
  const metric = whole !== undefined && isSaturated(whole) ? 'topEnergy.1' : 'topEnergy.5%';
  const after = shown?.candidate.median[metric];
  if (shown === undefined || after === undefined) return `${name} · ${count}`;
  const before = shown.baseline?.median[metric];
  const values = before === undefined ? formatNumber(after) : `${formatNumber(before)} → ${formatNumber(after)}`;
  return `${name} · ${count} · ${metricName(metric)} of ${ofName(shown.candidate.of)} ${values}`;
}

/** A mixture of experts has thousands of matrices of one type: only the most concentrated are shown. */
const MAX_ROWS = 40;

/** Every matrix of one module type as W or as ΔW, with the shape of its spectrum. Empty for no matrices. */
function matrixTable(tensors: readonly TensorMeasurement[]): string {
  if (tensors.length === 0) return '';
  const hasUpdate = tensors.some((tensor) => tensor.of === 'delta');
  const metrics = ['topEnergy.1', 'topEnergy.5%', 'stableRank', ...(hasUpdate ? ['snr', 'updateSize'] : [])];
  const head = ['matrix', termLink('spectrum', 'spectrum'), ...metrics.map((key) => phraseMarkdown([metricPart(key)]))];
  const rows = mostConcentrated(tensors).map((tensor) => [
    [codeName(tensor.name), ...remarks(tensor).map((remark) => `(${plainText(remark)})`)].join(' '),
    tensor.spectrum.length === 0 ? NO_NUMBER : `<code>${sparkline(tensor.spectrum)}</code>`,
    formatNumber(tensor.metrics?.topEnergy['1']),
    formatNumber(tensor.metrics?.topEnergy['5%']),
    formatNumber(tensor.metrics?.stableRank),
    ...(hasUpdate ? [formatNumber(tensor.metrics?.snr), formatNumber(tensor.metrics?.updateSize)] : []),
  ]);
  const table = markdownTable([head, ...rows], {
    align: ['l', 'l', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const rest = tensors.length - rows.length;
  return rest > 0
    ? `${table}\n\n<sub>The most concentrated of ${formatCount(tensors.length, 'matrix', 'matrices')}.</sub>`
    : table;
}

/**
 * All in their own order if there is room; else those without a spectrum (something is wrong), then by top-1 energy.
 */
function mostConcentrated(tensors: readonly TensorMeasurement[]): readonly TensorMeasurement[] {
  if (tensors.length <= MAX_ROWS) return tensors;
  const concentration = ({ metrics }: TensorMeasurement): number =>
    metrics === null ? Number.MAX_VALUE : boundedValue(metrics.topEnergy['1']);
  return [...tensors].sort((a, b) => concentration(b) - concentration(a)).slice(0, MAX_ROWS);
}
