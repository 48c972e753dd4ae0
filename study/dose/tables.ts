import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Table } from '../results.ts';
import { signed } from '../truth.ts';
import type { DoseResults, DoseVariant, DoseVerdict } from './results.ts';

/** A perplexity within these of the base's is healthy, and one beyond the last is harm that may never pass. */
const HEALTHY = 0.025;
const HARMED = 0.1;

/** Copies with all logits multiplied: perplexity is no measure of what they know. */
const isSharpened = ({ name }: DoseVariant) => name.startsWith('sharp-');
const within = (least: number, most: number) => (variant: DoseVariant) =>
  !isSharpened(variant) && variant.perplexity !== null && variant.perplexity >= least && variant.perplexity < most;

type VariantClass = readonly [string, (variant: DoseVariant) => boolean];
const CLASSES: readonly [VariantClass, VariantClass, VariantClass, VariantClass] = [
  ['healthy, perplexity up to +2.5%', within(Number.NEGATIVE_INFINITY, HEALTHY)],
  ['in between', within(HEALTHY, HARMED)],
  ['harmed, from +10%', within(HARMED, Number.POSITIVE_INFINITY)],
  ['logits × 0.5 to 1.5', isSharpened],
];

/** The tables of `study/dose`: verdicts by number of facts, and every variant. */
export function doseTables(
  folder: string,
  table: Table,
): Record<'dose-summary' | 'dose-wrong' | 'dose-verdicts' | 'dose-variants', string> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  const all = files.toSorted().map((file): DoseResults => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  return {
    'dose-summary': summaryTable(all, table),
    'dose-wrong': wrongVerdicts(all),
    'dose-verdicts': verdictTable(all, table),
    'dose-variants': variantTable(all, table),
  };
}

/** The verdict by all facts that were asked. */
function verdictOfAll({ verdicts }: DoseVariant): DoseVerdict | null {
  return verdicts.reduce<DoseVerdict | null>(
    (most, own) => (most !== null && most.facts >= own.facts ? most : own),
    null,
  );
}

const VERDICTS = ['pass', 'warn', 'inconclusive', 'fail'] as const;

/** By all facts that were asked. */
function summaryTable(all: readonly DoseResults[], table: Table): string {
  const rows = all.map(({ model, suite, variants }) => {
    const judged = variants.flatMap((variant) => {
      const own = verdictOfAll(variant);
      return own === null ? [] : [{ variant, ...own }];
    });
    const facts = Math.max(...judged.map((own) => own.facts));
    const cells = CLASSES.map(([, belongs]) => {
      const own = judged.filter(({ variant }) => belongs(variant));
      const counts = VERDICTS.map((verdict) => [verdict, own.filter((one) => one.verdict === verdict).length] as const);
      return counts.flatMap(([verdict, n]) => (n === 0 ? [] : [`${n} ${verdict}`])).join(', ') || '–';
    });
    return [model, suite, String(facts), ...cells];
  });
  return table(['model', 'suite', 'facts', ...CLASSES.map(([title]) => title)], rows);
}

/** Nothing healthy fails, and what is harmed neither passes nor leaves it open. */
function wrongVerdicts(all: readonly DoseResults[]): string {
  const [[, isHealthy], , [, isHarmed]] = CLASSES;
  const lines = all.flatMap(({ model, suite, variants }) =>
    variants.flatMap((variant) => {
      const own = verdictOfAll(variant);
      if (own === null) return [];
      const isWrong = isHealthy(variant)
        ? own.verdict === 'fail' || own.verdict === 'inconclusive'
        : isHarmed(variant) && (own.verdict === 'pass' || own.verdict === 'inconclusive');
      const harm = variant.perplexity === null ? 'no truth' : `perplexity ${signed(100 * variant.perplexity, 1, '%')}`;
      return isWrong ? [`- **${variant.name}** of ${model}, ${suite} (${harm}): ${own.verdict}.`] : [];
    }),
  );
  return lines.length === 0 ? 'None.' : lines.join('\n');
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
        return [[model, suite, String(size), title, ...VERDICTS.map(count), String(mean)]];
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
