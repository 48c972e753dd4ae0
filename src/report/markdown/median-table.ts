import { boundedValue, difference, isVague, type MaybeBounded } from '@shadow-gate/spectra/bounded';
import { markdownTable } from 'markdown-table';
import type { GroupMeasurement } from '../../measure/schema/index.ts';
import { phraseMarkdown } from '../render/markdown/phrase.ts';
import { metricPart, ofName } from '../text/metric-names.ts';
import { formatDifference, formatNumber, formatRelative, NO_NUMBER } from '../text/numbers.ts';

/** The metrics shown for a module type, the most useful first. */
const SHOWN = [
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

export interface GroupPair {
  candidate: GroupMeasurement;
  baseline: GroupMeasurement | null;
}

/** Medians over the matrices of one module type, baseline → candidate, ΔW before W. */
export function medianTable(pairs: readonly GroupPair[]): string {
  const rows = [...pairs].sort((a, b) => a.candidate.of.localeCompare(b.candidate.of)).flatMap(rowsOf);
  if (rows.length === 0) return '';
  return markdownTable([['median', 'of', 'baseline', 'candidate', 'change'], ...rows], {
    align: ['l', 'l', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
}

function rowsOf({ candidate, baseline }: GroupPair): string[][] {
  return SHOWN.flatMap((metric) => {
    const after = candidate.median[metric];
    if (after === undefined) return [];
    const before = baseline?.median[metric] ?? null;
    return [
      [
        phraseMarkdown([metricPart(metric)]),
        ofName(candidate.of),
        formatNumber(before),
        formatNumber(after),
        change(before, after),
      ],
    ];
  });
}

function change(before: MaybeBounded | null, after: MaybeBounded): string {
  if (before === null || isVague(before) || isVague(after)) return NO_NUMBER;
  const [was, moved] = [boundedValue(before), difference(after, before)];
  return was === 0 ? formatDifference(moved) : formatRelative(moved / was);
}
