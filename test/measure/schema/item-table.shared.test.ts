import type { MeasuredProbes, ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { answerKind, type ProbeItem } from '@shadow-gate/probes/item';
import { choiceProbability } from '@shadow-gate/probes/outcome';
import { Random } from '@shadow-gate/probes/random';
import { atLevels, builtinSuite } from '@shadow-gate/probes/suite';
import { expect, it } from 'vitest';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText } from '../../../src/measure/schema/write.ts';
import { probes, probesOnly } from '../../compare/measurement.ts';

/** Numbers with as many digits as a model's answers have. */
function answered(item: ProbeItem, suite: string, random: Random): ProbeItemMeasurement {
  const { question, ...same } = item;
  if (question.kind !== 'choice') throw new Error('the suite has choices only');
  const logprobs = question.choices.map(() => -random.int(1000, 200_000) / 1e4);
  const best = Math.max(...logprobs);
  const right = logprobs[question.answer] ?? 0;
  const others = Math.max(...logprobs.filter((_, i) => i !== question.answer));
  return {
    ...same,
    suite,
    right: question.choices[question.answer] ?? '',
    given: question.choices[logprobs.indexOf(best)] ?? '',
    correct: right > others,
    chance: 0.25,
    margin: Math.round((right - others) * 1e4) / 1e4,
    probability: choiceProbability({ logprobs, lengths: null }, question.answer),
    logprobs,
    answers: answerKind(item),
    reading: { logprob: -random.int(100_000, 900_000) / 1e4, tokens: random.int(20, 90) },
  };
}

/** Answers to the built-in suite: 720 items. */
function builtin(): MeasuredProbes {
  const whole = builtinSuite(1);
  const suite = atLevels(
    whole,
    (whole.levels ?? []).map(({ family, count }) => ({ family, count, asked: [2] })),
  );
  const random = new Random(7, 'answers');
  const { name, version, digest, seed, size, levels = [] } = suite;
  const asked = levels.map((level) => ({ ...level, asked: [...(level.asked ?? [])] }));
  return probes({
    suites: [{ name, version, digest, seed, items: size, levels: asked }],
    items: suite.items.map((item) => answered(item, name, random)),
  });
}

const read = (text: string) => parseMeasurement(text, 'm.json').probes;

/** A measurement as files of version 0.2 have it. */
const asList = (own: MeasuredProbes) => `${JSON.stringify(probesOnly(own), null, 2)}\n`;

it('a baseline of the built-in suite is a fifth of what it was, and reads the same', () => {
  const own = builtin();
  const text = measurementText(probesOnly(own));
  expect(own.items).toHaveLength(720);
  expect(asList(own).length).toBeGreaterThan(500_000);
  expect(text.length).toBeLessThan(150_000);
  expect(read(text)).toEqual(own);
  // Its prompts are drawn again, not stored.
  expect(text).not.toContain('"prompt"');
  expect(read(asList(own))).toEqual(own);
});

it('one of another version has answers, and no prompts', () => {
  const own = builtin();
  const [suite] = own.suites;
  if (suite === undefined) throw new Error('no suite');
  const older = measurementText(probesOnly(own)).replace(suite.digest, 'sha256:drawn in another way');
  const found = read(older);
  const items = own.items.map((item) => ({ ...item, prompt: null }));
  expect(found).toEqual({ ...own, suites: [{ ...suite, digest: 'sha256:drawn in another way' }], items });
  // What was read is written as it is.
  expect(read(measurementText(probesOnly(found)))).toEqual(found);
});

