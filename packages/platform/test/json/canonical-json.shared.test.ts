import { canonicalJson } from '@shadow-gate/platform/json';
import { expect, it } from 'vitest';

it('the digest of a config with NaN, which Python reads as a number, is not that of one with null', () => {
  const texts = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null].map((value) =>
    canonicalJson({ rms_norm_eps: value }),
  );
  expect(new Set(texts).size).toBe(4);
});
