import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { readProbeFile } from '../../src/files/read.ts';

async function read(content: string, name: string, seed = 1) {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return readProbeFile(file, { seed });
}

/** The benchmark form of each question, and the letter or text that is right. */
async function exams(content: string, name: string, seed?: number): Promise<[string, string][]> {
  const { items } = await read(content, name, seed);
  return items.flatMap(({ form, prompt, question }): [string, string][] => {
    if (form !== 'benchmark') return [];
    return [[prompt, question.kind === 'exact' ? question.target : at(question.choices, question.answer)]];
  });
}

const errorOf = (content: string, name: string) =>
  read(content, name).then(
    () => 'none',
    (error: Error) => error.message.replace(/^\S*shadow-gate-\w+\//, ''),
  );

const jsonl = (...records: object[]) => records.map((record) => JSON.stringify(record)).join('\n');

/** The options of an exam in the order of their letters, and the text of the right one. */
function optionsOf([prompt, letter]: [string, string]): { options: string[]; right: string | undefined } {
  const options = [...prompt.matchAll(/^[A-Z]\. (.*)$/gm)].map(([, text = '']) => text);
  return { options, right: options[letter.charCodeAt(0) - 'A'.charCodeAt(0)] };
}

describe('TruthfulQA', () => {
  const record = (i: number) => {
    const texts = [`right ${i}`, `wrong ${i}`, `worse ${i}`, `worst ${i}`];
    return {
      question: `What is ${i}?`,
      mc1_targets: { choices: texts, labels: [1, 0, 0, 0] },
      mc2_targets: { choices: [`right ${i}`, `also ${i}`, `wrong ${i}`], labels: [1, 1, 0] },
    };
  };
  const records = Array.from({ length: 200 }, (_, i) => record(i));

  it('has one right answer among its mc1 targets, at places that do not depend on the seed', async () => {
    const found = await exams(jsonl(...records), 'mc.jsonl');
    for (const [i, exam] of found.entries()) {
      const { options, right } = optionsOf(exam);
      expect(right).toBe(`right ${i}`);
      expect([...options].sort()).toEqual([...at(records, i).mc1_targets.choices].sort());
    }
    const places = ['A', 'B', 'C', 'D'].map((letter) => found.filter(([, right]) => right === letter).length);
    // Binomial, 200 draws of 1/4: four deviations are 25.
    for (const count of places) expect(Math.abs(count - 50)).toBeLessThan(25);
    expect(await exams(jsonl(...records), 'mc.jsonl', 7)).toEqual(found);
    expect(await exams(jsonl(at(records, 5)), 'other.jsonl')).toEqual([at(found, 5)]);
  });

  it('is read as its authors publish it: targets by text, and a table of answers', async () => {
    const { question } = record(3);
    const mc1_targets = { 'right 3': 1, 'wrong 3': 0, 'worse 3': 0, 'worst 3': 0 };
    const expected = await exams(jsonl(record(3)), 'mc.jsonl');
    expect(await exams(jsonl({ question, mc1_targets, mc2_targets: { 'right 3': 1 } }), 'mc.jsonl')).toEqual(expected);
    const generation = {
      category: 'c',
      question,
      best_answer: 'right 3',
      correct_answers: ['right 3', 'also'],
      incorrect_answers: ['wrong 3', 'worse 3', 'worst 3'],
    };
    expect(await exams(jsonl(generation), 'gen.jsonl')).toEqual(expected);
    const csv =
      'Type,Category,Question,Best Answer,Best Incorrect Answer,Correct Answers,Incorrect Answers,Source\n' +
      'Adversarial,c,What is 3?,right 3,wrong 3,right 3; also,wrong 3; worse 3;  worst 3;,https://example.com\n';
    expect(await exams(csv, 'TruthfulQA.csv')).toEqual(expected);
    const cell = `question,mc1_targets\nWhat is 3?,"{'choices': array(['right 3', 'wrong 3', 'worse 3', 'worst 3'], dtype=object), 'labels': array([1, 0, 0, 0])}"\n`;
    expect(await exams(cell, 'mc.csv')).toEqual(expected);
  });

  it.each<[string, object, RegExp]>([
    [
      'two right answers',
      { mc1_targets: { choices: ['a', 'b'], labels: [1, 1] } },
      /:1: mc1_targets: labels \[1,1\], but one has to be 1/,
    ],
    ['none', { mc1_targets: { a: 0, b: 0 } }, /:1: mc1_targets: labels \[0,0\], but one has to be 1/],
    [
      'a label missing',
      { mc1_targets: { choices: ['a', 'b'], labels: [1] } },
      /:1: mc1_targets: not one label for each/,
    ],
    ['no targets', { mc1_targets: 'x' }, /:1: mc1_targets: "x"/],
    [
      'only mc2',
      { mc2_targets: { a: 1, b: 1 } },
      /:1: mc2_targets have several right answers — use a file with mc1_targets/,
    ],
    ['no incorrect answers', { best_answer: 'a', incorrect_answers: [] }, /:1: incorrect_answers: fewer than two/],
  ])('is refused with %s', async (_, fields, message) => {
    expect(await errorOf(jsonl({ question: 'Q?', ...fields }), 'mc.jsonl')).toMatch(message);
  });
});

describe('BIG-Bench Hard', () => {
  const task = (...examples: object[]) => JSON.stringify({ canary: 'BENCHMARK "DATA" [', examples });
  const options = 'Options:\n(A) hot\n(B) cold\n(C) dry';

  it('is multiple choice by the options of its inputs, with every kind of twin', async () => {
    const content = task(
      { input: `Ice is\n${options}`, target: '(B)' },
      { input: `Fire is\n${options}`, target: '(A)' },
    );
    expect(await exams(content, 'bbh.json')).toEqual([
      ['Question: Ice is\nA. hot\nB. cold\nC. dry\nAnswer:', 'B'],
      ['Question: Fire is\nA. hot\nB. cold\nC. dry\nAnswer:', 'A'],
    ]);
    const { items } = await read(content, 'bbh.json');
    expect(new Set(items.map(({ cluster }) => cluster))).toEqual(
      new Set(['exam', 'exam-text', 'open-question', 'open-phrase', 'permuted', 'restyled', 'cloze', 'distracted']),
    );
    expect(await exams(`input,target\n"Ice is\n${options}",(B)\n`, 'bbh.csv')).toEqual([
      ['Question: Ice is\nA. hot\nB. cold\nC. dry\nAnswer:', 'B'],
    ]);
  });

  it('has choices where its answers are a pair, and else short answers', async () => {
    const listed = jsonl({ input: 'Is it valid?\nOptions:\n- valid \n- invalid', target: 'invalid' });
    expect(await exams(listed, 'a.jsonl')).toEqual([['Question: Is it valid?\nA. valid\nB. invalid\nAnswer:', 'B']]);
    const pair = jsonl({ input: 'Question: Does A lie?', target: 'No' }, { input: 'Q: Does B?', target: 'Yes' });
    expect(await exams(pair, 'a.jsonl')).toEqual([
      ['Question: Does A lie?\nA. Yes\nB. No\nAnswer:', 'B'],
      ['Question: Does B?\nA. Yes\nB. No\nAnswer:', 'A'],
    ]);
    const short = jsonl({ input: 'How many?', target: '5' }, { input: 'Close: [ (', target: ') ]' });
    expect(await exams(short, 'a.jsonl')).toEqual([
      ['Question: How many?\nAnswer (a number):', '5'],
      ['Question: Close: [ (\nAnswer:', ') ]'],
    ]);
  });

  it('leaves out a few records whose answer is none of their options, and names them', async () => {
    const good = Array.from({ length: 99 }, (_, i) => ({ input: `Number ${i} is\n${options}`, target: '(A)' }));
    const bad = { input: `The last is\n${options}`, target: 'hot, cold' };
    const { items, warnings } = await read(task(...good, bad), 'bbh.json');
    expect(items.filter(({ form }) => form === 'benchmark')).toHaveLength(99);
    expect(warnings.map((text) => text.replace(/^\S*\//, ''))).toEqual([
      'bbh.json: record 100 (line 1): target: "hot, cold" is none of the options; the record is left out',
    ]);
    expect(await errorOf(task(...good.slice(0, 30), bad), 'bbh.json')).toMatch(
      /^bbh\.json: record 31 \(line 1\): target: .* \(1 records of 31 cannot be asked\)/,
    );
  });

  it('has its records in an object, and errors name record and line', async () => {
    const text = `{"examples": "no", "note": {"examples": [1]},\n"examples":\n[{"input": "a", "target": "b"},\n{"input": "c"}]}`;
    expect(await errorOf(text, 'bbh.json')).toMatch(/^bbh\.json: record 2 \(line 4\): target: is missing/);
    expect(await errorOf('{"examples": {}}', 'bbh.json')).toMatch(/^bbh\.json is not a list of records/);
  });
});

describe('a record', () => {
  it('may have null for what is missing, as pandas writes it', async () => {
    const record = {
      id: null,
      capability: null,
      family: null,
      subject: null,
      question: 'Ice is',
      choices: ['hot', 'cold'],
    };
    const { items } = await read(jsonl({ ...record, answer: 1 }), 'a.jsonl');
    expect(items[0]).toMatchObject({ id: 'a:1', capability: 'benchmark', family: 'benchmark' });
    expect(await errorOf(jsonl({ ...record, answer: null }), 'a.jsonl')).toMatch(/:1: answer: must be an index/);
  });
});

describe('MMLU-Pro', () => {
  const record = {
    question_id: 70,
    question: 'Ice is',
    options: ['hot', 'cold', 'N/A', 'N/A'],
    answer: 'B',
    answer_index: 1,
    cot_content: '',
    category: 'physics',
    src: 'ori_mmlu-x',
  };

  it('has ids, categories, and no options that only fill its places', async () => {
    const { items } = await read(jsonl(record), 'pro.jsonl');
    expect(items[0]).toMatchObject({
      id: '70',
      family: 'physics',
      prompt: 'Question: Ice is\nA. hot\nB. cold\nAnswer:',
    });
    expect(await errorOf(jsonl({ ...record, answer: 'D', answer_index: 3 }), 'pro.jsonl')).toBe('none');
  });
});

describe('a table that pandas wrote', () => {
  const table = (name: string) => readFileSync(fixture('probes', 'tables', name), 'utf8');
  it.each(['arc-numpy.csv', 'arc-python.csv', 'arc-flat.csv'])('has choices with labels: %s', async (name) => {
    expect(await exams(table(name), name)).toEqual([
      ['Question: Ice is\nA. hot\nB. cold\nAnswer:', 'B'],
      ['Question: Fire is\nA. hot\nB. wet\nC. cold\nAnswer:', 'A'],
    ]);
  });

  it.each(['hellaswag-numpy.csv', 'hellaswag-python.csv'])('has lists of choices: %s', async (name) => {
    expect(await exams(table(name), name)).toEqual([
      ['Question: Ice is\nA. it\'s "hot"\nB. cold,\nor not\nC. a\\b\té\nAnswer:', 'B'],
    ]);
  });

  it('may have the original nesting of ARC in JSON', async () => {
    const record = {
      id: 'x',
      question: {
        stem: 'Ice is',
        choices: [
          { text: 'hot', label: '1' },
          { text: 'cold', label: '2' },
        ],
      },
      answerKey: '2',
    };
    expect(await exams(jsonl(record), 'arc.jsonl')).toEqual([['Question: Ice is\nA. hot\nB. cold\nAnswer:', 'B']]);
  });
});
