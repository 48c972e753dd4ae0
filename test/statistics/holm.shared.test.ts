import { describe, expect, it } from 'vitest';
import { holm } from '../../src/statistics/holm.ts';

describe("Holm's adjusted p-values", () => {
  it("agree with R's p.adjust(c(.01, .02, .03, .04, .05), 'holm'), whatever the order: .05 .08 .09 .09 .09", () => {
    [0.05, 0.08, 0.09, 0.09, 0.09].forEach((p, i) => {
      expect(holm([0.01, 0.02, 0.03, 0.04, 0.05])[i]).toBeCloseTo(p, 14);
    });
    [0.09, 0.05, 0.09, 0.08, 0.09].forEach((p, i) => {
      expect(holm([0.03, 0.01, 0.05, 0.02, 0.04])[i]).toBeCloseTo(p, 14);
    });
  });

  it('give the decisions of the HDLSSkST manual at .05', () => {
    const rejected = holm([0.5, 0.01, 0.001, 0.69, 0.02, 0.05, 0.0025]).map((p) => p < 0.05);
    expect(rejected).toEqual([false, false, true, false, false, false, true]);
  });

  it('are at most 1, and the p-value itself for a single test', () => {
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
    expect(holm([0.03])).toEqual([0.03]);
  });
});
