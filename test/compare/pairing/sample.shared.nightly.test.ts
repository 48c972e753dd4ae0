import { describe, expect, it } from 'vitest';
import { viewFamilies } from '../../../src/compare/estimates/families.ts';
import type { PairedFact } from '../../../src/compare/pairing/paired-item.ts';
import { lossScopes, testLosses } from '../../../src/compare/tests/losses.ts';
import { testTwinAccuracy } from '../../../src/compare/tests/twin-tests.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { seeded } from '../../statistics/seeded.ts';
import { type Change, facts } from '../probes/facts.ts';
import { EVERYTHING, inPassages } from './passages.ts';

describe('a test for a loss', () => {
  /** Every passage of five is lost or won as a whole, or stays. */
  function drawn(seed: number, isNamed: boolean): PairedFact[] {
    const { uniform } = seeded(seed);
    const all = Array.from({ length: 60 }, (_, passage) => {
      const draw = uniform();
      const change: Change = draw < 0.1 ? '10' : draw < 0.2 ? '01' : draw < 0.8 ? '11' : '00';
      return facts(5, change, [change], { name: `${passage}` });
    }).flat();
    return isNamed ? inPassages(all, 5) : all;
  }

  it('where all questions of a passage change together, finds one at most as often as it may, and too often without the passages', () => {
    const DRAWS = 400;
    const { alpha } = DEFAULT_POLICY['twin-accuracy'];
    const found = (isNamed: boolean) => {
      const draws = Array.from({ length: DRAWS }, (_, seed) => {
        const own = drawn(seed, isNamed);
        const [loss] = testLosses(lossScopes({ benchmark: own, twin: own }, EVERYTHING), DEFAULT_POLICY);
        const [test] = testTwinAccuracy(viewFamilies(own, DEFAULT_POLICY), DEFAULT_POLICY);
        return { loss: loss?.p ?? 0, twin: test?.change.p ?? 0 };
      });
      const share = (key: 'loss' | 'twin') => draws.filter((draw) => draw[key] < alpha).length / DRAWS;
      return [share('loss'), share('twin')];
    };
    // Three standard errors of 5% of so many draws.
    for (const share of found(true)) expect(share).toBeLessThanOrEqual(alpha + 3 * Math.sqrt((0.05 * 0.95) / DRAWS));
    for (const share of found(false)) expect(share).toBeGreaterThan(0.15);
  }, 60_000);
});
