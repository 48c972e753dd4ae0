// How many items of each level of the built-in families a checkpoint gets right, in both forms: the numbers of the
// tables in docs/probes.md.
// Usage: npm run probes:levels -- CHECKPOINT [--family NAME]… [--level N]… [--facts N] [--seed N] [--show N]
import { parseArgs } from 'node:util';
import { importSources } from '../run/import-sources.ts';

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
if (checkpoint === undefined) throw new Error('which checkpoint? npm run probes:levels -- CHECKPOINT');

const { openCheckpointSource, PROBE_FAMILIES, Random, runChunks, splitIntoChunks, withModel } = await importSources({
  openCheckpointSource: 'src/language-model/open-model.ts',
  PROBE_FAMILIES: 'src/probes/families/index.ts',
  Random: 'src/probes/random.ts',
  runChunks: 'src/probes/run.ts',
  splitIntoChunks: 'src/probes/run.ts',
  withModel: 'src/language-model/model.ts',
});

/** P(X ≥ hits) for a guess. */
function exactP(hits, n, chance) {
  let term = (1 - chance) ** n;
  let below = 0;
  for (let k = 0; k < hits; k += 1) {
    below += term;
    term *= ((n - k) / (k + 1)) * (chance / (1 - chance));
  }
  return Math.max(0, 1 - below);
}

/** `72% ±9 *`: accuracy in percent, its standard error, and a star if it is informative. */
function describe(outcomes) {
  const n = outcomes.length;
  const hits = outcomes.filter(({ correct }) => correct).length;
  const chance = 1 / outcomes[0].item.question.choices.length;
  const share = hits / n;
  const informative = exactP(hits, n, chance) < 0.001 && share < 0.95;
  const error = 100 * Math.sqrt((share * (1 - share)) / n);
  return `${(100 * share).toFixed(0).padStart(3)}% ±${error.toFixed(0)}${informative ? ' *' : '  '}`;
}

function groupBy(things, keyOf) {
  const groups = new Map();
  for (const thing of things) groups.set(keyOf(thing), [...(groups.get(keyOf(thing)) ?? []), thing]);
  return groups;
}

/** The items of one level of a family, in both forms. */
function drawLevel({ name, levels, draw }, level) {
  const { twins } = levels[level - 1];
  const templates = Array.from({ length: Number(values.facts) }, (_, i) => twins[i % twins.length].name);
  const pairs = draw(new Random(Number(values.seed), `suite ${name} ${level}`), templates, level);
  return pairs.flatMap(({ benchmark, twin }, i) => {
    const itemOf = (form, { template, ...wording }) => ({
      id: `${name}-${level}-${i}.${template}`,
      family: name,
      form,
      cluster: template,
      ...wording,
    });
    return [itemOf('benchmark', benchmark), itemOf('twin', twin)];
  });
}

const families = PROBE_FAMILIES.filter(({ name }) => values.family === undefined || values.family.includes(name));
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
      const [benchmark, twin] = ['benchmark', 'twin'].map((form) => all.filter(({ item }) => item.form === form));
      const byTemplate = [...groupBy(twin, ({ item }) => item.cluster)].map(
        ([name, some]) => `${name} ${describe(some).trim()}`,
      );
      console.log(
        `${family.name} ${level + 1}  benchmark ${describe(benchmark)}  twin ${describe(twin)}  ` +
          `n ${benchmark.length}  ${seconds.toFixed(1)} s  ${byTemplate.join(', ')}`,
      );
      for (const some of groupBy(all, ({ item }) => item.cluster).values()) {
        for (const { item, given, correct } of some.slice(0, Number(values.show))) {
          console.log(
            `--- ${item.id} ${correct ? 'right' : 'WRONG'}: ${given} of ${item.question.choices.join(' | ')}`,
          );
          console.log(item.prompt);
        }
      }
    }
  }
});
