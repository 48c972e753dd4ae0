import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { at } from '../../../src/platform/at.ts';
import { type FileSuite, readProbeFile } from '../../../src/probes/files/read.ts';
import { pieceCount } from '../../../src/probes/files/text.ts';
import type { ProbeItem } from '../../../src/probes/item.ts';
import { fixture, shared, temporaryFolder } from '../../fixtures.ts';
import { describeNeeds, itNeeds } from '../../needs.ts';

const SEED = 2025;
const CHOICES = fixture('probes', 'own-benchmark.csv');
const WORD_PROBLEMS = fixture('probes', 'own-benchmark.jsonl');

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

/** Labels that stand before a text in the prompt. */
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
  // The likelihood of a label that begins another one would include that of the other.
  for (const label of question.choices) {
    expect(question.choices.filter((other) => other.startsWith(label))).toEqual([label]);
  }
}

/** Within 10%; a distracted twin may have a short sentence more. */
function expectSimilarLength(twin: ProbeItem, benchmark: ProbeItem) {
  const length = pieceCount(benchmark.prompt);
  const more = pieceCount(twin.prompt) - length;
  const allowed = twin.cluster === 'distracted' ? Math.max(8, 0.1 * length) : 0.1 * length;
  expect(Math.abs(more), `${twin.id}: ${length} + ${more}`).toBeLessThanOrEqual(allowed);
}

/** The choice that an answer means, as an index or a letter. */
function choiceOf(answer: string, choices: readonly string[]): string {
  if (/^\d+$/.test(answer)) return at(choices, Number(answer));
  return /^[A-Z]$/.test(answer) ? at(choices, answer.charCodeAt(0) - 'A'.charCodeAt(0)) : answer.trim();
}

/** Twins of a CSV file of multiple-choice questions, against its rows. */
async function expectChoiceTwins(file: string, { similarLength }: { readonly similarLength: boolean }) {
  const rows = parse(readFileSync(file), { columns: true }) as Record<string, string>[];
  const facts = factsOf(await readProbeFile(file, { seed: SEED }));
  expect(facts).toHaveLength(rows.length);
  for (const [index, { benchmark, twins }] of facts.entries()) {
    const row = at(rows, index);
    const choices = Object.keys(row)
      .filter((column) => /^choice\d$/.test(column) && row[column] !== '')
      .map((column) => (row[column] ?? '').trim());
    expect(twins).toHaveLength(2);
    expect(new Set(twins.map(({ cluster }) => cluster)).size).toBe(2);
    const right = choiceOf(row.answer ?? '', choices);
    const [stem = ''] = (row.question ?? '').trim().split('__');
    for (const item of [benchmark, ...twins]) {
      expectClean(item);
      expectRight(item, choices, right);
      if (similarLength) expectSimilarLength(item, benchmark);
      expect(item.prompt).toContain(stem.trim());
    }
    for (const { cluster, question } of twins) {
      if (cluster !== 'permuted' || question.kind !== 'choice' || benchmark.question.kind !== 'choice') continue;
      expect(question.answer).not.toBe(benchmark.question.answer);
    }
  }
  return facts;
}

/** Twins of a JSONL file of word problems, against its lines. */
async function expectProblemTwins(file: string) {
  const records = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { question: string; answer: string | number });
  const facts = factsOf(await readProbeFile(file, { seed: SEED }));
  expect(facts).toHaveLength(records.length);
  for (const [index, { benchmark, twins }] of facts.entries()) {
    const { question, answer } = at(records, index);
    const target = String(answer).split('#### ').at(-1)?.replaceAll(/[$,]/g, '');
    expect(twins.map(({ cluster }) => cluster)).toEqual(['restyled', 'distracted']);
    for (const item of [benchmark, ...twins]) {
      expectClean(item);
      expect(item.question).toEqual({ kind: 'exact', target });
      expect(item.prompt).toMatch(/^\d+$/.test(target ?? '') ? / \(a number\):$/ : /\w:$/);
      expectSimilarLength(item, benchmark);
      const words = item.prompt.split(/\s+/);
      for (const word of question.split(/\s+/)) expect(words).toContain(word);
    }
    const [distracted] = twins.filter(({ cluster }) => cluster === 'distracted');
    const numbers = (text: string): string[] => text.match(/\d+/g) ?? [];
    const added = numbers(distracted?.prompt ?? '').filter((number) => !numbers(question).includes(number));
    expect(added).toHaveLength(1);
    expect(added).not.toContain(target);
  }
}

