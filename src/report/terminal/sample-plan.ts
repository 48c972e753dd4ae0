import { type SampleVariance, samplePlans } from '../../compare/index.ts';
import { printable } from '../escape.ts';
import { terminalTable } from '../render/terminal/table.ts';
import { formatInteger, formatPoints } from '../text/numbers.ts';

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
