import { dot, rect, ruleX, ruleY, text } from '@observablehq/plot';
import { capitalize } from '@shadow-gate/platform';
import type { ReportedRule } from '../../../compare/index.ts';
import type { MetricDelta, Report } from '../../../compare/report.ts';
import { leastOf, mostOf } from '../../../statistics/index.ts';
import { chart } from '../../render/html/chart.ts';
import { type Html, html } from '../../render/html/html.ts';
import { phraseHtml } from '../../render/html/phrase.ts';
import { metricName, metricPart } from '../../text/metric-names.ts';
import { formatDifference, formatNumber, formatRange, formatRelative } from '../../text/numbers.ts';
import { RATIO_MISSING, RATIO_WITHOUT_BASELINE, ratioLabel, ratioLimitWords } from '../../text/spectra.ts';

/** Room on either side, as a share of the values' span. */
const PADDING = 0.18;

/** The ratio of both sides on a line, and the numbers of the whole model; null without an update. */
export function headline(report: Report, docs: string): Html | null {
  const rows = report.shadowDeltas.filter(({ module }) => module === null);
  if (rows.length === 0) return null;
  const ratio = rows.find(({ metric }) => metric === 'mlpAttentionRatio');
  const rules = (report.applied?.rules ?? []).filter(({ metric }) => metric === 'mlpAttentionRatio');
  return html`<h3>${capitalize(metricName('mlpAttentionRatio'))} of ΔW</h3><div class="beside">${ratioLine(ratio, rules)}${modelTable(rows, docs)}</div>`;
}

function ratioLine(ratio: MetricDelta | undefined, rules: readonly ReportedRule[]): Html {
  if (ratio === undefined || ratio.candidate === null) return html`<p>${RATIO_MISSING}</p>`;
  const { candidate, baseline } = ratio;
  const limits = baseline === null ? [] : rules.flatMap((rule) => limitsOf(rule, baseline));
  const words = rules.map((rule) => html` ${ratioLimitWords(rule)}`);
  const caption = html`${baseline === null && rules.length > 0 ? RATIO_WITHOUT_BASELINE : null}${words}`;
  return ratioChart({ candidate, baseline, limits, caption });
}

type Limit = Readonly<{ side: 'up' | 'down'; at: number }>;

function limitsOf({ direction, absolute, relative }: ReportedRule, baseline: number): Limit[] {
  const amount = Math.max(absolute, relative * Math.abs(baseline));
  const sides = direction === 'any' ? (['down', 'up'] as const) : [direction];
  return sides.map((side) => ({ side, at: side === 'up' ? baseline + amount : baseline - amount }));
}

interface RatioChart {
  readonly candidate: number;
  readonly baseline: number | null;
  readonly limits: readonly Limit[];
  readonly caption: Html;
}

function ratioChart({ candidate, baseline, limits: bounds, caption }: RatioChart): Html {
  const limits = bounds.map(({ at }) => at);
  const values = [candidate, ...(baseline === null ? [] : [baseline]), ...limits];
  const [least, most] = [leastOf(values), mostOf(values)];
  const padding = PADDING * (most - least || Math.abs(most) || 1);
  const domain: [number, number] = [least - padding, most + padding];
  const label = (at: number, name: string, dy: number, fill: string) =>
    text([`${name} ${formatNumber(at)}`], { x: () => at, y: () => 0, dy, fill, textAnchor: anchorOf(at, domain) });
  return chart({
    label: ratioLabel(candidate, baseline, limits),
    caption,
    width: 480,
    height: 100,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 42,
    marginBottom: 34,
    style: { fontSize: '13px' },
    x: { domain, axis: null },
    y: { domain: [-1, 1], axis: null },
    marks: [
      ...(limits.length === 0 ? [] : [allowedRect(bounds, domain)]),
      ruleY([0], { stroke: 'var(--muted)' }),
      ...limits.flatMap((limit) => [
        ruleX([limit], { stroke: 'var(--text)', strokeDasharray: '4,3', strokeWidth: 1.5, insetTop: -14 }),
        label(limit, 'limit', -36, 'var(--text)'),
      ]),
      ...(baseline === null
        ? []
        : [
            dot([baseline], { ...ON_LINE, r: 6, fill: 'var(--background)', stroke: 'var(--series-2)', strokeWidth: 3 }),
            label(baseline, 'baseline', -20, 'var(--series-2)'),
          ]),
      dot([candidate], { ...ON_LINE, r: 7, fill: 'var(--series-1)' }),
      label(candidate, 'candidate', 22, 'var(--series-1)'),
    ],
  });
}

const ON_LINE = { x: (value: number) => value, y: () => 0 };

/** The range that all rules allow. */
function allowedRect(limits: readonly Limit[], [low, high]: readonly [number, number]) {
  const on = (side: Limit['side']) => limits.filter((limit) => limit.side === side).map(({ at }) => at);
  const [downs, ups] = [on('down'), on('up')];
  const [from, to] = [downs.length === 0 ? low : mostOf(downs), ups.length === 0 ? high : leastOf(ups)];
  return rect([0], { x1: () => from, x2: () => to, y1: () => -1, y2: () => 1, fill: 'var(--region)' });
}

/** Text near an end of the line stays inside of the chart. */
function anchorOf(value: number, [low, high]: readonly [number, number]): 'start' | 'middle' | 'end' {
  const share = (value - low) / (high - low);
  return share < 0.2 ? 'start' : share > 0.8 ? 'end' : 'middle';
}

function modelTable(rows: readonly MetricDelta[], docs: string): Html {
  const body = rows.map(({ metric, baseline, candidate, bounds, change, relativeChange }) => {
    const moved = html`${formatDifference(change)}<br><small>${formatRelative(relativeChange)}</small>`;
    const name = phraseHtml([metricPart(metric, { capitalized: true })], docs);
    return html`<tr><th scope="row">${name}</th><td class="number">${formatNumber(baseline)}</td><td class="number">${bounds ? formatRange(bounds) : formatNumber(candidate)}</td><td class="number">${moved}</td></tr>\n`;
  });
  return html`<div class="scroll"><table aria-label="ΔW of the whole model"><thead><tr><th scope="col">metric</th><th scope="col" class="number">baseline</th><th scope="col" class="number">candidate</th><th scope="col" class="number">change</th></tr></thead><tbody>${body}</tbody></table></div>`;
}
