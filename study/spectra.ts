// What calibrated spectra say about measured runs, and what the defaults say about the same ones, into study/results/spectra.
// Usage: npx tsx study/spectra.ts --out OUT [--series FOLDER] [--results study/results/spectra]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { GROUPS, SERIES } from './spectra/groups.ts';
import {
  ALPHA,
  calibrationOf,
  outcomeOf,
  POLICIES,
  policyAt,
  randomFrom,
  readMeasurement,
  reportOf,
  shuffled,
  summaryOf,
} from './spectra/judge.ts';
import { classOf, numbersOf } from './spectra/tiny-truth.ts';

/** Draws of known-good runs among equal ones: how many of them, at which rate. */
const DRAWS = [
  { k: 4, alpha: ALPHA },
  { k: 8, alpha: ALPHA },
  { k: 9, alpha: 0.1 },
  { k: 19, alpha: ALPHA },
];
const DRAWN = 1000;

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    series: { type: 'string' },
    results: { type: 'string', default: join(root, 'study/results/spectra') },
  },
});
if (values.out === undefined) {
  console.error('study/spectra.ts --out OUT [--series FOLDER]');
  process.exit(2);
}
const { out, results } = values;
mkdirSync(results, { recursive: true });
for (const group of GROUPS) {
  const result = await judgedGroup(group);
  if (result !== null) write(group.name, result);
}
write('series', { series: await judgedSeries() });

async function judgedGroup(group) {
  const runs = await runsOf(group);
  const equal = runs.filter(({ regime }) => group.equal.includes(regime));
  const known = equal.filter(({ seed }) => group.known[0] <= seed && seed <= group.known[1]);
  if (known.length < 2) return null;
  const whole = calibrationOf(equal, 'runs');
  const by = (names) => ({ ...whole, runs: whole.runs.filter(({ name }) => names.has(name)) });
  const namesOf = (list, but) => new Set(list.map(({ name }) => name).filter((name) => name !== but));
  return {
    alpha: ALPHA,
    known: known.map(({ name }) => name),
    narrow: group.narrow ?? null,
    runs: runs.map((run) => {
      const { name, regime, seed, measurement: candidate } = run;
      const role = known.includes(run) ? 'known-good' : equal.includes(run) ? 'held-out' : 'other';
      const baseline = known.find((other) => other !== run).measurement;
      const calibration = by(namesOf(known, name));
      return {
        ...{ name, regime, seed, role },
        ...trainingOf(group, name),
        ...sizesOf(candidate),
        ...truthOf(group, name, regime),
        without: summaryOf(reportOf({ candidate, baseline })),
        with: summaryOf(reportOf({ candidate, baseline, calibration })),
      };
    }),
    draws:
      group.name === 'zoo'
        ? []
        : DRAWS.flatMap((draw) =>
            drawn({ equal, narrow: runs.filter(({ regime }) => regime === group.narrow), by }, draw),
          ),
    pairs: group.name === 'zoo' ? [] : pairsOf(equal),
  };
}

/** Random known-good runs among equal ones, one other, which is as good, and one that is narrow. */
function drawn({ equal, narrow, by }, { k, alpha }) {
  if (equal.length <= k) return [];
  const [random, policy] = [randomFrom(k), policyAt(alpha)];
  const counts = { flagged: 0, outside: 0, found: 0 };
  for (let i = 0; i < DRAWN; i++) {
    const [candidate, ...known] = shuffled(equal, random).slice(0, k + 1);
    const calibration = by(new Set(known.map(({ name }) => name)));
    const outcome = ({ measurement }) =>
      outcomeOf(reportOf({ candidate: measurement, baseline: null, calibration, policy }));
    const said = outcome(candidate);
    counts.flagged += Number(said === 'flagged');
    counts.outside += Number(said === 'outside');
    counts.found += narrow.length > 0 && outcome(shuffled(narrow, random)[0]) === 'flagged' ? 1 : 0;
  }
  return [{ k, alpha, of: equal.length, draws: DRAWN, ...counts, narrow: narrow.length }];
}

