import { UserError } from '@shadow-gate/platform';
import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { summarize } from '../../src/measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { ofRank, spectrum, tensor } from '../report/fixtures.ts';
import { measurement, probes, reportOn, SUITE } from './measurement.ts';

const FACTS = 300;
const CAPABILITIES = ['recall', 'reasoning', 'composition'] as const;

/** Two forms of each fact; `isRight` says which answers are right. */
function answered(isRight: (fact: number, form: ProbeItemMeasurement['form']) => boolean): MeasuredProbes {
  const items = Array.from({ length: FACTS }, (_, fact) =>
    (['benchmark', 'twin'] as const).map((form): ProbeItemMeasurement => {
      const correct = isRight(fact, form);
      const capability = CAPABILITIES[fact % CAPABILITIES.length] ?? 'recall';
      return {
        ...{ suite: SUITE.name, id: `${fact}.${form}`, fact: `${fact}`, capability, family: `${capability} family` },
        ...{ cluster: `${form} ${fact % 5}`, form, prompt: `prompt of ${fact}`, right: 'green', chance: 0.25 },
        ...{ given: correct ? 'green' : 'pink', correct, margin: correct ? 1 : -1, logprobs: null },
        probability: correct ? 0.95 : 0.02,
      };
    }),
  ).flat();
  return probes({ items, suites: [{ ...SUITE, items: items.length }] });
}

/** W and ΔW of an attention and an MLP matrix in each of five layers; `decay` is that of the MLP updates. */
function matrices(decay = 0.5): TensorMeasurement[] {
  return [0, 1, 2, 3, 4].flatMap((layer) =>
    (['q_proj', 'up_proj'] as const).flatMap((module) =>
      (['weight', 'delta'] as const).map((of) => {
        const values = spectrum({ decay: of === 'delta' && module === 'up_proj' ? decay : 0.5 });
        return tensor(`${layer}.${module}`, module, of, values, { layer });
      }),
    ),
  );
}

const knows = (fact: number) => fact % 12 !== 0;
const known = answered(knows);
const candidate = (over: Partial<Measurement>) =>
  measurement({
    tensors: matrices(),
    probes: known,
    ...over,
    checkpoint: { digest: 'sha256:candidate', format: 'safetensors', dtypes: { F32: 4 }, tensors: 4, parameters: 9216 },
  });
const BASELINE = measurement({ tensors: matrices(0.501), probes: known });
const GATED = `rules: [{metric: mlpAttentionRatio, direction: up, relative: 0.08, level: fail}]
rank-loss: {level: fail}`;

/** Fifty of 300 twins are newly wrong. */
const forgetful = () =>
  candidate({ probes: answered((fact, form) => knows(fact) && (form === 'benchmark' || fact % 4 !== 0)) });
/** The MLP updates are much narrower. */
const narrow = () => candidate({ tensors: matrices(1.1) });
/** One matrix has lost rank. */
const flat = () =>
  candidate({
    tensors: matrices().map((made) =>
      isWeight('0.q_proj', made) && made.metrics ? { ...made, metrics: ofRank(made.metrics, 3) } : made,
    ),
  });
/** One matrix contains NaN. */
const broken = () =>
  candidate({
    tensors: matrices().map((made) =>
      isWeight('0.q_proj', made) ? { ...made, status: 'notFinite', metrics: null, spectrum: [] } : made,
    ),
    nonFinite: [{ name: '0.q_proj', nan: 3, inf: 0 }],
  });

function isWeight(name: string, made: TensorMeasurement): boolean {
  return made.name === name && made.of === 'weight';
}

