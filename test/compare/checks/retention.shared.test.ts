import { expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { facts } from '../probes/facts.ts';
import { judgeFacts } from '../probes/findings.ts';

const isForgotten = (all: Parameters<typeof judgeFacts>[0]) =>
  judgeFacts(all, DEFAULT_POLICY).findings.some(({ kind }) => kind === 'retention');

it('a handful of certain answers is not enough to fail a merge by, and twenty are', () => {
  const rest = facts(100, '11', ['11'], { probability: 0.5 });
  expect(isForgotten([...rest, ...facts(5, '11', ['11']), ...facts(2, '10', ['11'])])).toBe(false);
  expect(isForgotten([...rest, ...facts(14, '11', ['11']), ...facts(5, '10', ['11'])])).toBe(false);
  expect(isForgotten([...rest, ...facts(14, '11', ['11']), ...facts(6, '10', ['11'])])).toBe(true);
});
