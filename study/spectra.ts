// What calibrated spectra say about measured runs, and what the defaults say about the same ones, into
// study/results/spectra. Usage: npx tsx study/spectra.ts --out OUT [--series FOLDER] [--results study/results/spectra]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { buildCalibration } from '../src/compare/calibration/build.ts';
import type { Calibration } from '../src/compare/calibration/schema.ts';
import type { Measurement } from '../src/measure/schema/measurement.ts';
import { readMeasurement } from '../src/measure/schema/read.ts';
import type { Truth } from './results.ts';
import { GROUPS, type Group, SERIES } from './spectra/groups.ts';
import { ALPHA, outcomeOf, POLICIES, policyAt, randomFrom, reportOf, shuffled, summaryOf } from './spectra/judge.ts';
import type { About, Draws, GroupResult, Pairs, Role, Run, SeriesResult, Step } from './spectra/results.ts';
import { classOf as classOfTiny, numbersOf, type TinyTruth } from './spectra/tiny-truth.ts';
import { classOf } from './truth.ts';

/** How many known-good runs, and the rate of false alarms. */
interface Draw {
  readonly k: number;
  readonly alpha: number;
}

/** A run, and what was measured of it. */
interface MeasuredRun {
  readonly name: string;
  readonly regime: string;
  readonly seed: number;
  readonly measurement: Measurement;
}

/** Runs to draw from, and the calibration by the runs with some names. */
interface Drawable {
  readonly equal: readonly MeasuredRun[];
  readonly narrow: readonly MeasuredRun[];
  readonly by: (names: ReadonlySet<string>) => Calibration;
}

