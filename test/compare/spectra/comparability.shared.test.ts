import { VERSION } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import {
  findingsOn,
  matrices,
  measurement,
  ofKind,
  probes,
  probesOnly,
  reportOn,
  withMatrices,
} from '../measurement.ts';

const level = 'inconclusive';
const WHOLE = '[96, 32]';

it('a matrix that the candidate has and this machine had no memory for is not one that the candidate lacks', () => {
  const without = measurement({ tensors: matrices().filter(({ name }) => name !== '0.q_proj') });
  const levelOf = (candidate: Measurement) => ofKind('other-tensors', findingsOn(candidate, measurement()))[0]?.level;
  expect(levelOf(without)).toBe('fail');
  const reason = 'its product would need 9 GiB';
  const large = { ...without, skipped: [{ name: '0.q_proj', reason, cause: 'not-enough-memory' as const }] };
  expect(levelOf(large)).toBe('inconclusive');
});

describe('the check of comparability', () => {
  it.each<[string, Measurement, Finding]>([
    [
      'another version of the tool',
      measurement({ tool: { name: 'shadow-gate', version: '0.1.0' } }),
      { kind: 'other-version', level, candidate: VERSION, baseline: '0.1.0' },
    ],
    [
      'another model type',
      measurement({ architecture: { ...measurement().architecture, modelType: 'gpt2' } }),
      { kind: 'other-architecture', level, key: 'modelType', candidate: 'llama', baseline: 'gpt2' },
    ],
    [
      'another number of layers',
      measurement({ architecture: { ...measurement().architecture, layers: 40 } }),
      { kind: 'other-architecture', level, key: 'layers', candidate: '4', baseline: '40' },
    ],
    [
      'another tensor shape',
      withMatrices(({ name, of }) => (name === '0.q_proj' && of === 'weight' ? { shape: [1, 2] } : null)),
      {
        kind: 'other-tensors',
        level,
        of: 'weight',
        named: [{ name: '0.q_proj', candidate: WHOLE, baseline: '[1, 2]' }],
        tensors: 1,
      },
    ],
    [
      'another norm weight',
      measurement({ vectors: [{ name: 'norm', shape: [48] }] }),
      {
        kind: 'other-tensors',
        level,
        of: 'weight',
        named: [{ name: 'norm', candidate: 'vector [96]', baseline: 'vector [48]' }],
        tensors: 1,
      },
    ],
    [
      'another LoRA rank',
      withMatrices(({ name, of }) => (name === '1.up_proj' && of === 'delta' ? { loraRank: 8 } : null)),
      {
        kind: 'other-tensors',
        level,
        of: 'delta',
        named: [{ name: '1.up_proj', candidate: WHOLE, baseline: `${WHOLE} of LoRA rank 8` }],
        tensors: 1,
      },
    ],
    [
      'another reference',
      measurement({ reference: { ...measurement().checkpoint, digest: 'sha256:else' } }),
      { kind: 'other-reference', level, candidate: 'sha256:reference', baseline: 'sha256:else' },
    ],
    [
      'updates of other matrices',
      withMatrices(({ name, of }) =>
        name === '0.q_proj' && of === 'delta' ? { status: 'zero', metrics: null, spectrum: [] } : null,
      ),
      { kind: 'other-updates', level, example: '0.q_proj', updatedIn: 'candidate', matrices: 1, all: 4 },
    ],
    ['no spectra', probesOnly(null), { kind: 'baseline-without-spectra', level }],
  ])('a comparison with a baseline that has %s is never a pass, and names the difference', (_, baseline, finding) => {
    const report = reportOn(measurement(), baseline);
    expect(report.verdict).toBe('inconclusive');
    expect(report.findings).toEqual([finding]);
    // A reader would compare numbers that stand side by side.
    const updates = report.shadowDeltas.filter(({ of }) => of === 'delta');
    expect(updates).not.toEqual([]);
    expect(updates.filter((row) => row.baseline !== null || row.change !== null)).toEqual([]);
  });

  it('updates that only one side has are never a pass, and the report names the side without a reference', () => {
    const bare = measurement({ reference: null, tensors: matrices().filter(({ of }) => of === 'weight') });
    const digest = 'sha256:reference';
    for (const [candidate, baseline] of [
      [measurement(), bare],
      [bare, measurement()],
    ] as const) {
      const report = reportOn(candidate, baseline);
      expect(report.verdict).toBe('inconclusive');
      expect(report.findings[0]).toEqual(
        candidate === bare
          ? { kind: 'other-reference', level, candidate: null, baseline: digest }
          : { kind: 'other-reference', level, candidate: digest, baseline: null },
      );
    }
  });

  it('a patch release of the tool and an architecture without a name remain comparable', () => {
    const architecture = { ...measurement().architecture, modelType: null, name: null };
    const tool = { name: 'shadow-gate', version: VERSION.replace(/\d+$/, '99') } as const;
    expect(findingsOn(measurement(), measurement({ tool, architecture }))).toEqual([]);
  });

  it('a report on many different tensors counts all of them and names three', () => {
    const baseline = measurement({ vectors: Array.from({ length: 5 }, (_, i) => ({ name: `v${i}`, shape: [1] })) });
    const [found] = ofKind('other-tensors', findingsOn(measurement(), baseline));
    expect(found?.named.map(({ name }) => name)).toEqual(['norm', 'v0', 'v1']);
    expect(found?.tensors).toBe(6);
  });

  it('shapes are not reported again where the architecture explains them, nor updates where the shapes do', () => {
    const architecture = { ...measurement().architecture, layers: 1 };
    const cause = findingsOn(measurement(), measurement({ architecture, reference: null }));
    expect(cause.map(({ kind }) => kind)).toEqual(['other-architecture']);
  });

  it('a baseline that is the reference has no update: the probes decide, and without them nothing can', () => {
    const { reference } = measurement();
    const base = { checkpoint: reference ?? expect.fail(), reference: null };
    const spectraOnly = findingsOn(measurement(), measurement({ ...base, tensors: matrices() }));
    expect(spectraOnly).toEqual([{ kind: 'baseline-is-reference', level }]);
    const candidate = measurement({ probes: probes() });
    const withProbes = reportOn(candidate, measurement({ ...base, probes: probes() }));
    expect(withProbes).toMatchObject({ verdict: 'pass', findings: [{ kind: 'baseline-is-reference', level: 'info' }] });
  });

  it('a run of the probes alone does not miss the spectra of the baseline, if that was requested', () => {
    const [candidate, baseline] = [probesOnly(probes()), measurement({ probes: probes() })];
    expect(reportOn(candidate, baseline, { only: 'probes' }).verdict).toBe('pass');
    expect(reportOn(candidate, baseline).verdict).toBe('inconclusive');
  });
});
