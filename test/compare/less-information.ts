import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { boundedValue } from '@shadow-gate/spectra/bounded';
import { EXACT_ONLY } from '@shadow-gate/spectra/metrics-schema';
import { summarize } from '../../src/measure/aggregate.ts';
import type { Measurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import type { Seeded } from '../statistics/seeded.ts';
import { pick } from './random-pairs.ts';

/** A measurement with less information than the given one; null where there is nothing of that kind to remove. */
type Loss = (whole: Measurement, random: Seeded, other: Measurement | null) => Measurement | null;

type Items = readonly ProbeItemMeasurement[];

/** Keep the items for which `keep` holds; the others could not be asked, or are just not there. */
function keepItems(whole: Measurement, keep: (item: ProbeItemMeasurement) => boolean, how: 'left out' | 'gone') {
  const { probes } = whole;
  if (probes?.status !== 'measured' || probes.items.length === 0) return null;
  const gone: Items = probes.items.filter((item) => !keep(item));
  if (gone.length === 0) return null;
  const leftOut = gone.map(({ suite, id, fact, capability, family, cluster, form }) => {
    return { suite, id, reason: 'does not fit', fact, capability, family, cluster, form };
  });
  const less: MeasuredProbes = {
    ...probes,
    items: probes.items.filter(keep),
    leftOut: how === 'gone' ? probes.leftOut : [...probes.leftOut, ...leftOut],
  };
  return { ...whole, probes: less };
}

function someItems(how: 'left out' | 'gone'): Loss {
  return (whole, random) => {
    const share = random.uniform();
    return keepItems(whole, () => random.uniform() < share, how);
  };
}

/** What a forger would remove: the items that show the harm. */
function lostItems(how: 'left out' | 'gone'): Loss {
  return (whole, _, other) => {
    if (other?.probes?.status !== 'measured') return keepItems(whole, ({ correct }) => correct, how);
    const right = new Map(other.probes.items.map(({ id, correct }) => [id, correct]));
    return keepItems(whole, ({ id, correct }) => correct || right.get(id) !== true, how);
  };
}

function oneOf(key: 'family' | 'capability' | 'form' | 'fact', how: 'left out' | 'gone'): Loss {
  return (whole, random) => {
    if (whole.probes?.status !== 'measured' || whole.probes.items.length === 0) return null;
    const value = pick(random, whole.probes.items)[key];
    return keepItems(whole, (item) => item[key] !== value, how);
  };
}

/** Keep the matrices for which `keep` holds; the others were skipped, or are not in the files. */
function keepTensors(whole: Measurement, keep: (tensor: TensorMeasurement) => boolean, how: 'skipped' | 'gone') {
  const gone = whole.tensors.filter((tensor) => !keep(tensor));
  if (gone.length === 0) return null;
  const tensors = whole.tensors.filter(keep);
  const names = [...new Set(gone.map(({ name }) => name))];
  const skipped =
    how === 'gone' ? [] : names.map((name) => ({ name, reason: 'too large', cause: 'not-enough-memory' as const }));
  const left = new Set(tensors.map(({ name }) => name));
  return {
    ...whole,
    tensors,
    ...summarize(tensors),
    skipped: [...whole.skipped, ...skipped],
    // A scan that never saw a tensor cannot have found NaN in it.
    nonFinite: how === 'gone' ? whole.nonFinite.filter(({ name }) => left.has(name)) : whole.nonFinite,
  };
}

function someTensors(how: 'skipped' | 'gone'): Loss {
  return (whole, random) => {
    const share = random.uniform();
    const kept = new Set(whole.tensors.map(({ name }) => name).filter(() => random.uniform() < share));
    return keepTensors(whole, ({ name }) => kept.has(name), how);
  };
}

/** What a forger would remove: the matrix that moved most. */
function worstTensor(how: 'skipped' | 'gone'): Loss {
  return (whole) => {
    const top = ({ metrics }: TensorMeasurement) => (metrics === null ? 2 : boundedValue(metrics.topEnergy['1']));
    const [worst] = [...whole.tensors].sort((a, b) => top(b) - top(a));
    return worst ? keepTensors(whole, ({ name }) => name !== worst.name, how) : null;
  };
}

function changeTensors(whole: Measurement, change: (tensor: TensorMeasurement) => TensorMeasurement) {
  if (whole.tensors.length === 0) return null;
  const tensors = whole.tensors.map(change);
  return { ...whole, tensors, ...summarize(tensors) };
}

/** Everything that can be missing of a candidate, by what is missing. */
export const LOSSES: Readonly<Record<string, Loss>> = {
  'items left out': someItems('left out'),
  'items gone': someItems('gone'),
  'lost items left out': lostItems('left out'),
  'lost items gone': lostItems('gone'),
  'all items left out': (whole) => keepItems(whole, () => false, 'left out'),
  'all items gone': (whole) => keepItems(whole, () => false, 'gone'),
  'a family left out': oneOf('family', 'left out'),
  'a family gone': oneOf('family', 'gone'),
  'a capability left out': oneOf('capability', 'left out'),
  'a capability gone': oneOf('capability', 'gone'),
  'a form left out': oneOf('form', 'left out'),
  'a form gone': oneOf('form', 'gone'),
  'a fact left out': oneOf('fact', 'left out'),
  'a fact gone': oneOf('fact', 'gone'),
  'no passages': (whole, _, other) => {
    const { probes } = whole;
    // Without a baseline, what a candidate says of itself is all that there is.
    if (other === null || probes?.status !== 'measured' || probes.items.every(({ passage }) => passage === undefined))
      return null;
    return { ...whole, probes: { ...probes, items: probes.items.map(({ passage: _passage, ...item }) => item) } };
  },
  'probes did not run': (whole) =>
    whole.probes?.status === 'measured'
      ? { ...whole, probes: { status: 'notRun', reason: 'has no tokenizer.json' } }
      : null,
  'no probes': (whole) => (whole.probes === null ? null : { ...whole, probes: null }),
  'no suite': (whole) =>
    whole.probes?.status === 'measured' ? { ...whole, probes: { ...whole.probes, suites: [], items: [] } } : null,
  'no probabilities': (whole) =>
    whole.probes?.status === 'measured'
      ? {
          ...whole,
          probes: { ...whole.probes, items: whole.probes.items.map((item) => ({ ...item, probability: null })) },
        }
      : null,
  'no likelihoods': (whole) =>
    whole.probes?.status === 'measured' && whole.probes.items.some(({ likelihood }) => likelihood !== undefined)
      ? {
          ...whole,
          probes: { ...whole.probes, items: whole.probes.items.map(({ likelihood: _, ...item }) => item) },
        }
      : null,
  'no slices': (whole) =>
    whole.probes?.status === 'measured' && whole.probes.items.some(({ slices }) => slices !== undefined)
      ? { ...whole, probes: { ...whole.probes, items: whole.probes.items.map(({ slices: _, ...item }) => item) } }
      : null,
  'matrices skipped': someTensors('skipped'),
  'matrices gone': someTensors('gone'),
  'the worst matrix skipped': worstTensor('skipped'),
  'the worst matrix gone': worstTensor('gone'),
  'all matrices skipped': (whole) => keepTensors(whole, () => false, 'skipped'),
  'all matrices gone': (whole) => keepTensors(whole, () => false, 'gone'),
  'no updates': (whole) => keepTensors(whole, ({ of }) => of !== 'delta', 'gone'),
  'no reference': (whole) => {
    const without = keepTensors(whole, ({ of }) => of !== 'delta', 'gone');
    return without && { ...without, reference: null };
  },
  'no weights': (whole) => keepTensors(whole, ({ of }) => of !== 'weight', 'gone'),
  'no spectra': (whole) =>
    whole.method === null
      ? null
      : {
          ...whole,
          method: null,
          tensors: [],
          vectors: [],
          nonFinite: [],
          reference: null,
          ...summarize([]),
        },
  'spectra without metrics': (whole, random) =>
    changeTensors(whole, (tensor) =>
      random.uniform() < 0.5 ? tensor : { ...tensor, status: 'notFinite', metrics: null, spectrum: [] },
    ),
  'fast spectra': (whole) =>
    changeTensors(whole, (tensor) => {
      const { metrics } = tensor;
      if (metrics === null) return tensor;
      const exactOnly = { ...EXACT_ONLY, rankAboveRounding: null };
      return { ...tensor, method: 'fast', metrics: { ...metrics, ...exactOnly } };
    }),
  'bounds as wide as possible': (whole) =>
    changeTensors(whole, (tensor) => {
      const { metrics } = tensor;
      if (metrics === null) return tensor;
      const share = (value: Parameters<typeof boundedValue>[0]) => ({ value: boundedValue(value), low: 0, high: 1 });
      const size = (value: Parameters<typeof boundedValue>[0]) => ({ value: boundedValue(value), low: 0, high: 1e6 });
      const { topEnergy } = metrics;
      return {
        ...tensor,
        method: 'fast',
        metrics: {
          ...metrics,
          ...EXACT_ONLY,
          rankAboveRounding: null,
          stableRank: size(metrics.stableRank),
          participationRatio: size(metrics.participationRatio),
          participationRatioToNull: size(metrics.participationRatioToNull),
          effectiveRank: size(metrics.effectiveRank),
          topEnergy: {
            '1': share(topEnergy['1']),
            '8': share(topEnergy['8']),
            '1%': share(topEnergy['1%']),
            '5%': share(topEnergy['5%']),
          },
        },
      };
    }),
  'no ranks but one': (whole) =>
    changeTensors(whole, (tensor) => {
      if (tensor.metrics === null) return tensor;
      const { 'rankAt1e-2': _, rankAboveRounding: __, ...metrics } = tensor.metrics;
      return { ...tensor, metrics };
    }),
  'no summaries': (whole) => ({ ...whole, groups: [], model: { delta: null } }),
  'one group less': (whole, random) => {
    if (whole.groups.length === 0) return null;
    const gone = pick(random, whole.groups);
    return { ...whole, groups: whole.groups.filter((group) => group !== gone) };
  },
  'no ratio': (whole) =>
    whole.model.delta === null
      ? null
      : { ...whole, model: { delta: { ...whole.model.delta, mlpAttentionRatio: null, mlpTopEnergy: null } } },
  'no architecture': (whole) => ({
    ...whole,
    architecture: { modelType: null, name: null, layers: null, hiddenSize: null, heads: null, keyValueHeads: null },
  }),
  'no behavior': (whole) => (whole.behavior === null ? null : { ...whole, behavior: null }),
  'no size of the logits': (whole) =>
    whole.behavior === null ? null : { ...whole, behavior: { ...whole.behavior, logitScale: null } },
  'no tokenizer': (whole) =>
    whole.behavior === null
      ? null
      : { ...whole, behavior: { ...whole.behavior, files: { ...whole.behavior.files, tokenizer: null } } },
  'no vectors': (whole) => (whole.vectors.length === 0 ? null : { ...whole, vectors: [] }),
  'nothing at all': (whole) => ({
    ...whole,
    method: null,
    tensors: [],
    vectors: [],
    nonFinite: [],
    reference: null,
    probes: null,
    ...summarize([]),
  }),
};