describe('twins of multiple-choice questions', () => {
  it('exist for every row, and keep its choices and its answer', async () => {
    await expectChoiceTwins(CHOICES, { similarLength: false });
  });
});

const mmlu = (subject: string) => shared('data', 'mmlu', `${subject}_test.csv`) ?? '';
describeNeeds(mmlu('global_facts') !== '', '../shared/data')('twins of MMLU', () => {
  it.each(['elementary_mathematics', 'global_facts', 'high_school_geography', 'world_religions'])(
    'exist for every row of %s, keep choices and answer, have a similar length, and use all templates equally',
    async (subject) => {
      const facts = await expectChoiceTwins(mmlu(subject), { similarLength: true });
      const counts = new Map<string, number>();
      for (const { cluster } of facts.flatMap(({ twins }) => twins))
        counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
      expect([...counts.keys()].sort()).toEqual(['cloze', 'distracted', 'permuted', 'restyled']);
      expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
    },
  );
});

describe('twins of word problems', () => {
  it('are two per question, and keep its numbers and its target', async () => {
    await expectProblemTwins(WORD_PROBLEMS);
  });

  const gsm8k = shared('data', 'gsm8k-test-200.jsonl');
  itNeeds(gsm8k !== null, '../shared/data')(
    'of GSM8K are two per question, and keep its numbers and target',
    async () => {
      await expectProblemTwins(gsm8k ?? '');
    },
  );
});

/** As a person reads it, with the right answer marked. */
function readable({ id, prompt, question }: ProbeItem): string {
  const answer =
    question.kind === 'exact'
      ? question.target
      : question.choices.map((choice, index) => (index === question.answer ? `*${choice}*` : choice)).join(' | ');
  return `=== ${id}\n${prompt}\n>>> ${answer}\n`;
}