/** Draws of known-good runs among equal ones: how many of them, at which rate. */
const DRAWS: readonly Draw[] = [
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
const { out = '', results } = values;
if (out === '') {
  console.error('study/spectra.ts --out OUT [--series FOLDER]');
  process.exit(2);
}
mkdirSync(results, { recursive: true });
for (const group of GROUPS) {
  const result = await judgedGroup(group);
  if (result !== null) write(group.name, result);
}
const series = await judgedSeries();
if (series.length > 0) write('series', { series });

async function judgedGroup(group: Group): Promise<GroupResult | null> {
  const runs = await runsOf(group);
  const equal = runs.filter(({ regime }) => group.equal.includes(regime));
  const known = equal.filter(({ seed }) => group.known[0] <= seed && seed <= group.known[1]);
  if (known.length < 2) return null;
  const whole = buildCalibration(equal, 'runs');
  const by = (names: ReadonlySet<string>): Calibration => ({
    ...whole,
    runs: whole.runs.filter(({ name }) => names.has(name)),
  });
  const namesBut = (but: string) => new Set(known.map(({ name }) => name).filter((name) => name !== but));
  return {
    alpha: ALPHA,
    known: known.map(({ name }) => name),
    narrow: group.narrow ?? null,
    runs: runs.map((run) => {
      const { name, regime, seed, measurement: candidate } = run;
      const role: Role = known.includes(run) ? 'known-good' : equal.includes(run) ? 'held-out' : 'other';
      const baseline = known.find((other) => other !== run)?.measurement ?? null;
      const calibration = by(namesBut(name));
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

/** Random known-good runs among equal ones, another equal run as the candidate, and a narrow run. */
function drawn({ equal, narrow, by }: Drawable, { k, alpha }: Draw): Draws[] {
  if (equal.length <= k) return [];
  const [random, policy] = [randomFrom(k), policyAt(alpha)];
  const counts = { flagged: 0, outside: 0, found: 0 };
  for (let i = 0; i < DRAWN; i++) {
    const [candidate, ...known] = shuffled(equal, random).slice(0, k + 1);
    if (candidate === undefined) continue;
    const calibration = by(new Set(known.map(({ name }) => name)));
    const outcome = ({ measurement }: MeasuredRun) =>
      outcomeOf(reportOf({ candidate: measurement, baseline: null, calibration, policy }));
    const said = outcome(candidate);
    counts.flagged += Number(said === 'flagged');
    counts.outside += Number(said === 'outside');
    const [bad] = narrow.length > 0 ? shuffled(narrow, random) : [];
    counts.found += Number(bad !== undefined && outcome(bad) === 'flagged');
  }
  return [{ k, alpha, of: equal.length, draws: DRAWN, ...counts, narrow: narrow.length }];
}

/** Each of the equal runs as the candidate, with each other one as the baseline, without a calibration. */
function pairsOf(equal: readonly MeasuredRun[]): Pairs[] {
  const pairs = equal.flatMap((a) => equal.filter((b) => b !== a).map((b) => [a.measurement, b.measurement] as const));
  return Object.entries(POLICIES).map(([policy, rules]) => {
    const moved = pairs.map(([candidate, baseline]) =>
      reportOf({ candidate, baseline, policy: rules }).findings.flatMap((finding) => {
        if (finding.kind !== 'metric-moved' || finding.level === 'info') return [];
        const isOfRule = policy === 'default' || finding.metric === 'mlpAttentionRatio';
        return isOfRule ? [finding.metric] : [];
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

async function judgedSeries(): Promise<SeriesResult[]> {
  const judged: SeriesResult[] = [];
  for (const { name, folder, ...about } of SERIES) {
    const path = folder === undefined ? values.series : join(out, 'measurements', folder);
    if (path === undefined || !existsSync(join(path, name))) continue;
    const files = readdirSync(join(path, name)).filter((file) => file.endsWith('.json'));
    const steps: MeasuredStep[] = [];
    for (const file of files.sort((a, b) => stepOf(a) - stepOf(b))) {
      steps.push({ name: file, step: stepOf(file), measurement: await readMeasurement(join(path, name, file)) });
    }
    judged.push({ name, ...about, steps: steps.map((step, i) => judgedStep(step, steps.slice(0, i), about)) });
  }
  return judged;
}

interface MeasuredStep {
  readonly name: string;
  readonly step: number;
  readonly measurement: Measurement;
}

/** By all earlier ones that are healthy, with the newest of them as the baseline. */
function judgedStep(
  { step, measurement: candidate }: MeasuredStep,
  before: readonly MeasuredStep[],
  { incident, shared }: About,
): Step {
  const isBad = incident !== undefined && step > incident;
  const earlier = before.filter((other) => incident === undefined || other.step <= incident);
  const is: Step['is'] = isBad ? 'incident' : shared !== undefined && step <= shared ? 'shared' : 'healthy';
  const start = { step, is, earlier: earlier.length };
  const baseline = earlier.at(-1)?.measurement;
  if (baseline === undefined) return { ...start, without: null, with: null };
  const calibration = buildCalibration(earlier, 'series');
  return {
    ...start,
    without: summaryOf(reportOf({ candidate, baseline })),
    with: summaryOf(reportOf({ candidate, baseline, calibration })),
  };
}

/** Measurements of a group that are no steps of a series, by regime and seed. */
async function runsOf({ folder, skip, only }: Group): Promise<MeasuredRun[]> {
  const path = join(out, 'measurements', folder);
  if (!existsSync(path)) return [];
  const names = readdirSync(path)
    .filter((file) => file.endsWith('.json') && !/series|-long-s/.test(file))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => !(skip?.test(name) || (only && !only.test(name))));
  const runs: MeasuredRun[] = [];
  for (const name of names) {
    const [, regime, seed] = /^(.+)-(\d+)$/.exec(name) ?? [];
    if (regime === undefined) continue;
    runs.push({ name, regime, seed: Number(seed), measurement: await readMeasurement(join(path, `${name}.json`)) });
  }
  return runs.sort((a, b) => (a.regime < b.regime ? -1 : a.regime > b.regime ? 1 : a.seed - b.seed));
}

/** What a run was trained with, or made of. */
interface Training {
  readonly rate?: number | undefined;
  readonly steps?: number | undefined;
  readonly made?: string;
  readonly of?: unknown;
  readonly by?: unknown;
}

function trainingOf({ runs }: Group, name: string): Training {
  const path = runs && join(out, runs, name, 'training.json');
  if (!path || !existsSync(path)) return {};
  const { rate, steps, made, of, by }: Training = JSON.parse(readFileSync(path, 'utf8'));
  return made === undefined ? { rate, steps } : { made, of, by };
}

/** An adapter that was measured without its base has no update size. */
function sizesOf({ model: { delta } }: Measurement): Pick<Run, 'updateSize' | 'ratio'> {
  const ratio = delta?.mlpAttentionRatio ?? null;
  return { updateSize: delta?.updateSize ?? null, ratio: ratio === null ? null : boundedValue(ratio) };
}

function truthOf({ folder, truth: asked, classes }: Group, name: string, regime: string): Pick<Run, 'class' | 'truth'> {
  if (asked !== undefined) {
    const read = (one: string): Truth | null => {
      const path = join(out, asked, `${one}.json`);
      return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
    };
    const [own, base] = [read(name), read('base')];
    return { class: own && base && classOf(own, base), truth: null };
  }
  if (classes !== undefined) return { class: classes[regime] ?? null, truth: null };
  const fileOf = (one: string) => join(out, folder, 'truth', `${one}.json`);
  const path = fileOf(name);
  if (folder !== 'tiny' || !existsSync(path)) return { class: null, truth: null };
  const truth: Partial<TinyTruth> = JSON.parse(readFileSync(path, 'utf8'));
  // Not asked yet.
  if (!isWhole(truth)) return { class: null, truth: null };
  const numbers = numbersOf(truth);
  const rounded = Object.fromEntries(Object.entries(numbers).map(([key, value]) => [key, Number(value.toFixed(3))]));
  const base: TinyTruth = JSON.parse(readFileSync(fileOf('base'), 'utf8'));
  return { class: classOfTiny(numbers, numbersOf(base)), truth: rounded };
}

const isWhole = (truth: Partial<TinyTruth>): truth is TinyTruth => truth.new !== undefined;

function stepOf(file: string): number {
  return Number(/\d+/.exec(file)?.[0]);
}

function write(name: string, result: unknown): void {
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result)}\n`);
  console.log(name);
}
