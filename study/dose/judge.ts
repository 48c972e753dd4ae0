// What the gate says of every variant that was measured, with all facts and with fewer, and when it would stop asking.
// Usage: npx tsx study/dose/judge.ts --out OUT --model NAME [--suite builtin|hard] [--facts 720,360,180,90] [--orders
// 3] Writes study/results/dose/NAME-SUITE.json: numbers alone, no prompt and no answer.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { groupBy, VERSION } from '@shadow-gate/platform';
import { factKey, type MeasuredProbes } from '@shadow-gate/probes/answer';
import { compare } from '../../src/compare/compare.ts';
import { askingOrder, firstAnswers, settleAgainst } from '../../src/compare/index.ts';
import type { Report } from '../../src/compare/report.ts';
import { type Measurement, readMeasurement } from '../../src/measure/schema/index.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import type { DoseResults, DoseVariant, DoseVerdict } from './results.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    suite: { type: 'string', default: 'builtin' },
    facts: { type: 'string', default: '720,360,180,90' },
    orders: { type: 'string', default: '3' },
  },
});
const { out, model, suite } = values;
if (out === '' || model === '') {
  console.error(
    'study/dose/judge.ts --out OUT --model NAME [--suite builtin|hard] [--facts 720,360,180,90] [--orders 3]',
  );
  process.exit(2);
}
const folder = join(out, 'gate', suite);
const base = await readMeasurement(join(folder, 'base.json'));
const all = measured(base);
const known = new Set(all.items.map(factKey)).size;
const sizes = suite === 'builtin' ? values.facts.split(',').map(Number) : [known];
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== 'base.json')
  .map((file) => file.slice(0, -'.json'.length));
const variants: DoseVariant[] = [];
for (const name of names) {
  const candidate = await readMeasurement(join(folder, `${name}.json`));
  // A size beyond what was asked would be the same facts again.
  const verdicts = sizes.filter((size) => known > 0.75 * size).map((size) => judge(candidate, size));
  variants.push({ name, perplexity: truthOf(name), verdicts });
  console.log(name, verdicts.map(({ facts, verdict }) => `${facts} ${verdict}`).join(', '));
}
variants.sort((a, b) => (a.perplexity ?? Infinity) - (b.perplexity ?? Infinity) || (a.name < b.name ? -1 : 1));
const results: DoseResults = { model, suite, version: VERSION, variants };
const to = join(root, 'study/results/dose');
mkdirSync(to, { recursive: true });
writeFileSync(join(to, `${model}-${suite}.json`), `${JSON.stringify(results, null, 1)}\n`);

function measured({ probes }: Measurement): MeasuredProbes {
  if (probes?.status === 'measured') return probes;
  throw new Error('no answers');
}

function truthOf(name: string): number | null {
  const perplexity = (of: string): number | null => {
    const path = join(out, 'truth', `${of}.json`);
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).perplexity : null;
  };
  const [own, theirs] = [perplexity(name), perplexity('base')];
  return own === null || theirs === null ? null : Math.round((own / theirs - 1) * 1e4) / 1e4;
}

/** The first facts of each family and level: the ones that a smaller `facts` would ask. */
function firstFacts(size: number): ReadonlySet<string> {
  const places = groupBy(all.items, (item) => JSON.stringify([item.family, item.level]));
  const share = suite === 'builtin' ? Math.round(size / places.size) : Number.POSITIVE_INFINITY;
  return new Set([...places.values()].flatMap((items) => [...new Set(items.map(factKey))].slice(0, share)));
}

function only(measurement: Measurement, facts: ReadonlySet<string>): Measurement {
  const probes = measured(measurement);
  return { ...measurement, probes: { ...probes, items: probes.items.filter((item) => facts.has(factKey(item))) } };
}

function judge(measurement: Measurement, size: number): DoseVerdict {
  const facts = firstFacts(size);
  const [candidate, baseline] = [only(measurement, facts), only(base, facts)];
  const report: Report = compare({
    candidate,
    baseline,
    baselinePath: null,
    policy: DEFAULT_POLICY,
    policyPath: null,
    only: 'probes',
    today: new Date(),
  });
  const comparison = report.probes?.comparison;
  const graded = comparison?.graded[0];
  const flips = comparison?.churn ?? [];
  const texts = comparison?.texts[0]?.change;
  return {
    facts: facts.size,
    verdict: report.verdict,
    findings: [...new Set(report.findings.filter(({ level }) => level !== 'info').map(({ kind }) => kind))],
    expected: graded ? spread(graded.expected) : null,
    likelihood: graded?.likelihood ? spread(graded.likelihood) : null,
    texts: texts ? [rounded(texts.value), rounded(texts.standardError)] : null,
    lost: flips.reduce((sum, { rightToWrong }) => sum + rightToWrong, 0),
    won: flips.reduce((sum, { wrongToRight }) => sum + wrongToRight, 0),
    asked: Array.from({ length: Number(values.orders) }, (_, i) => askedIn(candidate, baseline, i + 1)),
  };
}

/** The ends are one-sided bounds at 5%. */
function spread({
  value,
  lower,
  upper,
}: {
  value: number;
  lower: number | null;
  upper: number | null;
}): [number, number] {
  return [rounded(value), rounded(((upper ?? value) - (lower ?? value)) / 2 / 1.645)];
}

function rounded(x: number): number {
  return Math.round(x * 1e5) / 1e5;
}

/** Facts until the verdict is settled in one order; all of them if it is not. */
function askedIn(candidate: Measurement, baseline: Measurement, orderSeed: number): number {
  const probes = measured(candidate);
  const order = askingOrder(measured(baseline), orderSeed);
  const settle = settleAgainst(baseline, DEFAULT_POLICY);
  for (let blocks = 1; blocks < order.length; blocks += 1) {
    const asked = new Set(order.slice(0, blocks).flat());
    const items = probes.items.filter((item) => asked.has(factKey(item)));
    const first = firstAnswers({
      ...probes,
      items,
      orderSeed,
      sequential: { blocks, of: order.length, settled: null },
    });
    if (first !== null && settle(first) !== null) return asked.size;
  }
  return order.flat().length;
}
