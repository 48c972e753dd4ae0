import { describe, expect, it } from 'vitest';
import { exactMcNemar, exactMcNemarTwoSided } from '../../src/statistics/mcnemar.ts';

describe('the exact McNemar test', () => {
  it('gives half of published two-sided p-values', () => {
    // Airway hyper-responsiveness of 21 children (Bentur 2009), in Fagerland, Lydersen & Laake 2013, BMC Med Res
    // Methodol 13:91.
    expect(2 * exactMcNemar({ lost: 7, won: 1 })).toBeCloseTo(0.0703, 4);
    // Complete response before and after consolidation (Cavo 2012), in Fagerland, Lydersen & Laake 2017, ch. 8
    // (contingencytables).
    expect(2 * exactMcNemar({ lost: 16, won: 6 })).toBeCloseTo(0.052479, 6);
    // Two media for culturing M. tuberculosis (Armitage & Berry 1994, p. 127), by StatsDirect after Liddell 1983.
    expect(2 * exactMcNemar({ lost: 12, won: 2 })).toBeCloseTo(0.0129, 4);
  });

  it('is one-sided: equally many or more pairs won than lost is no evidence of harm', () => {
    expect(exactMcNemar({ lost: 1, won: 7 })).toBeCloseTo(255 / 256, 12);
    expect(exactMcNemar({ lost: 5, won: 5 })).toBeGreaterThan(0.5);
    expect(exactMcNemar({ lost: 0, won: 0 })).toBe(1);
  });

  it('is two-sided as published', () => {
    expect(exactMcNemarTwoSided({ lost: 7, won: 1 })).toBeCloseTo(0.0703, 4);
    expect(exactMcNemarTwoSided({ lost: 1, won: 7 })).toBeCloseTo(0.0703, 4);
    expect(exactMcNemarTwoSided({ lost: 16, won: 6 })).toBeCloseTo(0.052479, 6);
    expect(exactMcNemarTwoSided({ lost: 5, won: 5 })).toBe(1);
    expect(exactMcNemarTwoSided({ lost: 0, won: 0 })).toBe(1);
  });

  it('refuses arguments that are not counts', () => {
    expect(() => exactMcNemar({ lost: -1, won: 2 })).toThrow(RangeError);
    expect(() => exactMcNemar({ lost: 1.5, won: 2 })).toThrow(RangeError);
    expect(() => exactMcNemarTwoSided({ lost: 1, won: -2 })).toThrow(RangeError);
  });
});