/** Each of the equal runs as the candidate beside each other one as the baseline, without a calibration. */
function pairsOf(equal) {
  const pairs = equal.flatMap((a) => equal.filter((b) => b !== a).map((b) => [a.measurement, b.measurement]));
  return Object.entries(POLICIES).map(([policy, rules]) => {
    const moved = pairs.map(([candidate, baseline]) =>
      reportOf({ candidate, baseline, policy: rules }).findings.flatMap(({ kind, level, metric }) => {
        const isOfRule = policy === 'default' || metric === 'mlpAttentionRatio';
        return kind === 'metric-moved' && level !== 'info' && isOfRule ? [metric] : [];
      }),
    );
    const metrics = [...new Set(moved.flat())];
    return {
      policy,
      runs: equal.length,
      pairs: pairs.length,
      flagged: moved.filter(({ length }) => length > 0).length,
      metrics,
    };
  });
}

async function judgedSeries() {
  const judged = [];
  for (const { name, folder, ...about } of SERIES) {
    const path = folder === undefined ? values.series : join(out, 'measurements', folder);
    if (path === undefined || !existsSync(join(path, name))) continue;
    const files = readdirSync(join(path, name)).filter((file) => file.endsWith('.json'));
    const steps = [];
    for (const file of files.sort((a, b) => stepOf(a) - stepOf(b))) {
      steps.push({ name: file, step: stepOf(file), measurement: await readMeasurement(join(path, name, file)) });
    }
    judged.push({ name, ...about, steps: steps.map((step, i) => judgedStep(step, steps.slice(0, i), about)) });
  }
  return judged;
}

/** By all earlier ones that are healthy, with the newest of them as the baseline. */
function judgedStep({ step, measurement: candidate }, before, { incident, shared }) {
  const isBad = incident !== undefined && step > incident;
  const earlier = before.filter((other) => incident === undefined || other.step <= incident);
  const is = isBad ? 'incident' : shared !== undefined && step <= shared ? 'shared' : 'healthy';
  const start = { step, is, earlier: earlier.length };
  if (earlier.length === 0) return { ...start, without: null, with: null };
  const calibration = calibrationOf(earlier, 'series');
  const baseline = earlier.at(-1).measurement;
  return {
    ...start,
    without: summaryOf(reportOf({ candidate, baseline })),
    with: summaryOf(reportOf({ candidate, baseline, calibration })),
  };
}

/** Measurements of a group that are no steps of a series, by regime and seed. */
async function runsOf({ folder, skip, only }) {
  const path = join(out, 'measurements', folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path)
    .filter((file) => file.endsWith('.json') && !/series|-long-s/.test(file))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => !(skip?.test(name) || (only && !only.test(name))));
  const runs = [];
  for (const name of names) {
    const [, regime, seed] = /^(.+)-(\d+)$/.exec(name) ?? [];
    if (regime === undefined) continue;
    runs.push({ name, regime, seed: Number(seed), measurement: await readMeasurement(join(path, `${name}.json`)) });
  }
  return runs.sort((a, b) => (a.regime < b.regime ? -1 : a.regime > b.regime ? 1 : a.seed - b.seed));
}

function trainingOf({ runs }, name) {
  const path = runs && join(out, runs, name, 'training.json');
  if (!path || !existsSync(path)) return {};
  const { rate, steps, made, of, by } = JSON.parse(readFileSync(path, 'utf8'));
  return made === undefined ? { rate, steps } : { made, of, by };
}

/** An adapter that was measured without its base has no update size. */
function sizesOf({ model: { delta } }) {
  return { updateSize: delta?.updateSize ?? null, ratio: delta?.mlpAttentionRatio ?? null };
}

function truthOf({ folder, classes }, name, regime) {
  if (classes !== undefined) return { class: classes[regime] ?? null, truth: null };
  const [path, base] = [name, 'base'].map((one) => join(out, folder, 'truth', `${one}.json`));
  if (folder !== 'tiny' || !existsSync(path)) return { class: null, truth: null };
  const truth = JSON.parse(readFileSync(path, 'utf8'));
  // Not asked yet.
  if (truth.new === undefined) return { class: null, truth: null };
  const numbers = numbersOf(truth);
  const rounded = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value.toFixed(3))]));
  return { class: classOf(numbers, numbersOf(JSON.parse(readFileSync(base, 'utf8')))), truth: rounded };
}

function stepOf(file) {
  return Number(/\d+/.exec(file)[0]);
}

function write(name, result) {
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result)}\n`);
  console.log(name);
}
