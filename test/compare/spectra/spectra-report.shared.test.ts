import { describe, expect, it } from 'vitest';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { spectrum, tensor } from '../../report/fixtures.ts';
import { matrices, measurement, reportOn } from '../measurement.ts';

const reread = (json: object) => parseReport(JSON.stringify(json), 'r.json');

describe('matrices of the baseline in a report', () => {
  it('is their numbers and profiles, and comes back from report.json as it was', () => {
    const baseline = measurement({
      tensors: matrices().map((one) => ({
        ...tensor(one.name, one.module, one.of, spectrum({ spike: 2 }), one),
        ...{ metrics: tensor('', 'q_proj', one.of, spectrum({ spike: 2 })).metrics },
      })),
    });
    const report = reportOn(measurement(), baseline);
    const rows = report.spectra?.baseline ?? expect.fail('no rows');
    expect(rows.map(({ name, of }) => [name, of])).toEqual(baseline.tensors.map(({ name, of }) => [name, of]));
    expect(rows[0]?.metrics?.topEnergy).toEqual(baseline.tensors[0]?.metrics?.topEnergy);
    expect(rows[0]?.spectrum).toEqual(baseline.tensors[0]?.spectrum);
    expect(reread(serializeReport(report))).toEqual(report);
  });

  it('leaves out what may not be compared', () => {
    const noUpdate = measurement({ reference: null, tensors: matrices().filter(({ of }) => of === 'weight') });
    expect(reportOn(measurement(), noUpdate).spectra?.baseline?.map(({ of }) => of)).toEqual(Array(4).fill('weight'));
    const other = measurement({ tensors: [...matrices(), tensor('extra', 'q_proj', 'weight')] });
    expect(reportOn(measurement(), other).spectra?.baseline).toEqual([]);
    expect(reportOn(measurement(), null).spectra?.baseline).toBeNull();
  });

  it('is absent from older reports, which are still read', () => {
    const { spectra, ...older } = serializeReport(reportOn(measurement(), measurement()));
    expect(spectra).toBeDefined();
    expect(reread(older).spectra).toBeUndefined();
  });

  it.each([
    ['a matrix twice', (rows: object[]) => [...rows, rows[0]], /spectra\.baseline\.8: is there twice/],
    [
      'a matrix of nobody',
      (rows: object[]) => [{ ...rows[0], name: 'x' }, ...rows.slice(1)],
      /baseline\.0: is there twice, or not/,
    ],
    ['a key too many', (rows: object[]) => [{ ...rows[0], layer: 1 }], /spectra\.baseline\.0/],
    ['a text for a number', (rows: object[]) => [{ ...rows[0], spectrum: ['1'] }], /spectra\.baseline\.0\.spectrum/],
    ['numbers of a matrix of zeros', (rows: object[]) => [{ ...rows[0], status: 'zero' }], /baseline\.0: has a status/],
  ])('is refused with %s, and the error names the place', (_, change, message) => {
    const report = serializeReport(reportOn(measurement(), measurement()));
    const baseline = change([...(report.spectra?.baseline ?? [])]);
    expect(() => reread({ ...report, spectra: { ...report.spectra, baseline } })).toThrow(message);
  });
});
