import { builtinSuite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { expectLike } from '../../src/gate/like.ts';
import { probes, SUITE } from '../compare/measurement.ts';

describe('what is measured to be compared with another measurement', () => {
  const suite = builtinSuite(1);
  const own = { ...SUITE, name: suite.name, version: suite.version, digest: suite.digest };
  const selection = {
    suites: [suite],
    seed: 1,
    order: { seed: 1, isChosen: false },
    chatTemplate: false,
    budgetSeconds: null,
  };

  it('has the same suites', () => {
    expect(() => expectLike(selection, probes({ suites: [own] }), 'b.json')).not.toThrow();
    expect(() => expectLike(selection, probes({ suites: [own, { ...SUITE, name: 'mmlu.csv' }] }), 'b.json')).toThrow(
      'suite "mmlu.csv" of b.json is not among those of the policy',
    );
    expect(() => expectLike(selection, probes({ suites: [{ ...own, digest: 'other' }] }), 'b.json')).toThrow(
      'suite "builtin" has other items in b.json',
    );
  });

  it('is asked in the same way', () => {
    const templated = probes({ suites: [own], chatTemplate: true });
    expect(() => expectLike(selection, templated, 'b.json')).toThrow('b.json was asked with the chat template');
  });
});
