import { seal, unseal } from '@shadow-gate/platform/json';
import { expect, it } from 'vitest';

it('what was sealed is JSON, and comes back', () => {
  const value = { a: [1, 2.5e-7], sha256: 'own', b: 'é"}' };
  expect(JSON.parse(seal({ a: 1 }))).toMatchObject({ a: 1 });
  expect(JSON.parse(unseal(seal(value)) ?? '')).toEqual(value);
});

it('rejects an entry with another digit, without its end, or without a seal', () => {
  const sealed = seal({ alpha: 3.04159 });
  expect(unseal(sealed.replace('3.04159', '3.04259'))).toBeNull();
  for (let length = 0; length < sealed.length; length += 1) expect(unseal(sealed.slice(0, length))).toBeNull();
  expect(unseal(JSON.stringify({ alpha: 3.04159 }))).toBeNull();
});
