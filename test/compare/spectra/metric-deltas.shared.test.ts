import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/compare/finding.ts';
import { checkComparability } from '../../../src/compare/spectra/comparability.ts';
import { metricDeltas } from '../../../src/compare/spectra/metric-deltas.ts';
import { CALIBRATED_FINDING } from '../../report/calibration.ts';
import { tensor } from '../../report/fixtures.ts';
import { matrices, measurement, reportOn, withDelta } from '../measurement.ts';

const rowsOf = (...comparison: Parameters<typeof reportOn>) =>
  reportOn(...comparison).shadowDeltas.map(({ metric, of, module, level }) => [metric, of, module, level].join(' '));

describe('the table of metrics', () => {
  it('the table has the metrics of the update, then one row for each module type', () => {
    expect(rowsOf(measurement(), measurement())).toEqual([
      'mlpAttentionRatio delta  info',
      'mlpTopEnergy delta  info',
      'attentionTopEnergy delta  info',
      'updateSize delta  info',
      'topEnergy.5% delta q_proj info',
      'topEnergy.5% delta up_proj info',
    ]);
  });

  it('the table has the weights where there is no update, and row Gini for embeddings only', () => {
    const tensors = [...matrices().filter(({ of }) => of === 'weight'), tensor('embed', 'embed', 'weight')].map(
      (one) => (one.metrics && one.module === 'embed' ? { ...one, metrics: { ...one.metrics, rowGini: 0.3 } } : one),
    );
    const bare = measurement({ reference: null, tensors });
    expect(rowsOf(bare, bare)).toEqual([
      'topEnergy.1 weight q_proj info',
      'topEnergy.1 weight up_proj info',
      'topEnergy.1 weight embed info',
      'rowGini weight embed info',
    ]);
  });

  it('a row has the level of its finding, and the change relative to the baseline', () => {
    const [row] = reportOn(withDelta({ mlpAttentionRatio: 0.9 }), withDelta({ mlpAttentionRatio: 0.6 })).shadowDeltas;
    expect(row).toMatchObject({
      metric: 'mlpAttentionRatio',
      level: 'warn',
      baseline: 0.6,
      candidate: 0.9,
      change: expect.closeTo(0.3, 12),
      relativeChange: expect.closeTo(0.5, 12),
    });
  });

  it('every module type beyond its calibrated limit has the level of the one finding, and so has an unseen size', () => {
    const pair = [measurement(), measurement()] as const;
    const findings: Finding[] = [
      { ...CALIBRATED_FINDING, places: ['up_proj', 'q_proj'] },
      {
        ...{ kind: 'not-calibrated-here', level: 'inconclusive', scope: { kind: 'modules', name: 'q_proj' } },
        ...{ candidate: 1, low: 0.1, high: 0.2, runs: 4, places: ['q_proj', 'model'], sizes: 3 },
      },
    ];
    const rows = metricDeltas(...pair, checkComparability(...pair), findings);
    expect(rows.map(({ metric, module, level }) => [metric, module, level].join(' '))).toEqual([
      'mlpAttentionRatio  info',
      'mlpTopEnergy  info',
      'attentionTopEnergy  info',
      'updateSize  inconclusive',
      'topEnergy.5% q_proj warn',
      'topEnergy.5% up_proj warn',
    ]);
  });

  it('bounds that overlap are no change, although their values differ', () => {
    const candidate = withDelta({ mlpAttentionRatio: { value: 0.9, low: 0.7, high: 1.1 } });
    const baseline = withDelta({ mlpAttentionRatio: { value: 0.6, low: 0.4, high: 0.8 } });
    expect(reportOn(candidate, baseline).shadowDeltas[0]).toMatchObject({
      level: 'inconclusive',
      change: 0,
      relativeChange: 0,
    });
  });

  it('a report without a baseline has the numbers of the candidate alone', () => {
    const rows = reportOn(measurement(), null).shadowDeltas;
    expect(rows).not.toEqual([]);
    expect(rows.filter(({ baseline, change }) => baseline !== null || change !== null)).toEqual([]);
  });
});
