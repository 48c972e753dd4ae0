import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { modelCard } from '../../src/report/model-card.ts';
import { HOSTILE_NAMES, hostileReport, probeReport, report } from './fixtures.ts';

const row = (suite: string | null, value: number, form: 'benchmark' | 'twin' = 'benchmark') => ({
  ...{ suite, capability: null, form, kind: null, facts: 100, items: 120, baseline: null },
  candidate: { value, lower: value - 0.1, upper: value + 0.1 },
});
const place = (name: string, task = name) => new Map([[name, { dataset: 'org/data', task }]]);
const none = new Map();

it('suites that the gate asked are results by their benchmark form, one or several', () => {
  const probes = { ...probeReport('facts'), accuracies: [row(null, 0.5), row(null, 0.4, 'twin')] };
  const one = modelCard(report({ probes }), { given: place('facts'), datasets: none });
  expect(parse(one.text)).toMatchObject([{ dataset: { id: 'org/data', task_id: 'facts' }, value: 50 }]);
  expect(parse(one.text)[0].notes).toMatch(/^accuracy in % \(interval 40\.0 to 60\.0\), 120 items\. Shadow Gate/);
  const suites = ['facts', 'sums'].map((name) => ({ name, items: 60 }));
  const both = { ...probes, suites, accuracies: [row(null, 0.5), row('facts', 0.6), row('sums', 0.29)] };
  const two = modelCard(report({ probes: both }), { given: place('sums'), datasets: none });
  // Not 28.999999999999996.
  expect(two.text).toContain('value: 29\n');
  expect(two).toMatchObject({ written: ['sums'], unplaced: ['facts'] });
});

it.each(HOSTILE_NAMES)('a foreign name is no line of YAML, and no place on a hub: %j', (name) => {
  const hostile = hostileReport(name);
  const names = [...new Set(hostile.benchmarks?.filter(({ change }) => change !== null).map(({ task }) => task))];
  const [task = name] = names;
  const { text } = modelCard(hostile, { given: place(task, 'task'), datasets: none });
  expect(parse(text)).toHaveLength(1);
  expect(text.trimEnd().split('\n')).toHaveLength(6);
  expect(() => modelCard(hostile, { given: none, datasets: new Map([[task, 'org/data']]) })).toThrow('is known for');
});
