import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import { readBehaviorValues } from '../../src/measure/behavior/part.ts';
import type { Measurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import { ofRank, spectrum, tensor } from '../report/fixtures.ts';
import { type Seeded, seeded } from '../statistics/seeded.ts';
import { behavior, measurement, probes, SUITE } from './measurement.ts';

/** A candidate, its baseline and a policy, all drawn from one seed. */
interface RandomPair {
  readonly candidate: Measurement;
  readonly baseline: Measurement | null;
  /** YAML. */
  readonly policy: string;
}

const CAPABILITIES = ['recall', 'reasoning', 'composition'] as const;
const MODULES = ['q_proj', 'o_proj', 'up_proj', 'down_proj'] as const;
/** What training did to a family or to a matrix; most of them are nothing. */
const TRAININGS = ['nothing', 'nothing', 'noise', 'better', 'exam only', 'forgot', 'forgot twins'] as const;
const DAMAGES = ['nothing', 'nothing', 'nothing', 'narrower', 'spike', 'lost rank', 'NaN'] as const;

export function pick<T>(random: Seeded, choices: readonly T[]): T {
  const chosen = choices[random.int(0, choices.length - 1)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

export function randomPair(seed: number): RandomPair {
  const random = seeded(seed);
  const chance = (share: number) => random.uniform() < share;
  const halves = pick(random, ['both', 'both', 'probes', 'spectra'] as const);
  const [asked, answered] = randomAnswers(random);
  const [before, after] = randomTensors(random);
  const suites = [{ ...SUITE, items: asked.length }];
  const side = (items: ProbeItemMeasurement[], tensors: TensorMeasurement[], name: string): Measurement => {
    const run: MeasuredProbes = probes({ items, suites });
    const made = measurement({
      tensors: halves === 'probes' ? [] : tensors,
      probes: halves === 'spectra' ? null : run,
      checkpoint: { digest: `sha256:${name}`, format: 'safetensors', dtypes: { F32: 4 }, tensors: 4, parameters: 9216 },
      nonFinite: tensors.flatMap(({ name: of, status }) =>
        status === 'notFinite' ? [{ name: of, nan: 1, inf: 0 }] : [],
      ),
    });
    return halves === 'probes' ? { ...made, method: null, vectors: [], nonFinite: [], reference: null } : made;
  };
  const candidate = side(answered, after, 'candidate');
  const baseline = chance(0.08) ? null : side(asked, before, 'baseline');
  const policy = randomPolicy(random);
  // Drawn last: the pairs of known seeds stay as they are.
  const strict = chance(0.25) ? `\nbehavior: {level: ${pick(random, LEVELS)}, tokenizer: ${pick(random, LEVELS)}}` : '';
  const behaving = { ...candidate, behavior: randomBehavior(random) };
  const twins = pick(random, ['unknown', 'unknown', 'open', 'fresh', 'mixed', 'group'] as const);
  const own = chance(0.5);
  const sides = {
    candidate: withTwins(behaving, twins, { own }),
    baseline: baseline && withTwins(baseline, twins, { own }),
  };
  // For every other pair, by a stream of its own, for the same reason.
  const graded =
    seed % 2 === 0
      ? sides
      : {
          candidate: withLikelihoods(sides.candidate, seeded(10_000_000 + seed)),
          baseline: sides.baseline && withLikelihoods(sides.baseline, seeded(20_000_000 + seed)),
        };
  const named =
    seed % 3 === 0
      ? { candidate: withPassages(graded.candidate), baseline: graded.baseline && withPassages(graded.baseline) }
      : graded;
  // Likewise.
  const mixed = Math.imul(seed, 0x9e3779b1) >>> 0;
  const tiers = seeded(mixed);
  if (mixed % 3 !== 0) return { ...named, policy: `${policy}${strict}` };
  const sliced = { candidate: withSlices(named.candidate), baseline: named.baseline && withSlices(named.baseline) };
  return { ...sliced, policy: `${policy}${strict}\n${randomTier(tiers, { own })}` };
}

/** Every fact in one of three languages. */
function withSlices(measured: Measurement): Measurement {
  const { probes: run } = measured;
  if (run?.status !== 'measured') return measured;
  const languageOf = (fact: string) => ['de', 'en', 'fr'][[...fact].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 3];
  const items = run.items.map((item) => ({ ...item, slices: { language: languageOf(item.fact) ?? 'de' } }));
  return { ...measured, probes: { ...run, items } };
}

/** What the suite of a pair counts for. */
function randomTier(random: Seeded, { own }: { readonly own: boolean }): string {
  const some = (key: string, values: readonly (number | string)[]) =>
    random.uniform() < 0.5 ? [`${key}: ${pick(random, values)}`] : [];
  const keys = [
    ...some('level', ['fail', 'warn']),
    ...some('required', ['true']),
    ...some('drop', [0.01, 0.05, 0.2]),
    ...some('relative-drop', [0.02, 0.2]),
    ...(own ? some('slices', ['[language]']) : []),
  ];
  return `probes: [{file: ${own ? 'exam' : SUITE.name}${keys.map((key) => `, ${key}`).join('')}}]`;
}

/** Two facts of a family to each passage. */
function withPassages(measured: Measurement): Measurement {
  const { probes: run } = measured;
  if (run?.status !== 'measured') return measured;
  const passageOf = (id: string) => id.replace(/\.(\d+)\..*$/, (_, fact: string) => ` ${Math.floor(Number(fact) / 2)}`);
  return {
    ...measured,
    probes: { ...run, items: run.items.map((item) => ({ ...item, passage: passageOf(item.id) })) },
  };
}

/** Log-likelihoods that prefer what was given: alike on both sides, but for some noise. */
function withLikelihoods(measured: Measurement, random: Seeded): Measurement {
  const { probes: run } = measured;
  if (run?.status !== 'measured') return measured;
  const items = run.items.map((item, i): ProbeItemMeasurement => {
    const round = (value: number) => Math.round(Math.min(0, value) * 1e4) / 1e4;
    const likely = -1.5 - (i % 7) / 5 + 0.1 * random.normal();
    const right = round(likely);
    if (item.probability === null) return { ...item, likelihood: { logprob: right, bytes: 5 } };
    const ahead = item.correct ? -0.5 - (i % 3) : 0.4;
    const logprobs = [right, ...[0, 0.3, 0.8].map((behind) => round(likely + ahead - behind))];
    const probability = choiceProbability({ logprobs, lengths: null }, 0);
    return { ...item, logprobs, probability, likelihood: { logprob: right, bytes: 5 } };
  });
  return { ...measured, probes: { ...run, items } };
}

/**
 * The same answers, with twins of a kind; as a group, they belong to no fact.
 * @param options.own the suite is a benchmark of the team's own, not the built-in one
 */
function withTwins(
  measured: Measurement,
  kind: 'unknown' | 'mixed' | 'open' | 'fresh' | 'group',
  { own }: { readonly own: boolean },
): Measurement {
  const { probes: run } = measured;
  if (run?.status !== 'measured') return measured;
  const name = own ? 'exam' : SUITE.name;
  const items = run.items.map((item, i): ProbeItemMeasurement => {
    if (item.form !== 'twin' || kind === 'unknown') return { ...item, suite: name };
    if (kind === 'group') return { ...item, kind, suite: 'private', fact: item.id };
    return { ...item, suite: name, kind: kind === 'mixed' ? (i % 3 === 0 ? 'format' : 'open') : kind };
  });
  const count = (suite: string) => items.filter((item) => item.suite === suite).length;
  const suite = { ...SUITE, name, items: count(name), version: own ? null : SUITE.version };
  const group = { ...SUITE, name: 'private', version: null, items: count('private'), twinsOf: name };
  return { ...measured, probes: { ...run, items, suites: kind === 'group' ? [suite, group] : [suite] } };
}

function randomBehavior(random: Seeded): Measurement['behavior'] {
  const change = pick(random, ['nothing', 'nothing', 'nothing', 'tokenizer', 'logits', 'code'] as const);
  if (change === 'logits') return behavior({}, { logits: 200 });
  const files = change === 'nothing' ? {} : { [change]: readBehaviorValues({ content: 'another' }) };
  return behavior(files);
}

/** The answers of a baseline and of a candidate to the same items. */
function randomAnswers(random: Seeded): [ProbeItemMeasurement[], ProbeItemMeasurement[]] {
  const chance = (share: number) => random.uniform() < share;
  const before: ProbeItemMeasurement[] = [];
  const after: ProbeItemMeasurement[] = [];
  const families = random.int(1, 4);
  for (let family = 0; family < families; family += 1) {
    const capability = pick(random, CAPABILITIES);
    const training = pick(random, TRAININGS);
    const skill = { benchmark: pick(random, [0.25, 0.6, 0.9, 1]), twin: pick(random, [0.25, 0.6, 0.9, 1]) };
    const twins = random.int(1, 2);
    const guess = pick(random, [0, 0.25]);
    const facts = pick(random, [3, 12, 40, 90]);
    for (let fact = 0; fact < facts; fact += 1) {
      for (let form = 0; form <= twins; form += 1) {
        const kind = form === 0 ? 'benchmark' : 'twin';
        const was = chance(skill[kind]);
        const now = answerAfter(was, kind, training, chance);
        const id = `${family}.${fact}`;
        const certain = chance(0.6);
        const item = (correct: boolean): ProbeItemMeasurement => ({
          ...{ suite: SUITE.name, id: `${id}.${form}`, fact: id, capability, family: `family ${family}` },
          ...{ cluster: `${family}.${form}`, form: kind, prompt: `prompt of ${id}`, right: 'green', chance: guess },
          ...{ given: correct ? 'green' : 'pink', correct, margin: correct ? 1 : -1, logprobs: null },
          probability: guess === 0 ? null : correct ? (certain ? 0.97 : 0.6) : 0.1,
        });
        before.push(item(was));
        after.push(item(now));
      }
    }
  }
  return [before, after];
}

function answerAfter(
  was: boolean,
  form: ProbeItemMeasurement['form'],
  training: (typeof TRAININGS)[number],
  chance: (share: number) => boolean,
): boolean {
  switch (training) {
    case 'nothing':
      return was;
    case 'noise':
      return chance(0.05) ? !was : was;
    case 'better':
      return was || chance(0.6);
    case 'exam only':
      return was || (form === 'benchmark' && chance(0.8));
    case 'forgot':
      return was && chance(0.6);
    case 'forgot twins':
      return was && (form === 'benchmark' || chance(0.5));
  }
}

/** W and, in most cases, ΔW of the matrices of a baseline and of a candidate. */
function randomTensors(random: Seeded): [TensorMeasurement[], TensorMeasurement[]] {
  const before: TensorMeasurement[] = [];
  const after: TensorMeasurement[] = [];
  const sides = random.uniform() < 0.8 ? (['weight', 'delta'] as const) : (['weight'] as const);
  const modules = random.uniform() < 0.8 ? MODULES : MODULES.slice(0, 2);
  const narrower = random.uniform() < 0.3 ? 0.35 : 0;
  const layers = pick(random, [1, 2, 5]);
  for (let layer = 0; layer < layers; layer += 1) {
    for (const module of modules) {
      const damage = random.uniform() < 0.1 ? pick(random, DAMAGES) : 'nothing';
      for (const of of sides) {
        const decay = 0.4 + 0.1 * random.uniform();
        const isMlp = module === 'up_proj' || module === 'down_proj';
        const name = `${layer}.${module}`;
        before.push(tensor(name, module, of, spectrum({ decay }), { layer }));
        const worse = decay + (of === 'delta' && isMlp ? narrower : 0) + (damage === 'narrower' ? 0.3 : 0);
        const values = spectrum({ decay: worse, spike: damage === 'spike' ? 8 : 1 });
        const made = tensor(name, module, of, values, { layer });
        after.push(
          damage === 'NaN'
            ? { ...made, status: 'notFinite', metrics: null, spectrum: [] }
            : damage === 'lost rank' && made.metrics
              ? { ...made, metrics: ofRank(made.metrics, 20) }
              : made,
        );
      }
    }
  }
  return [before, after];
}

const LEVELS = ['info', 'warn', 'fail'] as const;

function randomPolicy(random: Seeded): string {
  const level = () => pick(random, LEVELS);
  const some = (line: string) => (random.uniform() < 0.25 ? [line] : []);
  const rule = () => {
    const metric = pick(random, ['stableRank', 'effectiveRank', 'topEnergy.1', 'rank', 'updateSize']);
    const of = metric === 'updateSize' ? 'delta' : pick(random, ['weight', 'delta']);
    const statistic = pick(random, ['median', 'weightedMean', 'each']);
    return `  - {metric: ${metric}, of: ${of}, statistic: ${statistic}, relative: 0.05, level: ${level()}}`;
  };
  return [
    ...some(`on-missing-baseline: ${pick(random, ['pass', 'warn', 'fail'])}`),
    ...some(`spike: {level: ${level()}}`),
    ...some(`non-finite: {level: ${level()}}`),
    ...some(`rank-loss: {level: ${level()}}`),
    ...some(`twin-accuracy: {level: ${level()}, margin: ${pick(random, [0.02, 0.05, 0.3, 1])}}`),
    ...some(`shadow-delta: {level: ${level()}, margin: ${pick(random, [0, 0.05, 0.2])}}`),
    ...some(`retention: {level: ${level()}}`),
    ...some(`two-key: {level: ${level()}}`),
    ...some(`informative: {ceiling: ${pick(random, [0.5, 0.97, 1])}}`),
    ...some(`confidence: ${pick(random, [0.8, 0.95, 0.99])}`),
    ...(random.uniform() < 0.3 ? ['rules:', rule()] : []),
  ].join('\n');
}
