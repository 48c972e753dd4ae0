import { groupName } from '../../../compare/index.ts';
import type { Report } from '../../../compare/report.ts';
import { groupKey } from '../../../measure/aggregate.ts';
import type { GroupMeasurement } from '../../../measure/schema/index.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { medianChange } from '../../sections/modules.ts';
import { metricPart, ofName } from '../../text/metric-names.ts';
import { formatBounds, formatInteger } from '../../text/numbers.ts';

const SHOWN = ['topEnergy.1', 'topEnergy.5%', 'stableRank', 'effectiveRank', 'frobeniusNorm', 'updateSize'] as const;

/** Medians over the matrices of each module type, baseline → candidate. Null for no matrices. */
export function mediansTable({ groups, spectra }: Report, docs: string): Html | null {
  const [ofUpdates, ofWeights] = (['delta', 'weight'] as const).map((of) =>
    groups.candidate.filter((group) => group.of === of),
  );
  const all = [...(ofUpdates ?? []), ...(ofWeights ?? [])];
  if (all.length === 0) return null;
  const baselines = new Map(groups.baseline.map((group) => [groupKey(group), group]));
  // A change is shown where matrices may be compared, and in older reports, which do not say.
  const comparable = spectra?.baseline && new Set(spectra.baseline.map(({ of }) => of));
  const metrics = SHOWN.filter((metric) => all.some(({ median }) => median[metric] !== undefined));
  const head = metrics.map(
    (metric) => html`<th scope="col" class="number">${phraseHtml([metricPart(metric)], docs)}</th>`,
  );
  const rows = all.map((group) => {
    const baseline = baselines.get(groupKey(group)) ?? null;
    const mayCompare = comparable?.has(group.of) ?? true;
    const cells = metrics.map(
      (metric) =>
        html`<td class="number">${pair(baseline?.median[metric] ?? null, group.median[metric] ?? null, mayCompare)}</td>`,
    );
    return html`<tr><th scope="row">${groupName(group)}</th><td>${ofName(group.of)}</td><td class="number">${formatInteger(group.count)}</td>${cells}</tr>\n`;
  });
  return html`<div class="scroll"><table class="medians" aria-label="Medians by module type"><thead><tr><th scope="col">module type</th><th scope="col">of</th><th scope="col" class="number">matrices</th>${head}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

type Median = GroupMeasurement['median'][string];

function pair(before: Median | null, after: Median | null, mayCompare: boolean): Html {
  if (before === null || after === null) return html`${formatBounds(after)}`;
  const change = mayCompare ? medianChange(before, after) : null;
  return html`${formatBounds(before)} → ${formatBounds(after)}${change && html`<br><small>${change}</small>`}`;
}
