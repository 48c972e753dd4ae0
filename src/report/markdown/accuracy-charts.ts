import type { AccuracyRow } from '../../compare/probes/index.ts';
import type { Report } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { BLUE, GRAY, xyChart } from '../render/markdown/xy-chart.ts';
import { formName } from '../text/twin-words.ts';

/** Bars that can be told apart. */
const MOST_BARS = 20;

/**
 * Pictures for the step summary: accuracy by form, and on twins by capability. GitHub draws Mermaid there. They contain
 * only numbers and our own words: names of capabilities stand below them. Empty without accuracies.
 */
export function accuracyCharts({ probes }: Report): string[] {
  const rows = (probes?.accuracies ?? []).filter(({ form }) => form === 'benchmark' || form === 'twin');
  const whole = rows.filter(({ suite, capability }) => suite === null && capability === null);
  const parts = rows.filter(({ suite, capability, form }) => suite === null && capability !== null && form === 'twin');
  return [
    whole.length < 2 ? '' : chart('Accuracy by form, %', whole, whole.map(labelOf), ''),
    parts.length < 2
      ? ''
      : chart('Accuracy in other forms by capability, %', parts, parts.map(numbered), captionOf(parts)),
  ].filter((text) => text !== '');
}

const labelOf = ({ form, kind }: AccuracyRow): string => (form === 'benchmark' ? 'exam' : formName(form, kind));
const numbered = (_: AccuracyRow, i: number): string => String(i + 1);

function captionOf(rows: readonly AccuracyRow[]): string {
  const named = rows
    .slice(0, MOST_BARS)
    .map(({ capability, kind }, i) => `${i + 1}: ${codeName(capability ?? '')} (${formName('twin', kind)})`);
  return `${named.join(', ')} · `;
}

function chart(title: string, all: readonly AccuracyRow[], labels: readonly string[], caption: string): string {
  const rows = all.slice(0, MOST_BARS);
  const percent = (share: number) => (100 * share).toFixed(1);
  const baselines = rows.flatMap(({ baseline }) => (baseline === null ? [] : [percent(baseline.value)]));
  const hasBaseline = baselines.length === rows.length;
  const names = labels.slice(0, MOST_BARS).map((label) => `"${label}"`);
  const drawing = xyChart({
    title,
    colors: [BLUE, GRAY],
    x: `[${names.join(', ')}]`,
    y: '0 --> 100',
    series: [
      `bar [${rows.map(({ candidate }) => percent(candidate.value)).join(', ')}]`,
      ...(hasBaseline ? [`line [${baselines.join(', ')}]`] : []),
    ],
  });
  return `${drawing}\n\n<sub>${caption}blue: candidate${hasBaseline ? '; gray line: baseline' : ''}</sub>`;
}
