import { describe, expect, it } from 'vitest';
import { signTest } from '../../src/statistics/sign-test.ts';

describe('the sign test', () => {
  it('gives 79/4096 = .0193 for 10 of 12 cases on one side (Darlington, Cornell)', () => {
    const differences = [...Array(10).fill(-1), 2, 2];
    expect(signTest(differences)).toEqual({ below: 10, above: 2, ties: 0, p: expect.closeTo(79 / 4096, 14) });
  });

  it('gives .0352 for 7 of 8 (Lane, HyperStat)', () => {
    expect(signTest([-3, -1, -2, -8, -1, -4, -1, 2]).p).toBeCloseTo(0.0352, 4);
  });

  it("drops ties: in 'Student' 1908, nine of ten patients slept longer and one the same", () => {
    const differences = [-1.2, -2.4, -1.3, -1.3, 0, -1, -1.8, -0.8, -4.6, -1.4];
    expect(signTest(differences)).toEqual({ below: 9, above: 0, ties: 1, p: expect.closeTo(1 / 512, 14) });
  });

  it('gives 1 if there are only ties', () => {
    expect(signTest([0, 0])).toEqual({ below: 0, above: 0, ties: 2, p: 1 });
    expect(signTest([])).toEqual({ below: 0, above: 0, ties: 0, p: 1 });
  });
});
