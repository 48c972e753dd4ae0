import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { fixture, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { describeNeeds, itNeeds } from '../../../../test/needs.ts';
import { type FileSuite, type ProbeFileOptions, readProbeFile } from '../../src/files/read.ts';
import type { DerivedKind } from '../../src/files/twins.ts';
import { pieceCount } from '../../src/forms/text.ts';
import type { ProbeItem } from '../../src/item.ts';

const SEED = 2025;
const CHOICES = fixture('probes', 'own-benchmark.csv');
const WORD_PROBLEMS = fixture('probes', 'own-benchmark.jsonl');

interface Fact {
  readonly benchmark: ProbeItem;
  readonly text: ProbeItem | null;
  readonly twins: readonly ProbeItem[];
  readonly robustness: readonly ProbeItem[];
}

function factsOf({ items }: Pick<FileSuite, 'items'>): Fact[] {
  return items
    .filter(({ form }) => form === 'benchmark')
    .map((benchmark) => {
      const own = items.filter(({ fact }) => fact === benchmark.id);
      const ofForm = (form: ProbeItem['form']) => own.filter((item) => item.form === form);
      return {
        benchmark,
        text: ofForm('benchmark-text')[0] ?? null,
        twins: ofForm('twin'),
        robustness: ofForm('robustness'),
      };
    });
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

const TEXT_CLUSTERS = new Set(['exam-text', 'cloze', 'lettered', 'open-question', 'open-phrase']);

/** The right text or the label before it is the answer, and all choices are there unless the question is open. */
function expectRight(item: ProbeItem, choices: readonly string[], right: string) {
  if (item.question.kind !== 'choice') throw new Error(`${item.id} has no choices`);
  const { answer, scoring } = item.question;
  if (item.kind !== 'open') for (const choice of choices) expect(item.prompt).toContain(choice);
  if (TEXT_CLUSTERS.has(item.cluster)) {
    expect(scoring).toBe('per-character');
    expect([...item.question.choices].sort()).toEqual([...new Set(choices)].sort());
    expect(item.question.choices[answer], item.id).toBe(right);
    return;
  }
  expect(scoring).toBe('raw');
  expect(item.question.choices).toHaveLength(choices.length);
  expect(labelsBefore(right, item), item.id).toContain(item.question.choices[answer]);
  if (new Set(choices).size === choices.length) expect(labelsBefore(right, item), item.id).toHaveLength(1);
}

/** Without case, and with one space for each white space, as a person compares two texts. */
const plain = (text: string): string => text.toLowerCase().replaceAll(/\s+/g, ' ').trim();

/** An open question shows no choice that the question does not name itself: not even a part of the list. */
function expectOpen({ id, prompt, kind }: ProbeItem, question: string, choices: readonly string[]) {
  if (kind !== 'open') return;
  const rest = plain(prompt).replace(plain(question.replace(/_+[ .?!]*$/, '')), ' ');
  expect(rest.length, id).toBeLessThan(40);
  for (const choice of choices) {
    const phrase = plain(choice).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    expect(rest, `${id}: ${choice}`).not.toMatch(
      new RegExp(String.raw`(?<![\p{L}\p{N}])${phrase}(?![\p{L}\p{N}])`, 'u'),
    );
  }
}

/** Whether the letter of the exam is not the answer: another letter is, or a text. */
function contradictsLetter(twin: ProbeItem, benchmark: ProbeItem): boolean {
  if (twin.question.kind !== 'choice' || benchmark.question.kind !== 'choice') throw new Error('no choices');
  const letter = at(benchmark.question.choices, benchmark.question.answer);
  const answer = at(twin.question.choices, twin.question.answer);
  // Labels of another shape keep the position, and a memorized position comes along.
  return TEXT_CLUSTERS.has(twin.cluster) || (twin.cluster === 'permuted' && answer !== letter);
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

/** Within 10%; a distracted form may have a short sentence more, and an open one has no list of choices. */
function expectSimilarLength(item: ProbeItem, benchmark: ProbeItem) {
  if (item.kind === 'open') return;
  const length = pieceCount(benchmark.prompt);
  const more = pieceCount(item.prompt) - length;
  const allowed = item.cluster === 'distracted' ? Math.max(8, 0.1 * length) : 0.1 * length;
  expect(Math.abs(more), `${item.id}: ${length} + ${more}`).toBeLessThanOrEqual(allowed);
}

/** The choice that an answer means, as an index or a letter. */
function choiceOf(answer: string, choices: readonly string[]): string {
  if (/^\d+$/.test(answer)) return at(choices, Number(answer));
  return /^[A-Z]$/.test(answer) ? at(choices, answer.charCodeAt(0) - 'A'.charCodeAt(0)) : answer.trim();
}

/** The forms of a CSV file of multiple-choice questions, against its rows. */
async function expectChoiceForms(
  file: string,
  { similarLength, kinds }: { readonly similarLength: boolean; readonly kinds: readonly DerivedKind[] },
) {
  const rows = parse(readFileSync(file), { columns: true }) as Record<string, string>[];
  const facts = factsOf(await readProbeFile(file, { seed: SEED, kinds }));
  expect(facts).toHaveLength(rows.length);
  for (const [index, { benchmark, text, twins, robustness }] of facts.entries()) {
    const row = at(rows, index);
    const choices = Object.keys(row)
      .filter((column) => /^choice\d$/.test(column) && row[column] !== '')
      .map((column) => (row[column] ?? '').trim());
    const question = (row.question ?? '').trim();
    const right = choiceOf(row.answer ?? '', choices);
    expect(text?.prompt).toBe(benchmark.prompt);
    expect(new Set(twins.map(({ cluster }) => cluster)).size).toBe(twins.length);
    expect(
      twins.some((twin) => contradictsLetter(twin, benchmark)),
      benchmark.id,
    ).toBe(true);
    for (const item of [benchmark, text, ...twins, ...robustness].filter((form) => form !== null)) {
      expectClean(item);
      expectRight(item, choices, right);
      expectOpen(item, question, choices);
      if (similarLength) expectSimilarLength(item, benchmark);
      expect(item.prompt).toContain(question.split('__')[0]?.trim());
    }
    for (const twin of twins.filter(({ cluster }) => cluster === 'permuted')) expectPermuted(twin, benchmark);
  }
  return facts;
}

/** The old label of each option is that of the same text in the exam. */
function expectPermuted({ id, oldLabel, oldLabels, prompt, question }: ProbeItem, benchmark: ProbeItem) {
  if (question.kind !== 'choice' || benchmark.question.kind !== 'choice') throw new Error(`${id} has no choices`);
  const textOf = (label: string, text: string) =>
    new RegExp(`^${label}\\. ([^]*?)\n(?:[A-Z]\\. |Answer:)`, 'm').exec(text)?.[1];
  for (const label of question.choices) {
    expect(textOf(label, prompt), id).toBeDefined();
    expect(textOf(label, prompt), id).toBe(textOf(oldLabels?.[label] ?? '', benchmark.prompt));
  }
  const right = at(question.choices, question.answer);
  expect(oldLabel, id).toBe(at(benchmark.question.choices, benchmark.question.answer));
  expect(oldLabels?.[right], id).toBe(oldLabel);
  expect(right, id).not.toBe(oldLabel);
}

/** The forms of a JSONL file of word problems, against its lines. */
async function expectProblemForms(file: string) {
  const records = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { question: string; answer: string | number });
  const facts = factsOf(await readProbeFile(file, { seed: SEED }));
  expect(facts).toHaveLength(records.length);
  for (const [index, { benchmark, text, twins, robustness }] of facts.entries()) {
    const { question, answer } = at(records, index);
    const target = String(answer).split('#### ').at(-1)?.replaceAll(/[$,]/g, '');
    expect(text).toBeNull();
    expect(twins.map(({ cluster, kind }) => [cluster, kind])).toContainEqual(['restyled', 'format']);
    for (const item of [benchmark, ...twins, ...robustness]) {
      if (item.kind === 'fresh') continue;
      expectClean(item);
      expect(item.question).toEqual({ kind: 'exact', target });
      expect(item.prompt).toMatch(/^\d+$/.test(target ?? '') ? / \(a number\):$/ : /\w:$/);
      expectSimilarLength(item, benchmark);
      const words = item.prompt.split(/\s+/);
      for (const word of question.split(/\s+/)) expect(words).toContain(word);
    }
    for (const { prompt } of robustness) {
      const numbers = (words: string): string[] => words.match(/\d+/g) ?? [];
      const added = numbers(prompt).filter((number) => !numbers(question).includes(number));
      expect(added).toHaveLength(1);
      expect(added).not.toContain(target);
    }
  }
  expectThird(facts);
}

/** A third of the facts have a robustness form. */
function expectThird(facts: readonly Fact[]) {
  const share = facts.filter(({ robustness }) => robustness.length === 1).length;
  expect(Math.abs(share - facts.length / 3)).toBeLessThan(1);
}

describe('twins of multiple-choice questions', () => {
  it.each<readonly DerivedKind[]>([['open', 'format', 'fresh'], ['open', 'fresh'], ['open'], ['format']])(
    'of the kinds %j %j %j exist for every row, keep its answer, and contradict its letter',
    async (...kinds) => {
      expectThird(await expectChoiceForms(CHOICES, { similarLength: false, kinds: kinds.filter(Boolean) }));
    },
  );
});

const mmlu = (subject: string) => shared('data', 'mmlu', `${subject}_test.csv`) ?? '';
describeNeeds(mmlu('global_facts') !== '', '../shared/data')('twins of MMLU', () => {
  it.each(['elementary_mathematics', 'global_facts', 'high_school_geography', 'world_religions'])(
    'contradict the letter of every row of %s, keep its answer, and use the formats equally',
    async (subject) => {
      for (const kinds of [['open'], ['format']] as const) {
        const some = factsOf(await readProbeFile(mmlu(subject), { seed: SEED, kinds }));
        expect(
          some.filter(({ benchmark, twins }) => !twins.some((twin) => contradictsLetter(twin, benchmark))),
        ).toEqual([]);
      }
      const facts = await expectChoiceForms(mmlu(subject), { similarLength: true, kinds: ['open', 'format'] });
      expectThird(facts);
      const twins = facts.flatMap((fact) => fact.twins);
      const count = (cluster: string) => twins.filter((twin) => twin.cluster === cluster).length;
      expect(count('open-question')).toBe(count('open-phrase'));
      expect(count('open-question')).toBeGreaterThan(0.9 * facts.length);
      expect(Math.abs(count('restyled') - count('cloze'))).toBeLessThan(0.15 * facts.length);
    },
  );
});

describe('twins of word problems', () => {
  it('keep its numbers and its target', async () => {
    await expectProblemForms(WORD_PROBLEMS);
  });

  const gsm8k = shared('data', 'gsm8k-test-200.jsonl');
  itNeeds(gsm8k !== null, '../shared/data')('of GSM8K keep its numbers and target', async () => {
    await expectProblemForms(gsm8k ?? '');
  });
});

describe('the kinds that a policy wants', () => {
  const question = { question: 'Which?', choices: ['pear', 'plum', 'fig'], answer: 1 };
  it.each<[readonly DerivedKind[], readonly string[]]>([
    [['open'], ['open-question', 'open-phrase']],
    [
      ['fresh', 'open'],
      ['open-question', 'open-phrase'],
    ],
  ])('are derived: %j', async (kinds, clusters) => {
    const { items } = await readOne(question, { kinds });
    expect(items.filter(({ form }) => form === 'twin').map(({ cluster }) => cluster)).toEqual(clusters);
  });

  it('are refused if they leave a question without a twin', async () => {
    await expect(readOne(question, { kinds: ['fresh'] })).rejects.toThrow(
      /one\.jsonl:1: twins: no fresh twin can be derived from a question with choices — add open/,
    );
    await expect(readOne({ question: 'Who?', answer: 'Ann' }, { kinds: ['open'] })).rejects.toThrow(
      /one\.jsonl:1: twins: no open twin can be derived from this question, nor from the others of its file — add f/,
    );
  });

  it('redraw the problems that have steps, and restyle the others', async () => {
    const steps = 'A pen costs $3. Ann buys 4 pens. How much does she pay?';
    const answer = 'She pays 4*3=$<<4*3=12>>12.\n#### 12';
    const clustersOf = async (kinds: readonly DerivedKind[], record: object) => {
      const { items } = await readOne(record, { kinds });
      return items.filter(({ form }) => form === 'twin').map(({ cluster, kind }) => `${kind} ${cluster}`);
    };
    expect(await clustersOf(['fresh'], { question: steps, answer })).toEqual(['fresh redrawn']);
    expect(await clustersOf(['open', 'format', 'fresh'], { question: steps, answer })).toEqual([
      'fresh redrawn',
      'format restyled',
    ]);
    await expect(readOne({ question: steps, answer: '12' }, { kinds: ['fresh'] })).rejects.toThrow(/no fresh twin/);
  });

  it('give a question whose choices refer to each other a text form all the same', async () => {
    const { items } = await readOne({ ...question, choices: ['pear', 'plum', 'Both A and B'] }, { kinds: ['open'] });
    expect(items.filter(({ form }) => form === 'twin').map(({ cluster }) => cluster)).toEqual(['lettered']);
  });
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
  it('do not change unnoticed: these forty-one were read by a person', async () => {
    const suites = [await readProbeFile(CHOICES, { seed: 1 }), await readProbeFile(WORD_PROBLEMS, { seed: 1 })];
    const twins = suites.flatMap(({ items }) => items.filter(({ form }) => form === 'twin'));
    expect(twins).toHaveLength(41);
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
    const clusters = items.map(({ cluster }) => cluster).filter((cluster) => cluster !== 'distracted');
    expect(clusters).toEqual(['exam', 'exam-text', 'restyled', 'lettered']);
    for (const { prompt, question, cluster } of items) {
      expect(prompt).toMatch(/A\W{1,2}one\s.*B\W{1,2}two\s.*C\W{1,2}three\s.*D\W{1,2}\w/s);
      if (cluster === 'lettered' || cluster === 'exam-text') {
        expect(question).toMatchObject({ answer: 1, choices: ['one', 'two', 'three', last] });
        continue;
      }
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
        { seed },
      );
      for (const { cluster } of items) clusters.add(cluster);
    }
    const all = ['exam', 'exam-text', 'open-question', 'open-phrase', 'permuted', 'cloze', 'restyled', 'distracted'];
    expect(clusters).toEqual(new Set(all));
  });

  it('complete a sentence in the cloze form, and drop its blank', async () => {
    const record = { question: 'The oven of a potter is called a ____.', choices: ['kiln', 'loom'], answer: 0 };
    for (const { prompt } of await itemsOf(record, 'cloze')) {
      expect(prompt).toMatch(/\nThe oven of a potter is called a$/);
    }
  });

  it('keep a blank in the middle of a question', async () => {
    const record = { question: 'The ____ is the oven of a potter.', choices: ['kiln', 'loom'], answer: 0 };
    for (const { prompt } of await itemsOf(record, 'cloze')) {
      expect(prompt).toMatch(/The ____ is the oven of a potter\.(\n.*)?\nAnswer:$/s);
    }
  });

  it('use no label that the question or a choice contains', async () => {
    const record = { question: 'Let a + p = x (ii). What is w?', choices: ['3', 'b', 'c', '4z'], answer: 0 };
    for (const { question } of await itemsOf(record, 'restyled')) {
      expect(question).toMatchObject({
        choices: ['A', 'B', 'C', 'D'].map((letter) => expect.stringContaining(letter)),
      });
    }
  });

  it('use no roman numerals as labels if statements are numbered with them', async () => {
    const record = { question: 'Which of I and II hold?', choices: ['I only', 'II only', 'I and II'], answer: 0 };
    for (const { prompt } of await itemsOf(record, 'restyled')) expect(prompt).not.toContain('(ii)');
  });

  it('score text as `scoring` says, and labels always raw', async () => {
    const { items } = await readProbeFile(CHOICES, { seed: 1, scoring: 'per-byte' });
    expect(new Set(items.map(({ cluster }) => cluster))).toContain('cloze');
    for (const { cluster, question } of items) {
      expect(question).toMatchObject({ scoring: TEXT_CLUSTERS.has(cluster) ? 'per-byte' : 'raw' });
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

async function readOne(record: object, options: Partial<ProbeFileOptions> = {}): Promise<FileSuite> {
  const file = join(temporaryFolder(), 'one.jsonl');
  writeFileSync(file, JSON.stringify({ id: 'one', ...record }));
  return readProbeFile(file, { seed: 0, ...options });
}

/** The items of one record with one template, under thirty seeds: at least one of them has it. */
async function itemsOf(record: object, template: string): Promise<ProbeItem[]> {
  const suites = await Promise.all(Array.from({ length: 30 }, (_, seed) => readOne(record, { seed })));
  const items = suites.flatMap((suite) => suite.items.filter(({ cluster }) => cluster === template));
  expect(items.length).toBeGreaterThan(0);
  return items;
}

async function distracted(record: object): Promise<string> {
  return at(await itemsOf(record, 'distracted'), 0).prompt;
}