/** The verdict on a measurement file, or `refused`. */
function verdictOn(text: string, policy: string, baseline: Measurement = BASELINE): string {
  try {
    return reportOn(parseMeasurement(text, 'measurement.json'), baseline, { policy }).verdict;
  } catch (error) {
    if (error instanceof UserError) return 'refused';
    throw error;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a forger is not bound by types.
type Forged = any;
/** Edits a measurement in place, or returns the text of the file. */
type Forgery = (measurement: Forged) => unknown;

function forge(made: Measurement, edit: Forgery): string {
  const copy: Forged = JSON.parse(JSON.stringify(made));
  const edited = edit(copy);
  return typeof edited === 'string' ? edited : JSON.stringify(copy);
}

const set = Object.assign;
const setEach = (members: Forged[], over: object) => members.map((member) => set(member, over));
const lostOf = ({ probes: { items } }: Forged): Forged[] =>
  items.filter(({ correct, fact }: Forged) => !correct && knows(Number(fact)));
const twinsOf = ({ probes: { items } }: Forged): Forged[] => items.filter(({ form }: Forged) => form === 'twin');
const updatesOf = ({ tensors }: Forged): Forged[] => tensors.filter(({ of }: Forged) => of === 'delta');
const rowOf = ({ tensors }: Forged): Forged => tensors.find((made: TensorMeasurement) => isWeight('0.q_proj', made));
const without = (items: Forged[], gone: Forged[]) => items.filter((item) => !gone.includes(item));
/** Let the summaries follow from the edited matrices. */
const summarizeAgain = (made: Forged) => set(made, summarize(made.tensors));

const NO_RANKS = { rank: null, 'rankAt1e-2': null, rankAboveRounding: null };
const RED = ['fail', 'inconclusive', 'refused'];

it('the forgeries below would be failures if they were reported as they are, and the baseline itself passes', () => {
  for (const made of [forgetful(), narrow(), flat(), broken()]) {
    expect(verdictOn(JSON.stringify(made), GATED)).toBe('fail');
  }
  expect(verdictOn(JSON.stringify(candidate({})), GATED)).toBe('pass');
});

it('a machine without memory for some matrices does not pass what it could not see, whatever the baseline', () => {
  const skipped = [{ name: 'large', reason: 'too large', cause: 'not-enough-memory' as const }];
  for (const baseline of [BASELINE, measurement({ tensors: matrices(), probes: known, skipped })]) {
    expect(verdictOn(JSON.stringify(candidate({ skipped })), '', baseline)).toBe('inconclusive');
  }
});

describe('a measurement that forgot twins does not get through with', () => {
  it.each<[string, Forgery]>([
    ['twins of which guessing is always right', (m) => setEach(twinsOf(m), { chance: 1 })],
    ['items of which guessing is nearly always right', (m) => setEach(m.probes.items, { chance: 0.9 })],
    ['the lost twins in a family of their own', (m) => setEach(lostOf(m), { family: 'x', capability: 'x' })],
    ['twins called benchmark forms', (m) => setEach(twinsOf(m), { form: 'benchmark' })],
    ['the lost twins called benchmark forms', (m) => setEach(lostOf(m), { form: 'benchmark' })],
    ['the lost twins as twins of other facts', (m) => lostOf(m).map((item, i) => set(item, { fact: `new ${i}` }))],
    [
      'lost twins called correct against their own log-probabilities',
      (m) => setEach(lostOf(m), { correct: true, logprobs: [-3, -0.1, -4, -4] }),
    ],
    ['new ids for the lost twins', (m) => lostOf(m).map((item, i) => set(item, { id: `new ${i}` }))],
    ['an invisible letter in the ids', (m) => lostOf(m).map((item) => set(item, { id: `${item.id}\u200b` }))],
    [
      'the lost twins in a suite of their own',
      (m) => {
        m.probes.suites.push({ ...SUITE, name: 'other', digest: 'sha256:other' });
        setEach(lostOf(m), { suite: 'other' });
      },
    ],
    [
      'another name of the suite',
      (m) => {
        setEach(m.probes.suites, { name: 'other' });
        setEach(m.probes.items, { suite: 'other' });
      },
    ],
    ['no items', (m) => set(m.probes, { items: [] })],
    ['no suites', (m) => set(m.probes, { items: [], suites: [] })],
    ['no probes', (m) => set(m, { probes: null })],
    ['no word about probes', (m) => set(m, { probes: undefined })],
    ['probes that did not run', (m) => set(m, { probes: { status: 'notRun', reason: 'no time' } })],
    ['the lost twins gone', (m) => set(m.probes, { items: without(m.probes.items, lostOf(m)) })],
    [
      'the lost twins left out',
      (m) => {
        const lost = lostOf(m);
        const leftOut = lost.map(({ suite, id }) => ({ suite, id, reason: 'too long' }));
        set(m.probes, { items: without(m.probes.items, lost), leftOut });
      },
    ],
    [
      'the lost twins gone, and a time limit as the excuse',
      (m) => set(m.probes, { budgetSeconds: 1, items: without(m.probes.items, lostOf(m)) }),
    ],
    ['a chat template', (m) => set(m.probes, { chatTemplate: true })],
    ['another seed', (m) => setEach([m.probes, ...m.probes.suites], { seed: 2 })],
    ['leads of all answers beyond all measure', (m) => setEach(m.probes.items, { margin: 1e308 })],
    ['the version of another release', (m) => set(m.tool, { version: '0.9.0' })],
    ['the digest of the baseline', (m) => set(m, { checkpoint: BASELINE.checkpoint })],
    [
      'the correct flag twice',
      (m) => JSON.stringify(m).replaceAll('"correct":false', '"correct":true,"correct":false'),
    ],
    ['nothing but a schema', ({ schema }) => JSON.stringify({ schema })],
  ])('%s', (_, edit) => {
    expect(RED).toContain(verdictOn(forge(forgetful(), edit), ''));
  });
});

describe('a measurement with a matrix that lost rank does not get through with', () => {
  it.each<[string, Forgery]>([
    ['no rank in exact spectra', (m) => m.tensors.map(({ metrics }: Forged) => set(metrics, NO_RANKS))],
    ['one rank of null', (m) => m.tensors.map(({ metrics }: Forged) => set(metrics, { rankAboveRounding: null }))],
    ['no count above rounding', (m) => m.tensors.map(({ metrics }: Forged) => delete metrics.rankAboveRounding)],
    ['a count above the rank', (m) => set(rowOf(m).metrics, { rankAboveRounding: 32 })],
    ['rows of zeros as the cause', (m) => set(rowOf(m).metrics, { zeroRows: 1000 })],
    [
      'fast spectra',
      (m) => {
        set(m.method, { mode: 'fast' });
        for (const made of m.tensors) set(made, { method: 'fast', metrics: { ...made.metrics, ...NO_RANKS } });
      },
    ],
    ['the matrix called zero', (m) => set(rowOf(m), { status: 'zero' })],
    ['the matrix called not finite', (m) => set(rowOf(m), { status: 'notFinite' })],
    ['no metrics of the matrix', (m) => set(rowOf(m), { metrics: null })],
    ['the matrix twice, the second time healthy', (m) => m.tensors.push(rowOf({ tensors: matrices() }))],
    ['a W called ΔW', (m) => set(rowOf(m), { of: 'delta' })],
    ['spectra that were not measured', (m) => set(m, { method: null })],
  ])('%s', (_, edit) => {
    expect(RED).toContain(verdictOn(forge(flat(), edit), GATED));
  });
});

describe('a measurement with NaN does not get through with', () => {
  it.each<[string, Forgery]>([
    ['no word about NaN', (m) => set(m, { nonFinite: [] })],
    ['the matrix called zero', (m) => [set(rowOf(m), { status: 'zero' }), set(m, { nonFinite: [] })]],
    ['the matrix called measured', (m) => [set(rowOf(m), { status: 'measured' }), set(m, { nonFinite: [] })]],
    ['another name of the matrix', (m) => [set(rowOf(m), { name: '0.q_proj[q]' }), set(m, { nonFinite: [] })]],
    [
      'the matrix skipped',
      (m) => {
        const skipped = [{ name: '0.q_proj', reason: 'too large' }];
        set(m, { nonFinite: [], skipped, tensors: without(m.tensors, [rowOf(m)]) });
      },
    ],
    [
      'the matrix called a vector',
      (m) => {
        const { name, shape } = rowOf(m);
        const vectors = [...m.vectors, { name, shape }];
        set(m, { nonFinite: [], vectors, tensors: without(m.tensors, [rowOf(m)]) });
      },
    ],
    ['counts of zero', (m) => set(m, { nonFinite: [{ name: '0.q_proj', nan: 0, inf: 0 }] })],
    ['counts below zero', (m) => set(m, { nonFinite: [{ name: '0.q_proj', nan: -1, inf: 0 }] })],
  ])('%s', (_, edit) => {
    expect(RED).toContain(verdictOn(forge(broken(), edit), GATED));
  });
});

describe('a measurement of a narrow update does not get through with', () => {
  it.each<[string, Forgery]>([
    ['no summaries', (m) => set(m, { groups: [], model: { delta: null } })],
    ['the ratio of the baseline', (m) => set(m, { model: BASELINE.model })],
    ['no ratio', (m) => set(m.model.delta, { mlpAttentionRatio: null })],
    ['a ratio that may be anything', (m) => set(m.model.delta, { mlpAttentionRatio: { value: 2, low: 0, high: 10 } })],
    [
      'energies that may be anything',
      (m) => {
        for (const { metrics } of updatesOf(m)) {
          for (const [k, value] of Object.entries(metrics.topEnergy))
            metrics.topEnergy[k] = { value, low: 0.01, high: 1 };
        }
        summarizeAgain(m);
      },
    ],
    [
      'matrices that do not exist',
      (m) => {
        for (let i = 0; i < 30; i += 1)
          m.tensors.push(tensor(`new ${i}`, 'up_proj', 'delta', spectrum({ decay: 0.1 })));
        summarizeAgain(m);
      },
    ],
    [
      'one wide matrix thirty times',
      (m) => {
        for (let i = 0; i < 30; i += 1)
          m.tensors.push(tensor('0.up_proj', 'up_proj', 'delta', spectrum({ decay: 0.1 })));
        summarizeAgain(m);
      },
    ],
    ['the baseline as its reference', (m) => set(m, { reference: BASELINE.checkpoint })],
    [
      'updates below the rounding noise',
      (m) => {
        for (const { metrics } of updatesOf(m)) set(metrics, { snr: 1 });
        summarizeAgain(m);
      },
    ],
    ['updates of zero', (m) => [setEach(updatesOf(m), { status: 'zero', metrics: null }), summarizeAgain(m)]],
    [
      'updates that were measured without metrics',
      (m) => [setEach(updatesOf(m), { metrics: null }), summarizeAgain(m)],
    ],
    ['no updates', (m) => summarizeAgain(set(m, { tensors: without(m.tensors, updatesOf(m)) }))],
    [
      'no updates and no reference',
      (m) => summarizeAgain(set(m, { reference: null, tensors: without(m.tensors, updatesOf(m)) })),
    ],
    ['a key of every object', (m) => JSON.stringify(m).replaceAll('"median":{', '"median":{"__proto__":1,')],
    ['numbers beyond all numbers', (m) => JSON.stringify(m).replace('"stableRank":', '"stableRank":1e999,"was":')],
    [
      'no architecture',
      ({ architecture }) => Object.keys(architecture).map((key) => set(architecture, { [key]: null })),
    ],
    ['a shard in place of the whole', (m) => set(m, { shard: { index: 1, count: 2, digest: 'sha256:x' } })],
    ['the mark of another encoding', (m) => `\ufeff${JSON.stringify(m)}`],
  ])('%s', (_, edit) => {
    expect(RED).toContain(verdictOn(forge(narrow(), edit), GATED));
  });
});

describe('a measurement that got worse in one slice of a suite does not get through with', () => {
  const LANGUAGES = ['de', 'en', 'fr'] as const;
  const ofFile = (made: MeasuredProbes): MeasuredProbes => ({
    ...made,
    suites: [{ ...SUITE, name: 'own.csv', version: null, items: made.items.length }],
    items: made.items.map((item) => {
      const language = LANGUAGES[Number(item.fact) % LANGUAGES.length] ?? 'de';
      return { ...item, suite: 'own.csv', slices: { language } };
    }),
  });
  const isGerman = (fact: number) => fact % LANGUAGES.length === 0;
  /** German twins are lost, and as many others won. */
  const worse = ofFile(
    answered((fact, form) => {
      if (form === 'benchmark') return knows(fact);
      return isGerman(fact) ? knows(fact) && fact % 15 !== 3 : knows(fact) || fact % 2 === 0;
    }),
  );
  const POLICY = 'probes: [{file: own.csv, slices: [language], required: true, drop: 0.04}]';
  const baseline = measurement({ tensors: matrices(0.501), probes: ofFile(known) });

  it.each<[string, Forgery]>([
    ['nothing', () => {}],
    ['no slices', (m) => m.probes.items.map((item: Forged) => delete item.slices)],
    ['all in one slice', (m) => setEach(m.probes.items, { slices: { language: 'en' } })],
    [
      'each in a slice of its own',
      (m) => m.probes.items.map((item: Forged) => set(item, { slices: { language: item.id } })),
    ],
    ['slices of another field', (m) => setEach(m.probes.items, { slices: { product: 'phone' } })],
    ['the lost twins in another slice', (m) => setEach(lostOf(m), { slices: { language: 'en' } })],
    [
      'the German items gone',
      (m) => set(m.probes, { items: m.probes.items.filter((item: Forged) => item.slices.language !== 'de') }),
    ],
    [
      'another name of the suite',
      (m) => [setEach(m.probes.suites, { name: 'x' }), setEach(m.probes.items, { suite: 'x' })],
    ],
    ['no suites', (m) => set(m.probes, { items: [], suites: [] })],
    ['no probes', (m) => set(m, { probes: null })],
    ['a settled verdict', (m) => set(m.probes, { orderSeed: 1, sequential: { blocks: 1, of: 9, settled: 'pass' } })],
  ])('%s', (_, edit) => {
    expect(verdictOn(JSON.stringify(candidate({ probes: ofFile(known) })), POLICY, baseline)).toBe('pass');
    expect(RED).toContain(verdictOn(forge(candidate({ probes: worse }), edit), POLICY, baseline));
  });

  it.each<[string, Forgery]>([
    [
      'another name of the suite',
      (m) => [setEach(m.probes.suites, { name: 'x' }), setEach(m.probes.items, { suite: 'x' })],
    ],
    ['no suites', (m) => set(m.probes, { items: [], suites: [] })],
    ['no probes', (m) => set(m, { probes: null })],
  ])('a required suite hidden by %s', (_, edit) => {
    const made = forge(candidate({ probes: ofFile(known) }), edit);
    expect(RED).toContain(verdictOn(made, 'probes: [{file: own.csv, required: true}]', baseline));
  });
});
