import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DoseResults, DoseVariant, DoseVerdict } from './results.ts';

/** A perplexity within these of the base's is healthy, and one beyond the last is harm that may never pass. */
const HEALTHY = 0.025;
const HARMED = 0.1;

/** Copies with all logits multiplied: perplexity is no measure of what they know. */
const isSharpened = ({ name }: DoseVariant) => name.startsWith('sharp-');
const within = (least: number, most: number) => (variant: DoseVariant) =>
  !isSharpened(variant) && variant.perplexity !== null && variant.perplexity >= least && variant.perplexity < most;

const CLASSES: ReadonlyArray<readonly [string, (variant: DoseVariant) => boolean]> = [
  ['healthy, perplexity up to +2.5%', within(Number.NEGATIVE_INFINITY, HEALTHY)],
  ['in between', within(HEALTHY, HARMED)],
  ['harmed, from +10%', within(HARMED, Number.POSITIVE_INFINITY)],
  ['logits × 0.5 to 1.5', isSharpened],
];

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** The tables of `study/dose`: verdicts by number of facts, and every variant. */
export function doseTables(folder: string, table: Table): Record<'dose-verdicts' | 'dose-variants', string> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  const all = files.toSorted().map((file): DoseResults => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return { 'dose-verdicts': verdictTable(all, table), 'dose-variants': variantTable(all, table) };
}

function verdictTable(all: readonly DoseResults[], table: Table): string {
  const rows = all.flatMap(({ model, suite, variants }) => {
    const sizes = [...new Set(variants.flatMap(({ verdicts }) => verdicts.map(({ facts }) => facts)))];
    return sizes.flatMap((size) =>
      CLASSES.flatMap(([title, belongs]) => {
        const own = variants.filter(belongs).flatMap(({ verdicts }) => verdicts.filter(({ facts }) => facts === size));
        if (own.length === 0) return [];
        const count = (verdict: DoseVerdict['verdict']) => String(own.filter((one) => one.verdict === verdict).length);
        const asked = own.flatMap((one) => one.asked);
        const mean = Math.round(asked.reduce((sum, n) => sum + n, 0) / asked.length);
        return [
          [
            model,
            suite,
            String(size),
            title,
            ...(['pass', 'warn', 'inconclusive', 'fail'] as const).map(count),
            String(mean),
          ],
        ];
      }),
    );
  });
  return table(['model', 'suite', 'facts', 'variants', 'pass', 'warn', 'inconclusive', 'fail', 'facts asked'], rows);
}

/** With the facts that a check asks by default. */
const SHOWN = 360;

function variantTable(all: readonly DoseResults[], table: Table): string {
  const rows = all
    .filter(({ suite }) => suite === 'builtin')
    .flatMap(({ model, variants }) =>
      variants.flatMap(({ name, perplexity, verdicts }) => {
        const own = verdicts.find(({ facts }) => Math.abs(facts - SHOWN) <= 1) ?? verdicts[0];
        if (own === undefined) return [];
        const { expected, likelihood, texts, lost, won, verdict, findings } = own;
        return [
          [
            model,
            name,
            perplexity === null ? '–' : signed(100 * perplexity, 1, '%'),
            `${lost} : ${won}`,
            expected ? `${signed(100 * expected[0], 1)} ± ${(100 * expected[1]).toFixed(1)}` : '–',
            likelihood ? `${signed(likelihood[0], 3)} ± ${likelihood[1].toFixed(3)}` : '–',
            texts ? `${signed(texts[0], 3)} ± ${texts[1].toFixed(3)}` : '–',
            verdict,
            findings.map((kind) => `\`${kind}\``).join(', ') || '–',
          ],
        ];
      }),
    );
  return table(
    [
      'model',
      'variant',
      'perplexity',
      'lost : won',
      'expected accuracy, points',
      'answer likelihood, nats per byte',
      'plain texts, nats per byte',
      'verdict',
      'findings',
    ],
    rows,
  );
}

function signed(value: number, digits: number, unit = ''): string {
  const text = Math.abs(value).toFixed(digits);
  return `${Number(text) === 0 ? '' : value < 0 ? '−' : '+'}${text}${unit}`;
}
