import { markdownTable } from 'markdown-table';
import type { Both, Estimate, ShadowRow } from '../../compare/probes/comparison.ts';
import { probability } from '../../compare/probes/words.ts';
import type { ProbeReport } from '../../compare/report.ts';
import { codeName } from '../escape.ts';
import { formatCount, NO_NUMBER } from '../text/numbers.ts';

/** A team's own benchmark may name hundreds of capabilities. */
const MAX_ROWS = 12;

export const PROBE_COLUMNS = ['capability', 'facts', 'benchmark form', 'twins', 'gap', 'twin change', 'shadow delta'];

/**
 * The cells of one row, in percentage points: accuracies and gap from baseline to candidate, then how twins changed and the
 * shadow delta, each with its interval and the least effect that would have been found.
 */
export function probeCells({ facts, benchmark, twin, gap, delta, twinChange }: ShadowRow): string[] {
  return [
    facts.toLocaleString('en-US'),
    movement(benchmark, share),
    movement(twin, share),
    movement(gap, signed),
    twinChange === null ? NO_NUMBER : effect(twinChange, twinChange.mde),
    delta === null ? NO_NUMBER : effect(delta, delta.mde),
  ];
}

/** The table of the behavioural half. */
export function probeTable({ comparison: { rows } }: ProbeReport): string {
  const shown = rows.slice(0, MAX_ROWS).map((row) => [nameMarkdown(row), ...probeCells(row)]);
  const table = markdownTable([PROBE_COLUMNS, ...shown], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'r'],
    alignDelimiters: false,
  });
  const more = rows.length - shown.length;
  return more > 0
    ? `${table}\n\n<sub>and ${formatCount(more, 'more capability', 'more capabilities')} in report.json</sub>`
    : table;
}

function nameMarkdown({ capability }: ShadowRow): string {
  return capability === null ? '**all**' : codeName(capability);
}

/** What the columns mean, and what is not in them. In plain text but for names, which `show` makes safe. */
export function probeNotes({ comparison, ...probes }: ProbeReport, show: (name: string) => string): string[] {
  const { transfer, overTemplates, retention, margins, confidence, exclusion, planned } = comparison;
  const level = (value: number) => `${Math.round(100 * value)}\u00a0%`;
  const [whole] = comparison.rows;
  const hasBaseline = whole?.twin.baseline !== null;
  const findings = [
    ...(hasBaseline || planned.mde === null ? [] : [plannedSentence(planned.facts, planned.mde, planned.discordance)]),
    ...(whole?.delta && whole.delta.facts < whole.facts
      ? [`Shadow delta: over the ${whole.delta.facts} facts of families below their ceiling.`]
      : []),
    ...(whole?.twinChange
      ? [
          `Twin change: over ${formatCount(whole.twinChange.twins, 'twin')} of families above their floor, ${whole.twinChange.lost} lost and ${whole.twinChange.won} won.`,
        ]
      : []),
    ...(transfer ? [`Transfer ${interval(transfer, ratio)}: Δtwin ÷ Δbenchmark.`] : []),
    ...(retention
      ? [
          `Retention ${percent(retention.value)}: ${retention.kept} of ${retention.certain} benchmark forms that the baseline was certain of.`,
        ]
      : []),
    ...(overTemplates
      ? [
          `Shadow delta over ${formatCount(overTemplates.templates, 'template')} instead of facts, as other formats might show: ${interval(overTemplates, signed)}.`,
        ]
      : []),
    ...(margins && margins.fell + margins.rose > 0
      ? [
          `Margins of the twins fell in ${formatCount(margins.fell, 'fact')} and rose in ${margins.rose.toLocaleString('en-US')} (sign test, ${probability(margins.p)}).`,
        ]
      : []),
  ];
  const suites = probes.suites.map(({ name, items }) => `${show(name)} (${items.toLocaleString('en-US')})`).join(', ');
  const budget = probes.budgetSeconds === null ? '' : `, within ${probes.budgetSeconds} s`;
  const asked = `Asked ${formatCount(probes.asked, 'item')} of ${suites}, seed ${probes.seed}${probes.chatTemplate ? ', through the chat template' : ''}${budget}.`;
  const legend = hasBaseline
    ? `Percentage points, baseline → candidate; in brackets ${level(exclusion)} (twin change) and ${level(confidence)} intervals; MDE is the smallest effect that is found four times in five.`
    : 'Percentage points; there is nothing to compare with.';
  return [...findings, `${asked} ${legend}`];
}

/** What so many facts can find, before there is a baseline. */
export function plannedSentence(facts: number, mde: number, discordance: number): string {
  return `${formatCount(facts, 'fact')} find a drop on twins from ${share(mde)} points on four times in five, where ${share(discordance)}\u00a0% of the answers of two equals differ.`;
}

function movement({ baseline, candidate }: Both, show: (value: number) => string): string {
  return baseline === null ? show(candidate) : `${show(baseline)}\u00a0→\u00a0${show(candidate)}`;
}

function effect(estimate: Estimate, mde: number | null): string {
  return `${interval(estimate, signed)}${mde === null ? '' : `, MDE\u00a0${share(mde)}`}`;
}

function interval({ value, lower, upper }: Estimate, show: (value: number) => string): string {
  return `${show(value)} (${lower === null ? '−∞' : show(lower)} to ${upper === null ? '∞' : show(upper)})`;
}

function share(value: number): string {
  return (100 * value).toFixed(1);
}

function signed(value: number): string {
  const text = share(Math.abs(value));
  return Number(text) === 0 ? text : `${value < 0 ? '−' : '+'}${text}`;
}

function ratio(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function percent(value: number): string {
  return `${share(value)}\u00a0%`;
}
