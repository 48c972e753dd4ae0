import { describe, expect, it } from 'vitest';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { spectrum, tensor } from '../../report/fixtures.ts';
import { measurement, reportOn } from '../measurement.ts';

/** One matrix of q_proj in each layer, with this norm. */
const withNorms = (...scales: number[]) =>
  measurement({
    tensors: scales.map((scale, layer) => {
      const made = tensor(`${layer}.q_proj`, 'q_proj', 'weight', spectrum(), { layer });
      return { ...made, metrics: made.metrics && { ...made.metrics, frobeniusNorm: scale } };
    }),
  });

const RULE = 'rules: [{metric: frobeniusNorm, of: weight, statistic: each, direction: up, relative: 0.5, level: fail}]';

describe('the policy as a report has it', () => {
  it('names the matrix that came nearest to the limit, how far it moved, and how far it may', () => {
    // +10%, −40% and +20%, of at most +50%.
    const { applied } = reportOn(withNorms(11, 6, 24), withNorms(10, 10, 20), { policy: RULE });
    expect(applied?.rules[0]).toEqual({
      ...{ metric: 'frobeniusNorm', of: 'weight', statistic: 'each', modules: null, direction: 'up' },
      ...{ absolute: 0, relative: 0.5, level: 'fail', source: 'policy', judged: 3 },
      nearest: {
        scope: { kind: 'tensor', name: '2.q_proj' },
        ...{ baseline: 20, candidate: 24, movement: 4, limit: 10 },
      },
    });
  });

  it('has the rules of the file and the defaults, also those that had nothing to judge', () => {
    const { applied } = reportOn(withNorms(1), null, { policy: RULE });
    expect(applied?.rules.map(({ metric, source, judged, nearest }) => [metric, source, judged, nearest])).toEqual([
      ['frobeniusNorm', 'policy', 0, null],
      ['mlpAttentionRatio', 'default', 0, null],
      ['topEnergyLogOdds', 'low-rank', 0, null],
      ['effectiveRankExcess', 'low-rank', 0, null],
      ['frobeniusNorm', 'low-rank', 0, null],
      ['frobeniusNorm', 'low-rank', 0, null],
    ]);
    expect(applied?.settings).toMatchObject({ confidence: 0.95, spike: { level: 'warn', 'robust-z': 3.5 } });
  });

  it('can be read back', () => {
    const report = reportOn(withNorms(1), withNorms(1), { policy: RULE });
    expect(parseReport(JSON.stringify(serializeReport(report)), 'report.json').applied).toEqual(report.applied);
  });
});