describe('derived twins', () => {
  it('do not change unnoticed: these thirty were read by a person', async () => {
    const suites = [await readProbeFile(CHOICES, { seed: 1 }), await readProbeFile(WORD_PROBLEMS, { seed: 1 })];
    const twins = suites.flatMap(({ items }) => items.filter(({ form }) => form === 'twin'));
    expect(twins).toHaveLength(30);
    await expect(twins.map(readable).join('\n')).toMatchFileSnapshot('twins.snapshot.txt');
  });

  it('depend on the seed and the ids, not on the order of the file', async () => {
    const [header = '', ...rows] = readFileSync(CHOICES, 'utf8').trimEnd().split('\n');
    const reversed = join(temporaryFolder(), 'reversed.csv');
    writeFileSync(reversed, [header, ...rows.reverse()].join('\n'));
    const byId = ({ items }: FileSuite) => [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
    const one = byId(await readProbeFile(CHOICES, { seed: 1 }));
    expect(byId(await readProbeFile(reversed, { seed: 1 }))).toEqual(one);
    expect(byId(await readProbeFile(CHOICES, { seed: 1 }))).toEqual(one);
    expect(byId(await readProbeFile(CHOICES, { seed: 2 }))).not.toEqual(one);
  });

  it.each([
    'Both A and B',
    'All of the above',
    'none of these',
    'Neither',
    'B or C',
    'A and C only',
    'All of these options.',
  ])('keep order and letters if a choice refers to others: %s', async (last) => {
    const { items } = await readOne({ question: 'Which?', choices: ['one', 'two', 'three', last], answer: 1 });
    expect(items.map(({ cluster }) => cluster).sort()).toEqual(['distracted', 'exam', 'restyled']);
    for (const { prompt, question } of items) {
      expect(prompt).toMatch(/A\W{1,2}one\s.*B\W{1,2}two\s.*C\W{1,2}three\s.*D\W{1,2}\w/s);
      expect(question).toMatchObject({
        answer: 1,
        choices: [/A/, /B/, /C/, /D/].map((letter) => expect.stringMatching(letter)),
      });
    }
  });

  it('use every template if no choice refers to others', async () => {
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

  it('complete a sentence in the cloze form, and drop its blank', async () => {
    const record = { question: 'The oven of a potter is called a ____.', choices: ['kiln', 'loom'], answer: 0 };
    for (const { prompt } of await twinsOf(record, 'cloze')) {
      expect(prompt).toMatch(/\nThe oven of a potter is called a$/);
    }
  });

  it('keep a blank in the middle of a question', async () => {
    const record = { question: 'The ____ is the oven of a potter.', choices: ['kiln', 'loom'], answer: 0 };
    for (const { prompt } of await twinsOf(record, 'cloze')) {
      expect(prompt).toMatch(/The ____ is the oven of a potter\.(\n.*)?\nAnswer:$/s);
    }
  });

  it('use no label that the question or a choice contains', async () => {
    const record = { question: 'Let a + p = x (ii). What is w?', choices: ['3', 'b', 'c', '4z'], answer: 0 };
    for (const { question } of await twinsOf(record, 'restyled')) {
      expect(question).toMatchObject({
        choices: ['A', 'B', 'C', 'D'].map((letter) => expect.stringContaining(letter)),
      });
    }
  });

  it('use no roman numerals as labels if statements are numbered with them', async () => {
    const record = { question: 'Which of I and II hold?', choices: ['I only', 'II only', 'I and II'], answer: 0 };
    for (const { prompt } of await twinsOf(record, 'restyled')) expect(prompt).not.toContain('(ii)');
  });

  it('score text as `scoring` says, and labels always raw', async () => {
    const { items } = await readProbeFile(CHOICES, { seed: 1, scoring: 'per-byte' });
    expect(new Set(items.map(({ cluster }) => cluster))).toContain('cloze');
    for (const { cluster, question } of items) {
      expect(question).toMatchObject({ scoring: cluster === 'cloze' ? 'per-byte' : 'raw' });
    }
  });
});

describe('the remark in a distracted word problem', () => {
  const REMARK = String.raw`(It is \d+ degrees|[A-Z]\w+ (line |space )?\d+ |The .* \d+\.).*`;

  it('stands before the question at the end', async () => {
    const record = { question: 'Al has 2 pears. He eats one. How many pears has he now?', answer: '1' };
    expect(await distracted(record)).toMatch(
      new RegExp(String.raw`Question: Al has 2 pears\. He eats one\. ${REMARK} How many pears has he now\?`),
    );
  });

  it('stands earlier if the question refers back', async () => {
    const record = { question: 'A snail walks 2 m a day. It rests. How far does it go in 5 days?', answer: '10' };
    expect(await distracted(record)).toMatch(
      new RegExp(String.raw`Question: ${REMARK} A snail walks 2 m a day\. It rests\. How far does it go`),
    );
  });

  it('does not split a sentence after an abbreviation', async () => {
    const record = { question: 'Mr. Li and Dr. B. Roe meet at 5 p.m. Is 5 odd?', answer: 'yes' };
    expect(await distracted(record)).toMatch(/Mr\. Li and Dr\. B\. Roe meet at 5 p\.m\. Is/);
  });
});

async function readOne(record: object, seed = 0): Promise<FileSuite> {
  const file = join(temporaryFolder(), 'one.jsonl');
  writeFileSync(file, JSON.stringify({ id: 'one', ...record }));
  return readProbeFile(file, { seed });
}

/** The twins of one record with one template, under thirty seeds: at least one of them has it. */
async function twinsOf(record: object, template: string): Promise<ProbeItem[]> {
  const suites = await Promise.all(Array.from({ length: 30 }, (_, seed) => readOne(record, seed)));
  const twins = suites.flatMap(({ items }) => items.filter(({ cluster }) => cluster === template));
  expect(twins.length).toBeGreaterThan(0);
  return twins;
}

async function distracted(record: object): Promise<string> {
  const [item] = (await readOne(record)).items.filter(({ cluster }) => cluster === 'distracted');
  if (item === undefined) throw new Error('there is no distracted twin');
  return item.prompt;
}
