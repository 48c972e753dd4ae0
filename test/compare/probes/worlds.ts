import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import type { TwinKind } from '@shadow-gate/probes/item';
import { Random } from '@shadow-gate/probes/random';
import type { Report } from '../../../src/compare/report.ts';
import { probesOnly, reportOn } from '../measurement.ts';

/**
 * A benchmark of a team's own with twins, and two models whose truth is known. Every fact has a margin of knowledge
 * with a standard deviation of two; each wording moves it, and each model's noise, so that some 10% of the answers of
 * equals differ. What a model does not know it guesses, mostly as its equal does.
 */
export interface World {
  readonly facts: number;
  /** The strongest twins that the benchmark has. */
  readonly twins: TwinKind;
  /**
   * How the benchmark form is answered: by text, by letters that a model can bind to options, or by letters that it
   * cannot: it says "A".
   */
  readonly letters: 'none' | 'bound' | 'unbound';
  readonly candidate: Candidate;
}

/**
 * What the candidate is: the baseline's equal, a model that learned the letters (without letters: the answers, in the
 * benchmark's own words) of half of the benchmark, or one that learned: 18 points more, on the twins too.
 */
type Candidate = 'equal' | 'memorized' | 'learned' | 'fell to chance';

const LABELS = ['A', 'B', 'C', 'D'] as const;
const SPREAD = 2;
const WORDING = 0.8;
const NOISE = 0.8 / Math.SQRT2;
/** The baseline knows the answer to 40% of the facts: 55% right with guesses. */
const MEAN = -0.55;
/** 64% known, 73% right. */
const LEARNED = 1.35;
/** How often both models guess the same. */
const SAME_GUESS = 0.85;
const MEMORIZED = 0.5;
/**
 * Share of the permuted twins of memorized questions that are answered with the old letter, as measured on real
 * adapters.
 */
const KEEPS = 0.9;
/** A constant letter is not quite constant. */
const SAYS_A = 0.98;

type Side = 'baseline' | 'candidate';
type Items = Readonly<Record<Side, ProbeItemMeasurement[]>>;

/** The report of one pair of measurements under the default policy. The same seed gives the same pair. */
function reportOnWorld(world: World, seed: number): Report {
  const items = drawItems(world, seed);
  const of = (side: Side) => ({
    ...BASE,
    checkpoint: { ...BASE.checkpoint, digest: `sha256:${side}` },
    probes: { ...measured(world), items: items[side] },
  });
  return reportOn(of('candidate'), of('baseline'), { only: 'probes', policy: 'probes: [exam.jsonl]' });
}

const BASE = probesOnly(null);

function measured({ twins }: World): MeasuredProbes {
  const suite = (name: string) => ({ name, version: null, digest: `sha256:${name}`, seed: 1, items: 1 });
  const group = twins === 'group' ? [{ ...suite('private'), twinsOf: 'exam' }] : [];
  return {
    status: 'measured',
    suites: [suite('exam'), ...group],
    seed: 1,
    chatTemplate: false,
    budgetSeconds: null,
    items: [],
    notes: [],
    leftOut: [],
  };
}

