import { groupBy } from '@shadow-gate/platform';
import { boundedValue, difference, isVague, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { findingPlaces, groupName } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { isSaturated } from '../../measure/aggregate.ts';
import type { GroupMeasurement, TensorMeasurement } from '../../measure/schema/index.ts';
import { type Block, fold, inSeries, numberColumns, section, type Table, type TableCell } from '../document/block.ts';
import { metricName, metricPart, ofName } from '../text/metric-names.ts';
import { formatCount, formatDifference, formatNumber, formatRelative, NO_NUMBER } from '../text/numbers.ts';
import { code, joinPhrases, name, type Phrase, phrase, prose, term } from '../text/phrase.ts';
import { screeningWords } from '../text/screening.ts';
import { sparkline } from '../text/sparkline.ts';
import { ICONS, remarks } from '../text/words.ts';
import { weightOf } from './weights.ts';

type GroupPair = Readonly<{ candidate: GroupMeasurement; baseline: GroupMeasurement | null }>;

interface Module {
  readonly matrices: readonly TensorMeasurement[];
  readonly pairs: readonly GroupPair[];
  /** The mark of its gravest finding. */
  readonly flag: string | undefined;
}

const kindOf = ({ component, module }: Pick<GroupMeasurement, 'module' | 'component'>): string =>
  `${component ?? ''} ${module}`;

/** A fold for each module type of each component, those with a finding first. */
export function moduleFolds(report: Report): Block[] {
  const groups = groupBy(report.groups.candidate, kindOf);
  const tensors = groupBy(report.tensors, kindOf);
  const grave = report.findings.filter(({ level }) => level !== 'info');
  const places = new Map(
    grave.flatMap((finding) => findingPlaces(finding).map((place) => [place, ICONS[finding.level]] as const)),
  );
  const all = [...new Set([...groups.keys(), ...tensors.keys()])].map((kind): Module => {
    const matrices = tensors.get(kind) ?? [];
    const pairs = (groups.get(kind) ?? []).map((candidate) => ({
      candidate,
      baseline: report.groups.baseline.find((group) => group.of === candidate.of && kindOf(group) === kind) ?? null,
    }));
    const flag = matrices.map((tensor) => places.get(tensor.name)).find((icon) => icon !== undefined);
    const first = matrices[0] ?? pairs[0]?.candidate;
    return { matrices, pairs, flag: flag ?? (first && places.get(groupName(first))) };
  });
  const flagged = all.filter(({ flag }) => flag !== undefined);
  const rest = all.filter(({ flag }) => flag === undefined);
  return [...flagged, ...rest].map((module, i) => moduleFold(module, i, all.length));
}

function moduleFold(module: Module, i: number, count: number): Block {
  const deltas = module.matrices.filter((tensor) => tensor.of === 'delta');
  const weights = module.matrices.filter((tensor) => tensor.of === 'weight');
  const part = (of: Parameters<typeof weightOf>[0], table: Table) => section(inSeries(weightOf(of), i, count), [table]);
  return fold(summaryLine(module, Math.max(deltas.length, weights.length)), [
    part('medians', medianTable(module.pairs)),
    part('matrices of ΔW', matrixTable('Update ΔW', deltas)),
    part('matrices of W', matrixTable('Weights W', weights)),
  ]);
}

/** `⚠️ q_proj · 4 matrices · top-5% energy of ΔW 0.521 → 0.554`. */
function summaryLine({ matrices, pairs, flag }: Module, most: number): Phrase {
  const shown = pairs.find(({ candidate }) => candidate.of === 'delta') ?? pairs[0];
  const { component = null, module = 'other' } = shown?.candidate ?? matrices[0] ?? {};
  const count = formatCount(Math.max(most, shown?.candidate.count ?? 0), 'matrix', 'matrices');
  const line = phrase`${flag === undefined ? '' : `${flag} `}${component === null ? '' : `${component} · `}${name(module)} · ${count}`;
  // Every update of low rank fits into 5% of the directions.
  const whole = shown?.candidate.median['topEnergy.5%'];
  const metric = whole !== undefined && isSaturated(whole) ? 'topEnergy.1' : 'topEnergy.5%';
  const after = shown?.candidate.median[metric];
  if (shown === undefined || after === undefined) return line;
  const before = shown.baseline?.median[metric];
  const values = before === undefined ? formatNumber(after) : `${formatNumber(before)} → ${formatNumber(after)}`;
  return phrase`${line} · ${metricName(metric)} of ${ofName(shown.candidate.of)} ${values}`;
}

/** The most useful first. */
const MEDIANS = [
  'topEnergy.1',
  'topEnergy.5%',
  'stableRank',
  'participationRatio',
  'effectiveRank',
  'rowGini',
  'updateSize',
  'snr',
  'frobeniusNorm',
] as const;

/** Medians over the matrices of one module type, ΔW before W. */
function medianTable(pairs: readonly GroupPair[]): Table {
  return {
    kind: 'table',
    title: 'Medians',
    columns: [{ head: 'median' }, { head: 'of' }, ...numberColumns('baseline', 'candidate', 'change')],
    rows: [...pairs]
      .sort((a, b) => a.candidate.of.localeCompare(b.candidate.of))
      .flatMap(({ candidate, baseline }) =>
        MEDIANS.flatMap((metric): TableCell[][] => {
          const after = candidate.median[metric];
          if (after === undefined) return [];
          const before = baseline?.median[metric] ?? null;
          const change = before === null ? NO_NUMBER : (medianChange(before, after) ?? NO_NUMBER);
          return [[[metricPart(metric)], ofName(candidate.of), formatNumber(before), formatNumber(after), change]];
        }),
      ),
  };
}

/** Relative to the baseline unless that is 0; null if either is vague. */
export function medianChange(before: MaybeBounded, after: MaybeBounded): string | null {
  if (isVague(before) || isVague(after)) return null;
  const [was, moved] = [boundedValue(before), difference(after, before)];
  return was === 0 ? formatDifference(moved) : formatRelative(moved / was);
}

/** A mixture of experts has thousands of matrices of one type: only the most concentrated are shown. */
const MOST_MATRICES = 40;

function matrixTable(title: string, tensors: readonly TensorMeasurement[]): Table {
  const hasUpdate = tensors.some((tensor) => tensor.of === 'delta');
  const metrics = ['topEnergy.1', 'topEnergy.5%', 'stableRank', ...(hasUpdate ? ['snr', 'updateSize'] : [])];
  return {
    kind: 'table',
    title,
    isTitled: true,
    columns: [
      { head: 'matrix' },
      { head: [term('spectrum', 'spectrum')] },
      ...metrics.map((key) => ({ head: [metricPart(key)], isNumber: true })),
    ],
    rows: mostConcentrated(tensors).map((tensor) => [
      [name(tensor.name), ...remarks(tensor).flatMap((remark) => phrase` (${prose(remark)})`)],
      tensor.spectrum.length === 0 ? NO_NUMBER : [code(sparkline(tensor.spectrum))],
      formatNumber(tensor.metrics?.topEnergy['1']),
      formatNumber(tensor.metrics?.topEnergy['5%']),
      formatNumber(tensor.metrics?.stableRank),
      ...(hasUpdate ? [formatNumber(tensor.metrics?.snr), formatNumber(tensor.metrics?.updateSize)] : []),
    ]),
    most: { comment: MOST_MATRICES },
    rest: null,
    notes: (more) =>
      more > 0 ? [`The most concentrated of ${formatCount(tensors.length, 'matrix', 'matrices')}.`] : [],
  };
}

/** In their own order if there is room; else first those without a spectrum, which are broken, then by top-1 energy. */
function mostConcentrated(tensors: readonly TensorMeasurement[]): readonly TensorMeasurement[] {
  if (tensors.length <= MOST_MATRICES) return tensors;
  const concentration = ({ metrics }: TensorMeasurement): number =>
    metrics === null ? Number.MAX_VALUE : boundedValue(metrics.topEnergy['1']);
  return [...tensors].sort((a, b) => concentration(b) - concentration(a));
}

const MOST_REASONS = 20;
const MOST_NAMES = 20;

export function skippedFold({ skipped }: Report): Block {
  const reasons = [...groupBy(skipped, ({ reason }) => reason)];
  const more = reasons.length - MOST_REASONS;
  const lines = reasons
    .slice(0, MOST_REASONS)
    .map(([reason, tensors]) => phrase`${prose(reason)}: ${listed(tensors.map((tensor) => tensor.name))}`);
  return section(weightOf('unmeasured'), [
    fold(`${formatCount(skipped.length, 'tensor')} not measured`, [
      itemsOf([...lines, ...(more > 0 ? [phrase`and ${formatCount(more, 'more reason')}`] : [])]),
    ]),
  ]);
}

/** Matrices that were only screened, and those that were then measured in full. */
export function screenedFold(report: Report): Block {
  const words = screeningWords(report);
  if (words === null) return section(weightOf('unmeasured'), []);
  const { sentence, screened, completed } = words;
  const names = screened.map((tensor) => `${tensor.name} (${ofName(tensor.of)})`);
  return section(weightOf('unmeasured'), [
    fold(`${formatCount(screened.length, 'matrix', 'matrices')} screened`, [
      { kind: 'line', words: sentence },
      itemsOf([
        ...(names.length === 0 ? [] : [phrase`only screened: ${listed(names)}`]),
        ...completed.map((group) => phrase`measured in full because of ${group.why}: ${listed(group.names)}`),
      ]),
    ]),
  ]);
}

const itemsOf = (lines: readonly Phrase[]): Block => ({
  kind: 'list',
  items: lines.map((words) => ({ kind: 'item', words })),
  total: lines.length,
});

function listed(names: readonly string[]): Phrase {
  const shown = joinPhrases(names.slice(0, MOST_NAMES).map((own) => [name(own)]));
  return names.length > MOST_NAMES ? [...shown, ` and ${names.length - MOST_NAMES} more`] : shown;
}
