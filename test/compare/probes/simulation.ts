import { Random } from '@shadow-gate/probes/random';
import type { PairedFact, PairedItem } from '../../../src/compare/pairing/paired-item.ts';

/** A world in which candidate and baseline answer the same facts. Margins are logits. */
export interface World {
  readonly facts: number;
  /** Twins of each fact. */
  readonly twins?: number;
  /** Mean margin of each capability. The items of a capability have a standard deviation of two. */
  readonly means: readonly number[];
  /** Standard deviation of the difference of a margin between two models that are equally good. */
  readonly noise: number;
  /** The part of that noise that the twins of one fact share, 0–1. */
  readonly shared?: number;
  /** The true drop of the candidate's twin accuracy. */
  readonly drop?: number;
}

const SPREAD = 2;
const CHANCE = 0.25;

/** One pair of measurements. The same seed gives the same pair. */
export function simulate(world: World, seed: number): PairedFact[] {
  const { facts, twins = 1, means, noise, shared = 0, drop = 0 } = world;
  const random = new Random(seed, 'simulation');
  const uniform = () => (random.int(0, 2 ** 30) + 0.5) / (2 ** 30 + 1);
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const drawn = Array.from({ length: facts }, (_, f): PairedFact => {
    const capability = `capability ${f % means.length}`;
    const common = { candidate: normal(), baseline: normal() };
    const item = (form: PairedItem['form'], kind: string): PairedItem => {
      const latent = (means[f % means.length] ?? 0) + SPREAD * normal();
      const answer = (side: 'candidate' | 'baseline') => {
        const own = Math.sqrt(shared) * common[side] + Math.sqrt(1 - shared) * normal();
        // The difference of the two has the standard deviation `noise`.
        const margin = latent + (noise / Math.SQRT2) * own;
        return { correct: margin > 0, given: '', margin, probability: 1 / (1 + Math.exp(-margin)), logprobs: null };
      };
      const id = `${f} ${kind}`;
      return {
        id,
        fact: `${f}`,
        capability,
        family: capability,
        cluster: kind,
        form,
        suite: 'suite',
        kind: form === 'twin' ? 'fresh' : null,
        answers: 'text',
        oldLabel: null,
        oldLabels: null,
        level: null,
        chance: CHANCE,
        prompt: id,
        right: '',
        candidate: answer('candidate'),
        baseline: answer('baseline'),
      };
    };
    const exam = item('benchmark', 'exam');
    return {
      benchmark: exam,
      exam,
      text: null,
      permuted: [],
      robustness: [],
      twins: Array.from({ length: twins }, (_, t) => item('twin', `twin ${t}`)),
    };
  });
  return drop === 0 ? drawn : withDrop(drawn, drop, uniform);
}

/** Make correct answers to twins wrong at random, so that the expected twin accuracy falls by `drop`. */
function withDrop(facts: readonly PairedFact[], drop: number, uniform: () => number): PairedFact[] {
  const all = facts.flatMap(({ twins }) => twins);
  const share = (drop * all.length) / all.filter(({ candidate }) => candidate.correct).length;
  const lose = (twin: PairedItem): PairedItem =>
    twin.candidate.correct && uniform() < share ? { ...twin, candidate: { ...twin.candidate, correct: false } } : twin;
  return facts.map(({ twins, ...fact }) => ({ ...fact, twins: twins.map(lose) }));
}
