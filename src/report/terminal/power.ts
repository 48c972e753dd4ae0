import { type SampleVariance, samplePlans } from '../../compare/index.ts';
import { detectable, factsNeeded, type InstrumentPower, PLANNED_DISCORDANCE } from '../../compare/probes/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { printable } from '../escape.ts';
import { terminalTable } from '../render/terminal/table.ts';
import { formatInteger, formatLikelihood, formatPercent, formatPoints } from '../text/numbers.ts';

const NAMES: Readonly<Record<InstrumentPower['instrument'], string>> = {
  'right-or-wrong': 'right or wrong',
  'expected-accuracy': 'expected accuracy',
  'answer-likelihood': 'answer likelihood, nats per byte',
};

/** The losses that each instrument sees with more and fewer facts than were asked, by a baseline's own answers. */
export function renderInstrumentPower(powers: readonly InstrumentPower[], facts: number, policy: ProbePolicy): string {
  const sizes = [facts / 4, facts / 2, facts, 2 * facts].map(Math.round);
  const show = ({ instrument }: InstrumentPower, size: number) =>
    instrument === 'answer-likelihood' ? formatLikelihood(size) : formatPoints(size);
  const columns = [
    { head: 'a loss of' },
    ...sizes.map((size) => ({ head: `${formatInteger(size)} facts`, align: 'right' as const })),
    { head: 'for the limit', align: 'right' as const },
  ];
  const rows = powers.map((power) => [
    NAMES[power.instrument],
    ...sizes.map((size) => show(power, detectable(power, size, policy))),
    `${show(power, power.limit)}: ${formatInteger(factsNeeded(power, policy))}`,
  ]);
  return `Seen with 80% power, or ruled out where there is none (if ${formatPercent(PLANNED_DISCORDANCE)} of the answers differ):\n${terminalTable(columns, rows)}`;
}

const points = (share: number) => `±\u00a0${formatPoints(share)}`;

/** More items or more samples? It depends on how the answers of a future baseline vary. */
export function renderSamplePlan(variance: SampleVariance): string {
  const { task, between, within } = variance;
  const columns = [
    { head: 'items × samples' },
    { head: 'answers', align: 'right' as const },
    { head: 'accuracy', align: 'right' as const },
    { head: 'change where nothing changed', align: 'right' as const },
  ];
  const rows = samplePlans(variance).map(({ items, samples, ofAccuracy, ofChange }) => [
    `${formatInteger(items)} × ${formatInteger(Math.round(samples * 10) / 10)}`,
    formatInteger(Math.round(items * samples)),
    points(ofAccuracy),
    points(ofChange),
  ]);
  const share = between + within > 0 ? Math.round((100 * between) / (between + within)) : 0;
  return `More items or more samples? In ${printable(task)}, ${share}% of the variance of an answer is between items, the rest between samples of one item. Standard errors:\n${terminalTable(columns, rows)}`;
}