/** Every key that an item can have, with prompts that two forms share. */
const full: MeasuredProbes = probes({
  suites: [
    { name: 'a.jsonl', version: null, digest: 'sha256:a', seed: null, items: 4 },
    { name: 'b.jsonl', version: null, digest: 'sha256:b', seed: 3, items: 1, twinsOf: 'a.jsonl' },
  ],
  items: [
    {
      ...{ suite: 'a.jsonl', id: 'q1', fact: 'q1', capability: 'c', family: 'f', cluster: 'exam', form: 'benchmark' },
      ...{ prompt: 'Which?\nA. x\nB. y', right: 'A', given: 'B', correct: false, chance: 0.5, margin: -1.25 },
      ...{ probability: 0.2227, logprobs: [-2.5, -1.25], answers: 'label', reading: { logprob: -40.5, tokens: 9 } },
    },
    {
      ...{ suite: 'a.jsonl', id: 'q1.text', fact: 'q1', capability: 'c', family: 'f', cluster: 'exam' },
      ...{ form: 'benchmark-text', prompt: 'Which?\nA. x\nB. y', right: 'x', given: 'x', correct: true, chance: 0.5 },
      ...{ margin: 0, probability: 0.5, logprobs: [-1, -1], answers: 'text' },
    },
    {
      ...{ suite: 'a.jsonl', id: 'q1.permuted', fact: 'q1', capability: 'c', family: 'f', cluster: 'permuted' },
      ...{ form: 'twin', prompt: 'Which?\nA. y\nB. x', right: 'B', given: '', correct: false, chance: 0.5, margin: 0 },
      ...{ probability: 0.5, logprobs: [-1, -1], kind: 'format', answers: 'label', oldLabel: 'A' },
      ...{ oldLabels: { A: 'B', B: 'A' }, level: 1 },
    },
    {
      ...{ suite: 'a.jsonl', id: 'q2.open', fact: 'a fact that was left out', capability: 'c', family: 'f' },
      ...{ cluster: 'open', form: 'twin', prompt: 'How many?', right: '42', given: '41', correct: false, chance: 0 },
      ...{ margin: -0.5, probability: null, logprobs: null, kind: 'open' },
    },
    // The same id as in the other suite.
    {
      ...{ suite: 'b.jsonl', id: 'q1', fact: 'q1', capability: 'c', family: 'f', cluster: 'exam', form: 'twin' },
      ...{ prompt: 'How many?', right: '1', given: '1', correct: true, chance: 0, margin: 0.5, probability: null },
      ...{ logprobs: null, kind: 'group', answers: 'text' },
    },
  ],
} as Partial<MeasuredProbes>);

it('everything that an item can have is stored', () => {
  expect(read(measurementText(probesOnly(full)))).toEqual(full);
  expect(measurementText(probesOnly(full)).match(/Which\?/g)).toHaveLength(2);
});

it('each item stands in a line of its own', () => {
  const lines = measurementText(probesOnly(full)).split('\n');
  expect(lines).toContainEqual(expect.stringMatching(/^ *\[3,"q2\.open","a fact that was left out","42","41",false,/));
});

interface Table {
  format: string;
  groups: object[];
  permutations?: object[];
  columns: string[];
  rows: unknown[][];
}

it.each<[string, (table: Table) => void, string]>([
  [
    'of a newer format',
    (table) => Object.assign(table, { format: 'shadow-gate/probe-items@2' }),
    'probes.items: of the format "shadow-gate/probe-items@2", and this version reads lists and shadow-gate/probe-items@1',
  ],
  ['without a column', (table) => table.columns.splice(3, 1), 'probes.items.columns: has no right'],
  ['with a column twice', (table) => table.columns.push('id'), 'probes.items.columns: a column is there twice'],
  ['with an unknown column', (table) => table.columns.push('x'), 'probes.items.columns.13'],
  ['with a short row', (table) => table.rows[1]?.pop(), 'probes.items.rows.1: has 12 values for 13 columns'],
  ['with an unknown group', (table) => table.rows[2]?.splice(0, 1, 9), 'probes.items.rows.2: is of no group'],
  ['without permutations', (table) => delete table.permutations, 'probes.items.rows.2: has no such oldLabels'],
  ['with a group without a form', (table) => table.groups.splice(0, 1, {}), 'probes.items.0.suite'],
  [
    'with a fact beyond it',
    (table) => table.rows[1]?.splice(2, 1, 99),
    'probes.items.rows.1: names a row that does not exist',
  ],
])('a table %s is refused', (_, edit, message) => {
  const json = JSON.parse(measurementText(probesOnly(full)));
  edit(json.probes.items);
  expect(() => read(JSON.stringify(json))).toThrow(`m.json is not a valid shadow-gate/measurement@1: ${message}`);
});
