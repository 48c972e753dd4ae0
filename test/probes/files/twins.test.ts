import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { type FileSuite, readProbeFile } from '../../../src/probes/files/read.ts';
import { pieceCount } from '../../../src/probes/files/text.ts';
import type { ProbeItem } from '../../../src/probes/item.ts';
import { fixture, shared, temporaryFolder } from '../../fixtures.ts';
import { itNeeds } from '../../needs.ts';

const SEED = 2025;
const MMLU = ['elementary_mathematics', 'global_facts', 'high_school_geography', 'world_religions'];

interface Fact {
  readonly benchmark: ProbeItem;
  readonly twins: readonly ProbeItem[];
}

function factsOf({ items }: Pick<FileSuite, 'items'>): Fact[] {
  return items
    .filter(({ form }) => form === 'benchmark')
    .map((benchmark) => ({
      benchmark,
      twins: items.filter((item) => item.form === 'twin' && item.fact === benchmark.id),
    }));
}

/** Labels of the prompt that stand before this text. */
function labelsBefore(text: string, { prompt, question }: ProbeItem): readonly string[] {
  const labels = question.kind === 'choice' ? question.choices : [];
  return labels.filter((label) =>
    ['', '.', ')', ':'].some((mark) =>
      ['\n', ' (', ' ['].some((end) => prompt.includes(`${label}${mark} ${text}${end}`)),
    ),
  );
}

function expectRight(item: ProbeItem, choices: readonly string[], right: string) {
  if (item.question.kind !== 'choice') throw new Error(`${item.id} has no choices`);
  const { answer, scoring } = item.question;
  for (const choice of choices) expect(item.prompt).toContain(choice);
  expect(item.question.choices).toHaveLength(choices.length);
  if (scoring === 'per-character') expect(item.question.choices[answer], item.id).toBe(right);
  else expect(labelsBefore(right, item), item.id).toContain(item.question.choices[answer]);
  if (new Set(choices).size === choices.length && scoring === 'raw') {
    expect(labelsBefore(right, item), item.id).toHaveLength(1);
  }
}

function expectClean({ id, prompt, question }: ProbeItem) {
  expect(prompt, id).toBe(prompt.trimEnd());
  expect(prompt, id).not.toMatch(/undefined|null|NaN|\[object/);
  if (question.kind === 'exact') return;
  expect(new Set(question.choices).size).toBe(question.choices.length);
  if (question.scoring !== 'raw') return;
  // The likelihood of a label that begins another would contain that of the other.
  for (const label of question.choices) {
    expect(question.choices.filter((other) => other.startsWith(label))).toEqual([label]);
  }
}

/** Within 10 %, or a short sentence more for the distracted. */
function expectAsLong(twin: ProbeItem, benchmark: ProbeItem) {
  const length = pieceCount(benchmark.prompt);
  const more = pieceCount(twin.prompt) - length;
  const allowed = twin.cluster === 'distracted' ? Math.max(8, 0.1 * length) : 0.1 * length;
  expect(Math.abs(more), `${twin.id}: ${length} + ${more}`).toBeLessThanOrEqual(allowed);
}

describe.each(MMLU)('the twins of MMLU %s', (subject) => {
  const file = shared('data', 'mmlu', `${subject}_test.csv`);

  itNeeds(Boolean(file), '../shared/data')(
    'are of every row, keep its choices and answer, and are about as long',
    async () => {
      if (!file) return;
      const rows = parse(readFileSync(file), { columns: true }) as Record<string, string>[];
      const facts = factsOf(await readProbeFile(file, { seed: SEED }));
      expect(facts).toHaveLength(rows.length);
      for (const [index, { benchmark, twins }] of facts.entries()) {
        const row = rows[index] ?? {};
        const choices = [0, 1, 2, 3].map((choice) => (row[`choice${choice}`] ?? '').trim());
        expect(twins).toHaveLength(2);
        expect(new Set(twins.map(({ cluster }) => cluster)).size).toBe(2);
        for (const item of [benchmark, ...twins]) {
          expectClean(item);
          expectRight(item, choices, choices[Number(row.answer)] ?? '');
          expectAsLong(item, benchmark);
          const [stem = ''] = (row.question ?? '').trim().split('__');
          expect(item.prompt).toContain(stem.trim());
        }
      }
    },
  );

  itNeeds(Boolean(file), '../shared/data')(
    'are of all kinds alike, and the right place of permuted ones is another',
    async () => {
      if (!file) return;
      const facts = factsOf(await readProbeFile(file, { seed: SEED }));
      const counts = new Map<string, number>();
      for (const { benchmark, twins } of facts) {
        for (const { cluster, question } of twins) {
          counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
          if (cluster !== 'permuted' || question.kind !== 'choice' || benchmark.question.kind !== 'choice') continue;
          expect(question.answer).not.toBe(benchmark.question.answer);
        }
      }
      expect([...counts.keys()].sort()).toEqual(['cloze', 'distracted', 'permuted', 'restyled']);
      expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    },
  );
});

describe('the twins of GSM8K', () => {
  const file = shared('data', 'gsm8k-test-200.jsonl');

  itNeeds(Boolean(file), '../shared/data')('are two a question, keep its numbers and its target', async () => {
    if (!file) return;
    const records = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { question: string; answer: string });
    const facts = factsOf(await readProbeFile(file, { seed: SEED }));
    expect(facts).toHaveLength(200);
    for (const [index, { benchmark, twins }] of facts.entries()) {
      const { question = '', answer = '' } = records[index] ?? {};
      const target = answer.split('#### ')[1]?.replaceAll(',', '');
      expect(twins.map(({ cluster }) => cluster)).toEqual(['restyled', 'distracted']);
      for (const item of [benchmark, ...twins]) {
        expectClean(item);
        expect(item.question).toEqual({ kind: 'exact', target });
        expect(item.prompt).toMatch(/ \(a number\):$/);
        expectAsLong(item, benchmark);
        const words = item.prompt.split(/\s+/);
        for (const word of question.split(/\s+/)) expect(words).toContain(word);
      }
      const [distracted] = twins.filter(({ cluster }) => cluster === 'distracted');
      const numbers = (text: string): string[] => text.match(/\d+/g) ?? [];
      const added = numbers(distracted?.prompt ?? '').filter((number) => !numbers(question).includes(number));
      expect(added).toHaveLength(1);
      expect(added).not.toContain(target);
    }
  });
});

