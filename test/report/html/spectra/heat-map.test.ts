import type { MaybeBounded } from '@shadow-gate/spectra/bounded';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../../src/compare/report.ts';
import { heatGrid } from '../../../../src/report/html/spectra/heat-grid.ts';
import { heatMaps } from '../../../../src/report/html/spectra/heat-map.ts';
import { divergingScale, sequentialScale } from '../../../../src/report/html/spectra/heat-scale.ts';
import { byChange, viewSpectra } from '../../../../src/report/html/spectra/matrices.ts';
import { tensor } from '../../fixtures.ts';
import { asBaseline, spectraReport } from './fixture.ts';

type Tensor = Report['tensors'][number];

/** An update with this top-5% energy. */
function update(name: string, layer: number, energy: MaybeBounded, over: Partial<Tensor> = {}): Tensor {
  const one = tensor(name, 'up_proj', 'delta', undefined, { layer, ...over });
  if (one.metrics === null) throw new Error('no metrics');
  return { ...one, metrics: { ...one.metrics, topEnergy: { ...one.metrics.topEnergy, '1': 0.1, '5%': energy } } };
}

const reportOf = (tensors: Tensor[], baseline: Tensor[]) =>
  spectraReport({}, { tensors, spectra: { baseline: baseline.map(asBaseline) } });

describe('the heat maps', () => {
  it('have the median over the experts of a layer, and its change', () => {
    const tensors = [0.2, 0.3, 0.7].map((energy, expert) => update(`0.${expert}`, 0, energy, { expert }));
    const baseline = [0.1, 0.25, 0.2].map((energy, expert) => update(`0.${expert}`, 0, energy, { expert }));
    const { cells, groups, layers } = heatGrid(viewSpectra(reportOf([...tensors, update('5', 5, 0.4)], baseline)));
    expect([groups, layers]).toEqual([['up_proj'], [0, 5]]);
    expect(cells[0]).toMatchObject({ layer: 0, matrices: 3, candidate: 0.3, baseline: 0.2 });
    expect(cells[0]?.change).toBeCloseTo(0.1, 12);
    expect(cells[1]).toMatchObject({ layer: 5, candidate: 0.4, baseline: null, change: null });
  });

  it('say the same in titles and in a table', () => {
    const { text } =
      heatMaps(viewSpectra(reportOf([update('0', 0, 0.42)], [update('0', 0, 0.3)]))) ?? expect.fail('no maps');
    expect(text).toContain('up_proj, layer 0: 0.420, baseline 0.300, change +0.120');
    expect(text).toMatch(/<td class="number">0\.420 <small>\+0\.120<\/small><\/td>/);
  });

  it('show no change where bounds overlap, and ranges where values are bounded', () => {
    const wide = { value: 0.4, low: 0.35, high: 0.45 };
    const { text } =
      heatMaps(viewSpectra(reportOf([update('0', 0, wide)], [update('0', 0, 0.44)]))) ?? expect.fail('no maps');
    expect(text).toContain('up_proj, layer 0: 0.350–0.450, baseline 0.440, change 0');
  });

  it('leave out updates below the rounding noise, and say so', () => {
    const noise = update('0', 0, 0.9);
    const below = { ...noise, metrics: noise.metrics && { ...noise.metrics, snr: 2 } };
    const { text } = heatMaps(viewSpectra(reportOf([below, update('1', 1, 0.4)], []))) ?? expect.fail('no maps');
    expect(text).toContain('up_proj, layer 0: no update above the rounding noise');
    expect(text).toContain('var(--no-value)');
  });

  it('have rows for the components of a vision-language model', () => {
    const both = (['vision', 'language'] as const).map((component) => update(component, 0, 0.4, { component }));
    expect(heatGrid(viewSpectra(reportOf(both, []))).groups).toEqual(['language up_proj', 'vision up_proj']);
  });

  it('show the top-1 energy of updates that fit into 5% of the directions, and W where there is no update', () => {
    expect(viewSpectra(reportOf([update('0', 0, 1)], [])).concentration).toBe('1');
    const view = viewSpectra(reportOf([tensor('w', 'q_proj', 'weight')], []));
    expect([view.of, view.concentration]).toEqual(['weight', '5%']);
  });
});

describe('matrices by change', () => {
  it('begin with what is not finite, then the largest change in either direction', () => {
    const tensors = [update('a', 0, 0.4), update('b', 1, 0.4), update('c', 2, 0.4)];
    const broken: Tensor = { ...update('d', 3, 0.4), status: 'notFinite', metrics: null, spectrum: [] };
    const baseline = [update('a', 0, 0.41), update('b', 1, 0.6), update('c', 2, 0.3)];
    const names = byChange(viewSpectra(reportOf([...tensors, broken], baseline))).map(
      ({ candidate }) => candidate.name,
    );
    expect(names).toEqual(['d', 'b', 'c', 'a']);
  });
});

describe('the scales', () => {
  it('have centers that are multiples of one step', () => {
    const { centers, binOf } = sequentialScale([0.31, 0.62], 7);
    expect(centers).toEqual([0.3, 0.36, 0.42, 0.48, 0.54, 0.6]);
    expect([0.31, 0.4, 0.62].map(binOf)).toEqual([0, 2, 5]);
  });

  it('are centered on 0 for changes, and the same on either side', () => {
    const { centers, binOf } = divergingScale([-0.11, 0.03], 4);
    expect(centers).toEqual([-0.12, -0.09, -0.06, -0.03, 0, 0.03, 0.06, 0.09, 0.12].slice(0, centers.length));
    expect([-0.11, -0.001, 0.001, 0.03].map((value) => centers[binOf(value)])).toEqual([-0.12, 0, 0, 0.03]);
  });

  it('have one bin where nothing differs', () => {
    expect(sequentialScale([0.4, 0.4], 7).centers).toHaveLength(1);
    expect(divergingScale([0, 0], 4).binOf(0)).toBe(1);
  });
});