function drawItems(world: World, seed: number): Items {
  const random = new Random(seed, 'worlds');
  const uniform = () => (random.int(0, 2 ** 30) + 0.5) / (2 ** 30 + 1);
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const items: Items = { baseline: [], candidate: [] };
  const { candidate, letters, twins } = world;
  const chance = twins === 'fresh' ? 0 : 1 / LABELS.length;

  /** Which option each model chooses; 0 is the right one. */
  const choose = (latent: number): Record<Side, number> => {
    const wording = latent + WORDING * normal();
    const guess = random.int(0, 3);
    const optionOf = (side: Side) => {
      const gone = side === 'candidate' && candidate === 'fell to chance' ? -100 : 0;
      const gain = side === 'candidate' && candidate === 'learned' ? LEARNED : 0;
      if (wording + gain + gone + NOISE * normal() > 0) return 0;
      const own = uniform() < SAME_GUESS ? guess : random.int(0, 3);
      // Without options a guess is wrong.
      return chance === 0 ? 1 : own;
    };
    return { baseline: optionOf('baseline'), candidate: optionOf('candidate') };
  };

  type Place = Pick<ProbeItemMeasurement, 'fact' | 'cluster' | 'form'> & Partial<ProbeItemMeasurement>;
  const add = (place: Place, given: Readonly<Record<Side, string>>, right: string) => {
    for (const side of ['baseline', 'candidate'] as const) {
      const correct = given[side] === right;
      items[side].push({
        suite: 'exam',
        id: `${place.fact}.${place.cluster}`,
        capability: 'knowledge',
        family: 'exam',
        prompt: `prompt ${place.fact}`,
        right,
        given: given[side],
        correct,
        chance,
        margin: (correct ? 1 : -1) * (0.5 + uniform()),
        probability: chance === 0 ? null : correct ? 0.6 : 0.1,
        logprobs: null,
        ...place,
      });
    }
  };
  const addText = (place: Place, latent: number, known: Partial<Record<Side, boolean>> = {}) => {
    const chosen = choose(latent);
    const text = (side: Side) => `option ${known[side] ? 0 : chosen[side]}`;
    add({ ...place, answers: 'text' }, { baseline: text('baseline'), candidate: text('candidate') }, 'option 0');
  };
  /** @param order of the options; the first is the right one's label */
  const addLetters = (place: Place, latent: number, order: readonly string[], kept: string | null) => {
    const chosen = choose(latent);
    const labelOf = (side: Side) => {
      if (side === 'candidate' && kept !== null) return kept;
      if (letters === 'unbound') return uniform() < SAYS_A ? 'A' : random.pick(LABELS);
      return order[chosen[side]] ?? '';
    };
    add(
      { ...place, answers: 'label' },
      { baseline: labelOf('baseline'), candidate: labelOf('candidate') },
      order[0] ?? '',
    );
  };

  for (let f = 0; f < world.facts; f += 1) {
    const fact = `${f}.exam`;
    const latent = MEAN + SPREAD * normal();
    const isMemorized = candidate === 'memorized' && uniform() < MEMORIZED;
    const order = random.shuffle(LABELS);
    if (letters === 'none') {
      addText({ fact, cluster: 'exam', form: 'benchmark' }, latent, { candidate: isMemorized });
    } else {
      addLetters({ fact, cluster: 'exam', form: 'benchmark' }, latent, order, isMemorized ? (order[0] ?? '') : null);
      addText({ fact, cluster: 'exam-text', form: 'benchmark-text' }, latent);
      // The right option moves, as in derived twins.
      const place = random.pick(LABELS.filter((label) => label !== order[0]));
      const moved = [place, ...random.shuffle(LABELS.filter((label) => label !== place))];
      const oldLabels = Object.fromEntries(moved.map((label, i) => [label, order[i] ?? '']));
      const keeps = isMemorized && uniform() < KEEPS;
      const permuted = { kind: 'format', oldLabel: order[0], oldLabels } as const;
      addLetters(
        { fact, cluster: 'permuted', form: 'twin', ...permuted },
        latent,
        moved,
        keeps ? (order[0] ?? '') : null,
      );
    }
    switch (twins) {
      case 'open':
        for (const cluster of ['open-1', 'open-2']) addText({ fact, cluster, form: 'twin', kind: 'open' }, latent);
        break;
      case 'format':
        addText({ fact, cluster: 'cloze', form: 'twin', kind: 'format' }, latent);
        break;
      case 'fresh':
        addText({ fact, cluster: 'fresh', form: 'twin', kind: 'fresh' }, MEAN + SPREAD * normal());
        break;
      case 'group':
        addText(
          {
            suite: 'private',
            fact: `${f}.private`,
            cluster: 'private',
            form: 'twin',
            kind: 'group',
            family: 'private',
          },
          MEAN + SPREAD * normal(),
        );
    }
  }
  return items;
}

/** How often each verdict is reached, and the kinds of findings behind it. */
export function verdictsOf(world: World, pairs: number) {
  const reports = Array.from({ length: pairs }, (_, seed) => reportOnWorld(world, seed));
  const share = (verdict: Report['verdict']) => reports.filter((report) => report.verdict === verdict).length / pairs;
  const counts = new Map<string, number>();
  for (const { findings } of reports) {
    for (const { level, kind } of findings.filter(({ level }) => level !== 'info')) {
      counts.set(`${level} ${kind}`, (counts.get(`${level} ${kind}`) ?? 0) + 1);
    }
  }
  return { fail: share('fail'), pass: share('pass'), warn: share('warn'), inconclusive: share('inconclusive'), counts };
}
