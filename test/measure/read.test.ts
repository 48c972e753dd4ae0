import { expect, it } from 'vitest';
import { parseMeasurement } from '../../src/measure/schema/read.ts';
import { measurement } from '../compare/measurement.ts';

const parse = (value: unknown) => parseMeasurement(JSON.stringify(value), 'm.json');

it('a measurement that was written is read', () => {
  expect(parse(measurement())).toEqual(measurement());
});

it('a file of version 0.1, which has a note on the missing ratio, is read', () => {
  const { model, ...rest } = measurement();
  expect(() => parse({ ...rest, model: { delta: model.delta && { ...model.delta, note: 'no ratio' } } })).not.toThrow();
});

it.each<[string, object]>([
  ['null summaries of measured updates', { model: { delta: null } }],
  ['no groups', { groups: [] }],
  ['a smaller ratio', { model: { delta: { ...measurement().model.delta, mlpAttentionRatio: 0.1 } } }],
  ['fewer matrices than its summaries', { tensors: measurement().tensors.slice(1) }],
])('a measurement with %s is refused', (_, over) => {
  expect(() => parse({ ...measurement(), ...over })).toThrow(/m\.json contradicts itself/);
});
