import { at, groupBy } from '@shadow-gate/platform';
import { type Form, TWIN_KINDS, type TwinKind } from '@shadow-gate/probes/item';
import { countChanges, factItems, type PairedAnswers, type PairedItem } from '../pairing/paired-item.ts';
import type { ChurnRow } from '../rows/accuracies.ts';

const ROWS: ReadonlyArray<{ readonly form: Form; readonly kind: TwinKind | null }> = [
  { form: 'benchmark', kind: null },
  { form: 'benchmark-text', kind: null },
  ...[...TWIN_KINDS, null].map((kind) => ({ form: 'twin', kind }) as const),
  { form: 'robustness', kind: null },
];

/** Changed answers by form and kind of twin, with any instrument: another answer is another answer. */
export function churnRows(answers: Pick<PairedAnswers, 'facts' | 'unjudged' | 'groups'>): ChurnRow[] {
  const { facts, unjudged, groups } = answers;
  const items = [...[...facts, ...unjudged].flatMap(factItems), ...groups.flatMap((group) => group.items)];
  const members = groupBy(items, keyOf);
  return ROWS.flatMap((row) => {
    const own = members.get(keyOf(row));
    return own ? [{ ...row, ...describe(own) }] : [];
  });
}

function keyOf({ form, kind }: { readonly form: Form; readonly kind: TwinKind | null }): string {
  return `${form} ${kind}`;
}

function describe(items: readonly PairedItem[]): Omit<ChurnRow, 'form' | 'kind'> {
  const { lost, won } = countChanges(items);
  const divergences = items.flatMap((item) => divergenceOf(item) ?? []);
  return {
    items: items.length,
    rightToWrong: lost,
    wrongToRight: won,
    changed: items.filter(({ candidate, baseline }) => candidate.given !== baseline.given).length,
    kl: divergences.length === 0 ? null : divergences.reduce((sum, value) => sum + value, 0) / divergences.length,
  };
}

/** Σ p log(p/q), baseline p and candidate q (Kullback & Leibler 1951). Null for generated and for lost answers. */
function divergenceOf({ candidate, baseline }: PairedItem): number | null {
  if (candidate.logprobs === null || baseline.logprobs === null) return null;
  if (candidate.logprobs.length !== baseline.logprobs.length) return null;
  const [p, q] = [logShares(baseline.logprobs), logShares(candidate.logprobs)];
  return Math.max(0, sumOf(p.map((share, i) => Math.exp(share) * (share - at(q, i)))));
}

/** Log of each choice's share in the likelihood of all. */
function logShares(logprobs: readonly number[]): number[] {
  const best = Math.max(...logprobs);
  const total = best + Math.log(sumOf(logprobs.map((logprob) => Math.exp(logprob - best))));
  return logprobs.map((logprob) => logprob - total);
}

/** Sorted, for the same last bits in any order: the choices of a private benchmark have none. */
function sumOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);
}
