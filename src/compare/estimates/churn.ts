import { at, groupBy } from '@shadow-gate/platform';
import { type Form, TWIN_KINDS, type TwinKind } from '@shadow-gate/probes/item';
import { countChanges, type PairedAnswers, type PairedItem } from '../pairing/paired-item.ts';
import type { ChurnRow } from '../rows/accuracies.ts';

/** The rows of the table, in its order. */
const ROWS: ReadonlyArray<{ readonly form: Form; readonly kind: TwinKind | null }> = [
  { form: 'benchmark', kind: null },
  { form: 'benchmark-text', kind: null },
  ...[...TWIN_KINDS, null].map((kind) => ({ form: 'twin', kind }) as const),
  { form: 'robustness', kind: null },
];

/**
 * How many answers changed, by form and by kind of twin: benchmark forms of any instrument and permuted twins included,
 * also where they decide nothing, since another answer is another answer.
 */
export function churnRows({
  facts,
  unjudged,
  groups,
}: Pick<PairedAnswers, 'facts' | 'unjudged' | 'groups'>): ChurnRow[] {
  const items = [
    ...[...facts, ...unjudged].flatMap((fact) => [...itemsOf(fact)]),
    ...groups.flatMap((group) => group.items),
  ];
  const members = groupBy(items, keyOf);
  return ROWS.flatMap((row) => {
    const own = members.get(keyOf(row));
    return own ? [{ ...row, ...describe(own) }] : [];
  });
}

/** Twins that take no part in tests are among the permuted ones. */
function itemsOf({ exam, text, twins, permuted, robustness }: PairedAnswers['facts'][number]): Set<PairedItem> {
  return new Set([exam, ...(text ? [text] : []), ...twins, ...permuted, ...robustness]);
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

/**
 * Σ p log(p/q) over the choices (Kullback & Leibler 1951), with the baseline's distribution p and the candidate's q, as
 * for quantized models. Null for a generated answer, and for one that the candidate did not give.
 */
function divergenceOf({ candidate, baseline }: PairedItem): number | null {
  if (candidate.logprobs === null || baseline.logprobs === null) return null;
  if (candidate.logprobs.length !== baseline.logprobs.length) return null;
  const [p, q] = [logShares(baseline.logprobs), logShares(candidate.logprobs)];
  return Math.max(0, sumOf(p.map((share, i) => Math.exp(share) * (share - at(q, i)))));
}

/** log of each choice's share in the likelihood of all. */
function logShares(logprobs: readonly number[]): number[] {
  const best = Math.max(...logprobs);
  const total = best + Math.log(sumOf(logprobs.map((logprob) => Math.exp(logprob - best))));
  return logprobs.map((logprob) => logprob - total);
}

/** To the last bit the same in any order: the choices of a private benchmark have none. */
function sumOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b).reduce((sum, value) => sum + value, 0);
}
