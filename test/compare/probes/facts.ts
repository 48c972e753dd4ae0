import type { PairedFact, PairedGroup, PairedItem, ProbeAnswer } from '../../../src/compare/pairing/paired-item.ts';

/** Correct (1) or not (0) in the baseline, then in the candidate: `10` was lost, `01` was won. */
export type Change = '11' | '10' | '01' | '00';

export interface FactOptions {
  readonly capability?: string;
  readonly family?: string;
  readonly chance?: number;
  /** Choice probability of a correct answer. */
  readonly probability?: number;
  /** Kind of all twins, or of each. */
  readonly kind?: PairedItem['kind'] | readonly PairedItem['kind'][];
  readonly suite?: string;
}

/** A fact with the given change of its benchmark form and of each of its twins. */
export function fact(id: string, benchmark: Change, twins: readonly Change[], options: FactOptions = {}): PairedFact {
  const {
    capability = 'recall',
    family = capability,
    chance = 0.25,
    probability = 0.95,
    kind = 'fresh',
    suite = 'suite',
  } = options;
  const kindOf = (twin: number): PairedItem['kind'] => (typeof kind === 'object' ? (kind?.[twin] ?? null) : kind);
  const answer = (correct: boolean): ProbeAnswer => ({
    correct,
    given: correct ? 'right' : 'wrong',
    margin: correct ? 1 : -1,
    probability: correct ? probability : 0.01,
    logprobs: null,
  });
  const item = (
    form: PairedItem['form'],
    cluster: string,
    change: Change,
    own: PairedItem['kind'] = null,
  ): PairedItem => ({
    id: `${id}.${cluster}`,
    fact: `${id}.exam`,
    capability,
    family,
    cluster,
    form,
    suite,
    kind: own,
    answers: 'text',
    oldLabel: null,
    oldLabels: null,
    level: null,
    chance,
    prompt: `prompt of ${id}.${cluster}`,
    right: 'right',
    baseline: answer(change[0] === '1'),
    candidate: answer(change[1] === '1'),
  });
  const exam = item('benchmark', 'exam', benchmark);
  return {
    benchmark: exam,
    exam,
    text: null,
    permuted: [],
    robustness: [],
    twins: twins.map((change, i) => item('twin', `twin ${i}`, change, kindOf(i))),
  };
}

/** Several facts that are alike but for their names. */
export function facts(
  count: number,
  benchmark: Change,
  twins: readonly Change[],
  options: FactOptions & { readonly name?: string } = {},
): PairedFact[] {
  const { name = `${options.family ?? options.capability ?? 'f'} ${benchmark} ${twins.join(' ')}`, ...rest } = options;
  return Array.from({ length: count }, (_, i) => fact(`${name} ${i}`, benchmark, twins, rest));
}

/** Items of a group, as many as there are changes. */
export function group(of: string, changes: readonly Change[], suite = 'private'): PairedGroup {
  const items = changes.flatMap((change, i) => fact(`${suite} ${i}`, change, [change], { kind: 'group', suite }).twins);
  return { suite, of, items };
}
