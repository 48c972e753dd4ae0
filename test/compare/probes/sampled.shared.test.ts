import type { MeasuredProbes } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { probes, probesOnly, reportOn } from '../measurement.ts';

const OF = 8;

/**
 * Twins of 200 facts with so many right samples of eight each; every other model says the same of the benchmark forms.
 */
function sampled(rightOf: (fact: number) => number, facts = 200): MeasuredProbes {
  const suite = { name: 'own.jsonl', version: null, digest: 'sha256:items', seed: 1, items: 2 * facts };
  const items = Array.from({ length: facts }, (_, i) =>
    (['benchmark', 'twin'] as const).map((form): MeasuredProbes['items'][number] => {
      const correct = form === 'twin' ? rightOf(i) : 6;
      return {
        ...{
          suite: suite.name,
          id: `${i}.${form}`,
          fact: `${i}`,
          capability: 'recall',
          family: 'sums',
          cluster: form,
          form,
        },
        ...{ prompt: `${i}`, right: '7', given: 2 * correct > OF ? '7' : '8', correct: 2 * correct > OF, chance: 0 },
        ...{ margin: -1, probability: null, logprobs: null, likelihood: { logprob: -1, bytes: 2 } },
        ...(form === 'twin' ? { kind: 'open' as const } : {}),
        samples: { correct, of: OF },
      };
    }),
  ).flat();
  return probes({ suites: [{ ...suite, sampling: { samples: OF, temperature: 0.7 } }], items });
}

const judged = (candidate: MeasuredProbes, baseline: MeasuredProbes) => {
  const { verdict, findings } = reportOn(probesOnly(candidate), probesOnly(baseline));
  return [verdict, ...new Set(findings.filter(({ level }) => level !== 'info').map(({ kind }) => kind))];
};

describe('sampled answers of probes', () => {
  const base = sampled((i) => 4 + (i % 5));

  it('fail by fewer right samples, also where most of them stay right', () => {
    // Half of the facts go from 8 of 8 to 5 of 8: no majority changes.
    const before = sampled(() => OF);
    expect(
      judged(
        sampled((i) => (i % 2 ? OF : 5)),
        before,
      ),
    ).toEqual(['fail', 'twin-accuracy']);
  });

  it('pass where as many are right, in other samples', () => {
    expect(
      judged(
        sampled((i) => 4 + (i % 5) + (i % 3 === 0 ? (i % 2 ? 1 : -1) : 0)),
        base,
      )[0],
    ).toBe('pass');
  });

  it('leave a loss open with few facts', () => {
    const few = (rightOf: (fact: number) => number) => sampled(rightOf, 45);
    const moved = few((i) => 4 + (i % 5) + (i % 3 ? 0 : i % 2 ? 2 : -2));
    expect(
      judged(
        moved,
        few((i) => 4 + (i % 5)),
      ),
    ).toEqual(['inconclusive', 'twin-accuracy-unclear']);
  });
});