/** As a person reads it, the right answer marked. */
function readable({ id, prompt, question }: ProbeItem): string {
  const answer =
    question.kind === 'exact'
      ? question.target
      : question.choices.map((choice, index) => (index === question.answer ? `*${choice}*` : choice)).join(' | ');
  return `=== ${id}\n${prompt}\n>>> ${answer}\n`;
}

describe('derived twins', () => {
  const csv = fixture('probes', 'own-benchmark.csv');
  const jsonl = fixture('probes', 'own-benchmark.jsonl');

  it('read well: twenty of them, and ten of word problems', async () => {
    const suites = [await readProbeFile(csv, { seed: 1 }), await readProbeFile(jsonl, { seed: 1 })];
    const twins = suites.flatMap(({ items }) => items.filter(({ form }) => form === 'twin'));
    expect(twins).toHaveLength(30);
    await expect(twins.map(readable).join('\n')).toMatchFileSnapshot('twins.snapshot.txt');
  });

  const real = [shared('data', 'mmlu', 'high_school_geography_test.csv'), shared('data', 'gsm8k-test-200.jsonl')];
  itNeeds(!real.includes(null), '../shared/data')(
    'of real benchmarks are printed here, twenty of them, to be read',
    async () => {
      const suites = await Promise.all(real.map((file) => readProbeFile(file ?? '', { seed: SEED })));
      const twins = suites.flatMap(({ items }) => items.filter(({ form }) => form === 'twin').slice(40, 50));
      expect(twins).toHaveLength(20);
      console.log(twins.map(readable).join('\n'));
    },
  );

  it('depend on the seed and the ids, not on the order of the file', async () => {
    const [header = '', ...rows] = readFileSync(csv, 'utf8').trimEnd().split('\n');
    const turned = join(temporaryFolder(), 'turned.csv');
    writeFileSync(turned, [header, ...rows.reverse()].join('\n'));
    const byId = ({ items }: FileSuite) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
    const one = byId(await readProbeFile(csv, { seed: 1 }));
    expect(byId(await readProbeFile(turned, { seed: 1 }))).toEqual(one);
    expect(byId(await readProbeFile(csv, { seed: 1 }))).toEqual(one);
    expect(byId(await readProbeFile(csv, { seed: 2 }))).not.toEqual(one);
  });

  it('leave choices that speak of one another in their order, under their letters', async () => {
    const choices = [
      'Both A and B',
      'All of the above',
      'none of these',
      'Neither',
      'B or C',
      'A and C only',
      'All of these options.',
    ];
    for (const [index, last] of choices.entries()) {
      const { items } = await readOne({
        question: 'Which?',
        choices: ['one', 'two', 'three', last],
        answer: index % 3,
      });
      expect(items.map(({ cluster }) => cluster).sort()).toEqual(['distracted', 'exam', 'restyled']);
      for (const { prompt, question } of items) {
        expect(prompt).toMatch(/A\W{1,2}one\s.*B\W{1,2}two\s.*C\W{1,2}three\s.*D\W{1,2}\w/s);
        expect(question).toMatchObject({
          answer: index % 3,
          choices: [/A/, /B/, /C/, /D/].map((letter) => expect.stringMatching(letter)),
        });
      }
    }
  });

  it('are of every kind where choices do not speak of one another', async () => {
    const clusters = new Set<string>();
    for (let seed = 0; seed < 10; seed += 1) {
      const { items } = await readOne(
        { question: 'Which?', choices: ['All men are mortal', 'Bread and butter', 'A'], answer: 0 },
        seed,
      );
      for (const { cluster } of items) clusters.add(cluster);
    }
    expect(clusters).toEqual(new Set(['exam', 'permuted', 'cloze', 'restyled', 'distracted']));
  });

  it('end a sentence in the cloze form, and drop its blank', async () => {
    const prompts = await clozes({
      question: 'The oven of a potter is called a ____.',
      choices: ['kiln', 'loom'],
      answer: 0,
    });
    for (const prompt of prompts) expect(prompt).toMatch(/\nThe oven of a potter is called a$/);
    const whole = await clozes({ question: 'The ____ is the oven of a potter.', choices: ['kiln', 'loom'], answer: 0 });
    for (const prompt of whole) expect(prompt).toMatch(/The ____ is the oven of a potter\.(\n.*)?\nAnswer:$/s);
  });

  it('use no label that the question or a choice uses', async () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const record = { question: 'Let a + p = x (ii). What is w?', choices: ['3', 'b', 'c', '4z'], answer: 0 };
      const restyled = (await readOne(record, seed)).items.find(({ cluster }) => cluster === 'restyled');
      if (restyled)
        expect(restyled.question).toMatchObject({
          choices: ['A', 'B', 'C', 'D'].map((letter) => expect.stringContaining(letter)),
        });
    }
  });

  it('use no roman numerals where statements have them', async () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const record = { question: 'Which of I and II hold?', choices: ['I only', 'II only', 'I and II'], answer: 0 };
      for (const { prompt } of (await readOne(record, seed)).items) expect(prompt).not.toContain('(ii)');
    }
  });

  it('count as text what is scored as text: `scoring` changes the cloze alone', async () => {
    const { items } = await readProbeFile(csv, { seed: 1, scoring: 'per-byte' });
    for (const { cluster, question } of items) {
      expect(question).toMatchObject({ scoring: cluster === 'cloze' ? 'per-byte' : 'raw' });
    }
  });

  it('put a remark before the last question, or earlier where that points back', async () => {
    const remark = /It is \d+ degrees|[A-Z]\w+ (line |space )?\d+ |The .* \d+\./;
    const plain = await distracted({
      question: 'Al has 2 pears. He eats one. How many pears has he now?',
      answer: '1',
    });
    expect(plain).toMatch(
      new RegExp(String.raw`Question: Al has 2 pears\. He eats one\. (${remark.source}).* How many pears has he now\?`),
    );
    const back = await distracted({
      question: 'A snail walks 2 m a day. It rests. How far does it go in 5 days?',
      answer: '10',
    });
    expect(back).toMatch(
      new RegExp(String.raw`Question: (${remark.source}).* A snail walks 2 m a day\. It rests\. How far does it go`),
    );
    const abbreviated = await distracted({ question: 'Mr. Li and Dr. B. Roe meet at 5 p.m. Is 5 odd?', answer: 'yes' });
    expect(abbreviated).toMatch(/Mr\. Li and Dr\. B\. Roe meet at 5 p\.m\. Is/);
  });
});

async function readOne(record: object, seed = 0): Promise<FileSuite> {
  const file = join(temporaryFolder(), 'one.jsonl');
  writeFileSync(file, JSON.stringify({ id: 'one', ...record }));
  return readProbeFile(file, { seed });
}

async function clozes(record: object): Promise<string[]> {
  const suites = await Promise.all(Array.from({ length: 12 }, (_, seed) => readOne(record, seed)));
  const prompts = suites
    .flatMap(({ items }) => items.filter(({ cluster }) => cluster === 'cloze'))
    .map(({ prompt }) => prompt);
  expect(prompts.length).toBeGreaterThan(0);
  return prompts;
}

async function distracted(record: object): Promise<string> {
  const item = (await readOne(record)).items.find(({ cluster }) => cluster === 'distracted');
  return item?.prompt ?? '';
}
