import { describe, expect, it } from 'vitest';
import type { Measurement, TensorMeasurement } from '../../../src/measure/schema/measurement.ts';
import { spectrum, tensor } from '../../report/fixtures.ts';
import { type ComparisonOptions, measurement, reportOn } from '../measurement.ts';

const HEAD = 'lm_head.weight';
const LORA = { loraRank: 8 } as const;

/** W and ΔW of a block and of the head; those of the names in `moved` differ from the others' by their spectrum. */
function model(moved: readonly string[], over: Partial<Measurement> = {}, rest: Partial<TensorMeasurement> = {}) {
  const made = (['0.q_proj', '0.up_proj', HEAD] as const).flatMap((name) => {
    const module = name === HEAD ? 'lm_head' : name === '0.q_proj' ? 'q_proj' : 'up_proj';
    const layer = name === HEAD ? null : 0;
    const values = spectrum({ decay: moved.includes(name) ? 0.55 : 0.5 });
    return (['weight', 'delta'] as const).map((of) => tensor(name, module, of, values, { layer, ...rest }));
  });
  return measurement({ tensors: made, ...over });
}

/** The same with no update where the name is not in `moved`. */
function updated(moved: readonly string[], over: Partial<Measurement> = {}) {
  const { tensors } = model(moved);
  return measurement({
    tensors: tensors.map((one) =>
      one.of === 'delta' && !moved.includes(one.name) ? { ...one, status: 'zero', metrics: null, spectrum: [] } : one,
    ),
    ...over,
  });
}

/** Updates of an adapter alone, and what it saved as a whole. */
function adapter(moved: readonly string[], saved: readonly string[] = []): Measurement {
  const made = updated(moved).tensors.filter(({ name, of }) => of === (name === HEAD ? 'weight' : 'delta'));
  return measurement({
    checkpoint: { ...measurement().checkpoint, format: 'lora', digest: `sha256:${moved.join()} ${saved.join()}` },
    reference: null,
    tensors: made
      .filter(({ name }) => name !== HEAD || saved.length > 0)
      .map((one) => (one.of === 'delta' ? { ...one, ...LORA } : one)),
  });
}

const other = { checkpoint: { ...measurement().checkpoint, digest: 'sha256:other' } };
const found = (candidate: Measurement, baseline: Measurement | null, options?: ComparisonOptions) =>
  reportOn(candidate, baseline, options).findings.filter(({ kind }) => /trained/.test(kind));

describe('nothing was trained', () => {
  const nothing = { kind: 'nothing-trained', level: 'warn', matrices: 3, isAdapter: false, isIdentical: false };

  it('if no matrix differs from the reference', () => {
    expect(found(updated([]), null)).toEqual([{ ...nothing, against: 'reference' }]);
    const same = updated([], { reference: measurement().checkpoint });
    expect(found(same, null)).toEqual([{ ...nothing, against: 'reference', isIdentical: true }]);
    expect(found(updated(['0.q_proj', '0.up_proj', HEAD]), null)).toEqual([]);
  });

  it('if no matrix differs from the baseline, although the files do; the approved checkpoint itself is a note', () => {
    expect(found(model([], other), model([]))).toEqual([{ ...nothing, against: 'baseline' }]);
    expect(found(model([]), model([]))).toEqual([
      { ...nothing, level: 'info', against: 'baseline', isIdentical: true },
    ]);
    expect(found(model(['0.q_proj'], other), model([]))).toEqual([]);
  });

  it('if every update of an adapter is zero, with a reference or without', () => {
    const ofAdapter = { ...nothing, against: 'reference', matrices: 2, isAdapter: true };
    expect(found(adapter([]), null)).toEqual([ofAdapter]);
    expect(found(adapter(['0.q_proj']), null)).toEqual([]);
  });

  it('at the level of the policy', () => {
    const policy = 'nothing-trained: {level: fail}';
    expect(found(updated([]), null, { policy })).toMatchObject([{ level: 'fail' }]);
  });
});

describe('only the head was trained', () => {
  const onlyHead = { kind: 'only-head-trained', level: 'warn', named: [HEAD], matrices: 1, unchanged: 2 };

  it('if nothing else differs from the reference; a note if the baseline is such a model too', () => {
    expect(found(updated([HEAD]), null)).toEqual([{ ...onlyHead, against: 'reference' }]);
    expect(found(updated([HEAD]), updated([HEAD]))).toEqual([{ ...onlyHead, level: 'info', against: 'reference' }]);
    expect(found(updated([HEAD, '0.q_proj']), null)).toEqual([]);
  });

  it('if nothing else differs from the baseline', () => {
    expect(found(model([HEAD], other), model([]))).toEqual([{ ...onlyHead, against: 'baseline' }]);
    expect(found(model([HEAD, '0.up_proj'], other), model([]))).toEqual([]);
  });

  it('if the factors of an adapter are those of the baseline, and what it saved as a whole is not', () => {
    const before = adapter(['0.q_proj', '0.up_proj'], [HEAD]);
    const after = adapter(['0.q_proj', '0.up_proj', HEAD], [HEAD]);
    expect(found(after, before)).toEqual([{ ...onlyHead, against: 'baseline' }]);
    // Zero updates, and a head that may be trained: there is no reference that could tell.
    expect(found(adapter([], [HEAD]), null)).toEqual([{ ...onlyHead, against: 'reference' }]);
  });

  it('but a matrix outside the layers that is an embedding, or a block, is no head', () => {
    const blocks = model([], {}, { layer: 3, module: 'other' });
    const moved = model(['0.q_proj'], other, { layer: 3, module: 'other' });
    expect(found(moved, blocks)).toEqual([]);
    const embeddings = (names: readonly string[], over = {}) => model(names, over, { layer: null, module: 'embed' });
    expect(found(embeddings([HEAD], other), embeddings([]))).toEqual([]);
  });
});
