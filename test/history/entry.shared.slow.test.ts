import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { check } from '../../src/gate/check.ts';
import { historyEntry } from '../../src/history/entry.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { repository, temporaryFolder } from '../fixtures.ts';
import { checkOptions } from '../gate/check-options.ts';

const example = (name: string) => repository('examples', name);
const occasion = { time: '2026-03-01T03:17:00Z', run: null, commit: null, policy: DEFAULT_POLICY };

async function checkWith(...suites: string[]) {
  const policy = join(temporaryFolder(), 'policy.yml');
  writeFileSync(policy, JSON.stringify({ probes: suites, sequential: 'off' }));
  const pair = { checkpoint: example('coverage-expanding'), baseline: example('base') };
  const { report } = await check(checkOptions({ device: 'cpu', only: 'probes', policy, ...pair }));
  return report;
}

it('an entry has the numbers of the built-in suite alone, also if a file runs with it', async () => {
  const [alone, both, file] = [
    await checkWith('builtin'),
    await checkWith('builtin', example('probes.jsonl')),
    await checkWith(example('probes.jsonl')),
  ];
  const row = both.probes?.drawn;
  // Sharpness is fitted to four digits, by sums in another order.
  const rounded = (value: unknown) =>
    JSON.parse(JSON.stringify(value), (_, own) => (typeof own === 'number' ? Math.round(own * 1e6) / 1e6 : own));
  expect(rounded(row)).toEqual(rounded(alone.probes?.comparison.rows[0]));
  expect(rounded(alone.probes?.drawn)).toEqual(rounded(row));
  expect(both.probes?.comparison.rows[0]?.facts).toBeGreaterThan(row?.facts ?? Infinity);
  expect(historyEntry(both, occasion)).toMatchObject({
    seed: 1,
    twinAccuracy: { candidate: expect.closeTo(row?.twin.candidate ?? -1, 9) },
  });
  expect(file.probes?.drawn).toBeNull();
  expect(historyEntry(file, occasion).seed).toBeNull();
  expect(historyEntry(file, occasion).twinAccuracy?.z).not.toBeNull();
});
