import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_POLICY, effectiveRules, LOW_RANK_RULES, policySchema } from '../../src/policy/policy.ts';
import { readPage } from './printed-commands.ts';

const page = readPage('docs/reference/policy.md');
const policies = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
  policySchema.parse(parse(text)),
);

it('shows all keys with the defaults that are in force', () => {
  expect(policies[0]).toEqual({ ...DEFAULT_POLICY, rules: effectiveRules(DEFAULT_POLICY) });
});

it('names each key that has no default in a comment', () => {
  const [, block = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];
  const optional = Object.keys(policySchema.shape).filter((key) => !(key in DEFAULT_POLICY));
  expect(optional.length).toBeGreaterThan(3);
  expect(optional.filter((key) => !block.includes(`# ${key}: `))).toEqual([]);
});

it('has the rules for updates of low rank', () => {
  expect(policies.map(({ rules }) => rules)).toContainEqual(LOW_RANK_RULES);
});

it('has each key of a suite in its table', () => {
  const refused = policySchema.safeParse({ probes: [1] }).error?.message ?? '';
  const [, keys = ''] = /\{file, ([^}]+)\}/.exec(refused) ?? [];
  const rows = [...page.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = '']) => cell).join();
  expect(keys.split(', ').length).toBeGreaterThan(20);
  expect(keys.split(', ').filter((key) => !rows.includes(`\`${key}\``))).toEqual([]);
});
