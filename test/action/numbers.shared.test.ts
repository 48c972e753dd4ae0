import { expect, it } from 'vitest';
import { numberOutputs } from '../../src/action/numbers.ts';
import { probeReport, report } from '../report/fixtures.ts';

const NONE = { 'shadow-delta': '', transfer: '', 'twin-accuracy-change': '' };

it('a workflow gets the numbers of all facts in shares of 1', () => {
  expect(numberOutputs(report({ probes: probeReport() }))).toEqual({
    'shadow-delta': '0.489',
    transfer: '0.323',
    'twin-accuracy-change': '0.023',
  });
});

it('a number that was not measured is empty, not 0, and not the number of a capability', () => {
  expect(numberOutputs(report())).toEqual(NONE);
  const { comparison, ...probes } = probeReport();
  const [all, ...rows] = comparison.rows;
  if (!all) throw new Error('no row');
  const empty = { ...comparison, transfer: null, rows: [{ ...all, delta: null, twinChange: null }, ...rows] };
  expect(numberOutputs(report({ probes: { ...probes, comparison: empty } }))).toEqual(NONE);
  const named = { ...comparison, transfer: null, rows: [{ ...all, capability: 'recall' }] };
  expect(numberOutputs(report({ probes: { ...probes, comparison: named } }))).toEqual(NONE);
});

it.each([
  [1e-7, '0'],
  [-1e-9, '0'],
  [2 / 3, '0.666667'],
  [-0.05, '-0.05'],
])('%d is the plain decimal %s', (value, text) => {
  const { comparison, ...probes } = probeReport();
  const transfer = { value, lower: null, upper: null };
  const outputs = numberOutputs(report({ probes: { ...probes, comparison: { ...comparison, transfer } } }));
  expect(outputs.transfer).toBe(text);
});
