// How many items of each level of the built-in families a checkpoint gets right, in both forms: the numbers of the
// tables in docs/reference/probes.md.
// Usage: npx tsx scripts/probes/levels.ts CHECKPOINT [--family NAME]… [--level N]… [--facts N] [--seed N] [--show N]
import { parseArgs } from 'node:util';
import { openCheckpointSource, withModel } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import type { Outcome } from '@shadow-gate/probes';
import { runChunks, splitIntoChunks } from '@shadow-gate/probes';
import type { ProbeItem } from '@shadow-gate/probes/item';
import { Random } from '@shadow-gate/probes/random';
import type { Phrasing, ProbeFamily } from '../../packages/probes/src/families/family.ts';
import { PROBE_FAMILIES, SECRET_FAMILIES } from '../../packages/probes/src/families/index.ts';
import { binomialAtLeast } from '../../src/statistics/distributions.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    family: { type: 'string', multiple: true },
    level: { type: 'string', multiple: true },
    facts: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    // Items of each form that are printed with the answer to them.
    show: { type: 'string', default: '0' },
  },
});
const [checkpoint] = positionals;
if (checkpoint === undefined) throw new Error('which checkpoint? npx tsx scripts/probes/levels.ts CHECKPOINT');

/** `72% ±9 *`: accuracy in percent, its standard error, and a star if it is informative. */
function describe(outcomes: readonly Outcome[]): string {
  const n = outcomes.length;
  const hits = outcomes.filter(({ correct }) => correct).length;
  const chance = 1 / choicesOf(at(outcomes, 0)).length;
  const share = hits / n;
  const informative = binomialAtLeast(hits, n, chance) < 0.001 && share < 0.95;
  const error = 100 * Math.sqrt((share * (1 - share)) / n);
  return `${(100 * share).toFixed(0).padStart(3)}% ±${error.toFixed(0)}${informative ? ' *' : '  '}`;
}

/** @throws Error for an item without choices: the built-in families have none */
function choicesOf({ item: { id, question } }: Outcome): readonly string[] {
  if (question.kind !== 'choice') throw new Error(`${id} has no choices`);
  return question.choices;
}

function groupBy<T>(things: readonly T[], keyOf: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) groups.set(keyOf(thing), [...(groups.get(keyOf(thing)) ?? []), thing]);
  return groups;
}

/** The items of one level of a family, in both forms. */
function drawLevel({ name, capability, levels, draw }: ProbeFamily, level: number): ProbeItem[] {
  const { twins } = at(levels, level - 1);
  const templates = Array.from({ length: Number(values.facts) }, (_, i) => at(twins, i % twins.length).name);
  const pairs = draw(new Random(Number(values.seed), `suite ${name} ${level}`), templates, level);
  return pairs.flatMap(({ benchmark, twin }, i) => {
    const itemOf = (form: 'benchmark' | 'twin', { template, ...wording }: Phrasing): ProbeItem => ({
      id: `${name}-${level}-${i}.${template}`,
      capability,
      family: name,
      fact: `${name}-${level}-${i}.${benchmark.template}`,
      form,
      cluster: template,
      ...wording,
    });
    return [itemOf('benchmark', benchmark), itemOf('twin', twin)];
  });
}

const families = [...PROBE_FAMILIES, ...SECRET_FAMILIES].filter(
  ({ name }) => values.family === undefined || values.family.includes(name),
);
const source = await openCheckpointSource({ checkpoint, device: 'cpu' });
await withModel(source, { needsTokenizer: true, now: new Date('2026-01-01') }, async (model) => {
  const options = { chatTemplate: false, maxNewTokens: 24 };
  for (const family of families) {
    for (const level of family.levels.keys()) {
      if (values.level !== undefined && !values.level.includes(String(level + 1))) continue;
      const items = drawLevel(family, level + 1);
      const started = performance.now();
      const { outcomes } = await runChunks(splitIntoChunks(items), model, options);
      const seconds = (performance.now() - started) / 1000;
      const all = [...outcomes.values()];
      const ofForm = (form: string) => all.filter(({ item }) => item.form === form);
      const [benchmark, twin] = [ofForm('benchmark'), ofForm('twin')];
      const byTemplate = [...groupBy(twin, ({ item }) => item.cluster)].map(
        ([name, some]) => `${name} ${describe(some).trim()}`,
      );
      console.log(
        `${family.name} ${level + 1}  benchmark ${describe(benchmark)}  twin ${describe(twin)}  ` +
          `n ${benchmark.length}  ${seconds.toFixed(1)} s  ${byTemplate.join(', ')}`,
      );
      for (const some of groupBy(all, ({ item }) => item.cluster).values()) {
        for (const outcome of some.slice(0, Number(values.show))) {
          const { item, given, correct } = outcome;
          console.log(`--- ${item.id} ${correct ? 'right' : 'WRONG'}: ${given} of ${choicesOf(outcome).join(' | ')}`);
          console.log(item.prompt);
        }
      }
    }
  }
});
