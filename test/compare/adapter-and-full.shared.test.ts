import { describe, expect, it } from 'vitest';
import type { Measurement, TensorMeasurement } from '../../src/measure/schema/measurement.ts';
import { findingText } from '../../src/report/summary/finding.ts';
import { spectrum, tensor } from '../report/fixtures.ts';
import { findingsOn, matrices, measurement, ofKind, probes, reportOn } from './measurement.ts';

const BASE = measurement().reference ?? expect.fail();

/** An adapter of rank 8 of every matrix; `saved` are trained whole. */
function adapter(over: Partial<Measurement> = {}, saved: readonly TensorMeasurement[] = []): Measurement {
  const updates = matrices().filter(({ of }) => of === 'delta');
  const factors = updates.flatMap(({ name, shape: [output = 0, input = 0] }) => [
    { name: `base_model.model.${name}.lora_A.weight`, shape: [8, input] },
    { name: `base_model.model.${name}.lora_B.weight`, shape: [output, 8] },
  ]);
  return measurement({
    checkpoint: { ...measurement().checkpoint, digest: 'sha256:adapter', format: 'lora' },
    tensors: [...saved, ...updates.map((update) => ({ ...update, loraRank: 8 }))],
    vectors: factors,
    ...over,
  });
}

/** All weights, of the base model itself if nothing else is said. */
function full(over: Partial<Measurement> = {}): Measurement {
  const weights = matrices().filter(({ of }) => of === 'weight');
  return measurement({ checkpoint: BASE, reference: null, tensors: weights, ...over });
}

const texts = (candidate: Measurement, baseline: Measurement) => findingsOn(candidate, baseline).map(findingText);
const head = (shape: number[]) => tensor('lm_head.weight', 'lm_head', 'weight', spectrum(), { layer: null, shape });

describe('an adapter with its base model as the baseline', () => {
  it('is judged by its behavior, and one sentence says that there is no earlier update', () => {
    const report = reportOn(adapter({ probes: probes() }), full({ probes: probes() }));
    expect(report.verdict).toBe('pass');
    expect(report.findings.map(findingText)).toEqual([
      'The baseline is the reference itself: there is no earlier update to compare the spectra with, so the probes decide.',
    ]);
  });

  it('is inconclusive without probes, and says what to give', () => {
    const report = reportOn(adapter(), full());
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings.map(findingText)).toEqual([
      'The baseline is the reference itself: there is no earlier update to compare the spectra with. Run the probes as well, or give an approved checkpoint that was trained from it as the baseline.',
    ]);
  });

  it('also where the adapter is fresh, and where the base was measured with itself as the reference', () => {
    const zero: Pick<TensorMeasurement, 'status' | 'metrics' | 'spectrum'> = {
      status: 'zero',
      metrics: null,
      spectrum: [],
    };
    const fresh = adapter({ tensors: adapter().tensors.map((update) => ({ ...update, ...zero })) });
    expect(findingsOn(fresh, full()).map(({ kind }) => kind)).toEqual(['baseline-is-reference', 'nothing-trained']);
    const tensors = matrices().map((matrix) => (matrix.of === 'delta' ? { ...matrix, ...zero } : matrix));
    const withItself = full({ reference: BASE, tensors });
    expect(findingsOn(adapter(), withItself).map(({ kind }) => kind)).toEqual(['baseline-is-reference']);
  });

  it('its modules that were trained whole are compared with those of the base, like other weights', () => {
    const base = full({ tensors: [...full().tensors, head([96, 32])] });
    expect(findingsOn(adapter({}, [head([96, 32])]), base).map(({ kind }) => kind)).toEqual(['baseline-is-reference']);
    // A new head, which the base model does not have.
    expect(findingsOn(adapter({}, [head([96, 32])]), full()).map(({ kind }) => kind)).toEqual([
      'baseline-is-reference',
    ]);
    const other = ofKind('other-tensors', findingsOn(adapter({}, [head([128, 32])]), base));
    expect(other).toMatchObject([{ level: 'inconclusive', tensors: 1, named: [{ name: 'lm_head.weight' }] }]);
    const zero: TensorMeasurement = { ...head([96, 32]), status: 'zero', metrics: null, spectrum: [] };
    expect(ofKind('rank-loss', findingsOn(adapter({}, [zero]), base))).toMatchObject([{ tensor: 'lm_head.weight' }]);
  });
});

describe('an adapter compared with all weights of another model', () => {
  const reference = BASE;
  const merged = { ...measurement().checkpoint, digest: 'sha256:merged' };
  it.each<[string, Measurement, Measurement, string]>([
    [
      'an adapter without its base model',
      adapter({ reference: null }),
      full(),
      'give the base model of the adapter with --reference.',
    ],
    [
      'an adapter of another base model',
      adapter(),
      full({ checkpoint: merged }),
      'other than its reference: give the same model as baseline and as --reference',
    ],
    [
      'an adapter and a full fine-tune',
      adapter(),
      full({ checkpoint: merged, reference }),
      'Give an approved adapter as the baseline, or merge the candidate.',
    ],
    [
      'a merged model and an adapter',
      full({ checkpoint: merged, reference }),
      adapter(),
      "an adapter of the same reference: give the candidate's adapter, or measure the merged model of the baseline.",
    ],
    [
      'a merged model without a reference',
      full({ checkpoint: merged }),
      adapter(),
      'an adapter of another base model: give',
    ],
    [
      'a merged model and an adapter without its base',
      full({ checkpoint: merged }),
      adapter({ reference: null }),
      "and the baseline an adapter: give the candidate's adapter",
    ],
    [
      'the base model and its adapter',
      full(),
      adapter(),
      "The candidate is the base model of the baseline's adapter, without any adapter",
    ],
  ])('%s is never a pass, and one sentence says what to give', (_, candidate, baseline, says) => {
    const report = reportOn({ ...candidate, probes: probes() }, { ...baseline, probes: probes() });
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings.map(({ kind }) => kind)).toEqual(['adapter-and-full']);
    expect(report.findings.map(findingText).join()).toContain(says);
    expect(report.shadowDeltas.filter(({ baseline, change }) => baseline !== null || change !== null)).toEqual([]);
  });
});

describe('an adapter compared with another adapter', () => {
  it('of other modules or another rank is named by its updates, not by its factors', () => {
    const [first] = adapter().tensors;
    const fewer = adapter({ tensors: adapter().tensors.slice(1), vectors: adapter().vectors.slice(2) });
    expect(findingsOn(fewer, adapter())).toMatchObject([
      { kind: 'other-tensors', level: 'inconclusive', of: 'delta', tensors: 1, named: [{ name: first?.name }] },
    ]);
    expect(texts(fewer, adapter()).join()).not.toContain('lora_');
    const wider = adapter({
      tensors: adapter().tensors.map((update) => ({ ...update, loraRank: 16 })),
      vectors: adapter().vectors.map(({ name, shape }) => ({ name, shape: shape.map((n) => (n === 8 ? 16 : n)) })),
    });
    expect(ofKind('other-tensors', findingsOn(wider, adapter()))).toMatchObject([{ of: 'delta', tensors: 4 }]);
  });

  it('that lost a module which was trained whole fails', () => {
    const findings = findingsOn(adapter(), adapter({}, [head([96, 32])]));
    expect(ofKind('other-tensors', findings)).toMatchObject([
      { level: 'fail', of: 'weight', named: [{ name: 'lm_head.weight' }] },
    ]);
  });
});
