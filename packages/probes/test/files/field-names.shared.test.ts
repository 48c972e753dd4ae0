import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import type { FieldNames } from '../../src/files/fields/field-names.ts';
import { readProbeFile } from '../../src/files/read.ts';

async function read(content: string, name: string, fields?: FieldNames) {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return readProbeFile(file, { seed: 1, ...(fields === undefined ? {} : { fields }) });
}

/** The benchmark form of each question, and the letter or text that is right. */
async function exams(content: string, name: string, fields?: FieldNames): Promise<[string, string][]> {
  const { items } = await read(content, name, fields);
  return items.flatMap(({ form, prompt, question }): [string, string][] => {
    if (form !== 'benchmark') return [];
    return [[prompt, question.kind === 'exact' ? question.target : at(question.choices, question.answer)]];
  });
}

async function errorOf(content: string, name: string, fields?: FieldNames): Promise<string> {
  const error = await read(content, name, fields).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message.replace(/^\S*shadow-gate-\w+\//, '');
}

const jsonl = (...records: object[]) => records.map((record) => JSON.stringify(record)).join('\n');

const OURS = { question: 'ctx', choices: 'endings', answer: 'label' } as const;
const RECORD = { ctx: 'Ice is', endings: ['hot', 'cold'], label: 1, prompt: 'x', form: 'y' };
const EXAM = 'Question: Ice is\nA. hot\nB. cold\nAnswer:';

describe('a mapping of field names', () => {
  it.each([
    ['an index', 1],
    ['an index in quotes', '1'],
    ['a letter', 'B'],
    ['a text', 'cold'],
  ])('takes %s as the answer, and derives every kind of twin', async (_, label) => {
    const content = jsonl({ ...RECORD, label });
    expect(await exams(content, 'my.jsonl', OURS)).toEqual([[EXAM, 'B']]);
    const { items } = await read(content, 'my.jsonl', OURS);
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set([undefined, 'open', 'format']));
    const same = jsonl({ question: 'Ice is', choices: ['hot', 'cold'], answer: 'B' });
    expect(items).toEqual((await read(same, 'my.jsonl')).items);
  });

  it('takes texts for texts where all answers are choices, as without a mapping', async () => {
    const content = jsonl({ ctx: '1 + 1?', endings: ['1', '2', '3'], label: '2' });
    expect(await exams(content, 'my.jsonl', OURS)).toEqual([['Question: 1 + 1?\nA. 1\nB. 2\nC. 3\nAnswer:', 'B']]);
  });

  it('may name a field for each choice, id and subject, or a question without choices', async () => {
    const fields = {
      id: 'n',
      subject: 'topic',
      question: 'q',
      choices: ['c1', 'c2', 'c3'],
      answer: 'right',
    };
    const records = [
      { n: 5, topic: 'ice', q: 'Ice is', right: 'A', c1: 'cold', c2: 'hot', c3: 'dry' },
      { n: 6, topic: 'fire', q: 'Fire is', right: 'hot', c1: 'hot', c2: 'cold' },
    ];
    const { items } = await read(jsonl(...records), 'my.jsonl', fields);
    const [first, second] = items.filter(({ form }) => form === 'benchmark');
    expect(first).toMatchObject({
      id: '5',
      family: 'ice',
      prompt: 'Question: Ice is\nA. cold\nB. hot\nC. dry\nAnswer:',
    });
    expect(second).toMatchObject({ id: '6', family: 'fire', prompt: 'Question: Fire is\nA. hot\nB. cold\nAnswer:' });
    expect(await exams(jsonl({ q: 'How many?', n: 3 }), 'my.jsonl', { question: 'q', answer: 'n' })).toEqual([
      ['Question: How many?\nAnswer (a number):', '3'],
    ]);
  });

  it('takes tables with any header: choices in one cell as a JSON list, or in columns of their own', async () => {
    const list = 'ctx,endings,label\nIce is,"[""hot"",""cold""]",1\n';
    expect(await exams(list, 'my.csv', OURS)).toEqual([[EXAM, 'B']]);
    const columns = 'x\ty\tz\tA\nIce is\thot\tcold\tB\n';
    const fields = { question: 'x', choices: ['y', 'z'], answer: 'A' };
    expect(await exams(columns, 'my.tsv', fields)).toEqual([[EXAM, 'B']]);
  });

  it('leads into fields by dots, where no field has the name itself', async () => {
    const arc = { question: 'Ice is', choices: { text: ['hot', 'cold'], label: ['1', '2'] }, answerKey: '2' };
    const fields = { question: 'question', choices: 'choices.text', answer: 'answerKey' };
    // By its label, not as an index.
    expect(await exams(jsonl(arc), 'my.jsonl', fields)).toEqual([[EXAM, 'B']]);
    expect(await exams(jsonl(arc), 'my.jsonl', { ...fields, choices: 'choices' })).toEqual([[EXAM, 'B']]);
    const literal = { ...arc, 'choices.text': ['warm', 'cool'], 'choices.label': ['1', '2'] };
    expect(await exams(jsonl(literal), 'my.jsonl', fields)).toEqual([
      [EXAM.replace('hot', 'warm').replace('cold', 'cool'), 'B'],
    ]);
    const deep = { data: { q: { stem: 'Ice is' }, options: [{ v: 'hot' }, { v: 'cold' }], gold: [{ index: 1 }] } };
    const paths = { question: 'data.q.stem', choices: 'data.options.v', answer: 'data.gold.0.index' };
    expect(await exams(jsonl(deep), 'my.jsonl', paths)).toEqual([[EXAM, 'B']]);
    const each = { ...paths, choices: ['data.options.0.v', 'data.options.1.v'] };
    expect(await exams(jsonl(deep), 'my.jsonl', each)).toEqual([[EXAM, 'B']]);
    expect(await errorOf(jsonl(deep), 'my.jsonl', { ...paths, answer: 'data.gold.1.index' })).toMatch(
      /^my\.jsonl: fields\.answer: no record has "data\.gold\.1\.index"/,
    );
    expect(await errorOf(jsonl(deep), 'my.jsonl', { ...paths, choices: 'data.options.w' })).toMatch(
      /^my\.jsonl: fields\.choices: no record has "data\.options\.w"/,
    );
  });

  it.each<[string, unknown, string[], string | RegExp]>([
    ['a label', 'B', ['A', 'B'], 'B'],
    ['a label that is a number', '2', ['1', '2'], 'B'],
    ['an index where the labels are letters', 0, ['A', 'B'], 'A'],
    ['a text', 'cold', ['A', 'B'], 'B'],
    ['an index where the labels are numbers', '0', ['1', '2'], /: answerKey: "0" is none of the labels/],
    ['another letter', 'A', ['E', 'F'], /: answerKey: "A" is none of the labels/],
  ])('of choices with labels: %s', async (_, answerKey, label, expected) => {
    const content = jsonl({ q: 'Ice is', c: { text: ['hot', 'cold'], label }, answerKey });
    const fields = { question: 'q', choices: 'c', answer: 'answerKey' };
    if (typeof expected !== 'string') return expect(await errorOf(content, 'my.jsonl', fields)).toMatch(expected);
    expect(await exams(content, 'my.jsonl', fields)).toEqual([[EXAM, expected]]);
  });

  it.each<[string, string, string, FieldNames, RegExp]>([
    [
      'no record has',
      jsonl(RECORD),
      'my.jsonl',
      { ...OURS, choices: 'ends' },
      /^my\.jsonl: fields\.choices: no record has "ends"/,
    ],
    [
      'no header has',
      'ctx,answer\na,b\n',
      'my.csv',
      { question: 'q' },
      /^my\.csv: fields\.question: no record has "q"/,
    ],
    [
      'one record lacks',
      jsonl(RECORD, { ...RECORD, endings: undefined }),
      'my.jsonl',
      OURS,
      /^my\.jsonl:2: endings: is missing/,
    ],
    [
      'has an index that is too large',
      jsonl({ ...RECORD, label: 2 }),
      'my.jsonl',
      OURS,
      /^my\.jsonl:1: label: 2 is out of range/,
    ],
    [
      'has an answer that is no choice',
      jsonl({ ...RECORD, label: 'dry' }),
      'my.jsonl',
      OURS,
      /^my\.jsonl:1: label: "dry" is not one of the choices/,
    ],
    [
      'has no list in a cell',
      'ctx,endings,label\na,b,0\n',
      'my.csv',
      OURS,
      /^my\.csv:2: endings: "b" is not a JSON list/,
    ],
    [
      'has a gap among choices',
      jsonl({ q: 'Q', a: 'x', b: '', c: 'z', n: 0 }),
      'my.jsonl',
      { question: 'q', choices: ['a', 'b', 'c'], answer: 'n' },
      /^my\.jsonl:1: b: is missing, but a later choice is there/,
    ],
    ['is of templates', 'templates: []', 'my.templates.yaml', OURS, /fields: templates have no records/],
  ])('is refused if a field %s', async (_, content, name, fields, message) => {
    expect(await errorOf(content, name, fields)).toMatch(message);
  });
});

describe('the field names of public benchmarks', () => {
  const two = { text: ['hot', 'cold'], label: ['A', 'B'] };
  it.each<[string, object, string, string]>([
    ['ARC', { id: 'a', question: 'Ice is', choices: two, answerKey: 'B' }, EXAM, 'B'],
    ['ARC with numbers', { question: 'Ice is', choices: { ...two, label: ['1', '2'] }, answerKey: '2' }, EXAM, 'B'],
    ['OpenBookQA', { question_stem: 'Ice is', choices: two, answerKey: 'A' }, EXAM, 'A'],
    ['HellaSwag', { ind: 24, ctx_a: 'Ice', ctx: 'Ice is', endings: two.text, label: '1' }, EXAM, 'B'],
    ['PIQA', { goal: 'Ice is', sol1: 'hot', sol2: 'cold', label: 1 }, EXAM, 'B'],
    [
      'WinoGrande',
      { sentence: 'Ice in tea makes _ cold.', option1: 'ice', option2: 'tea', answer: '2' },
      'Question: Ice in tea makes ____ cold.\nA. ice\nB. tea\nAnswer:',
      'B',
    ],
    ['MMLU-Pro', { question: 'Ice is', options: two.text, answer: 'B', answer_index: 1, category: 'x' }, EXAM, 'B'],
    ['a table with numbers', { question: 'Ice is', choice0: 'hot', choice1: 'cold', answer: 1 }, EXAM, 'B'],
    ['a table with letters', { question: 'Ice is', A: 'hot', B: 'cold', answer: 'B' }, EXAM, 'B'],
    ['MMLU-Pro without indexes', { question: 'Ice is', options: two.text, answer: 'B' }, EXAM, 'B'],
  ])('of %s need no mapping', async (_, record, prompt, answer) => {
    expect(await exams(jsonl(record), 'my.jsonl')).toEqual([[prompt, answer]]);
    expect(await exams(JSON.stringify([record]), 'my.json')).toEqual([[prompt, answer]]);
  });

  it('are read in tables too', async () => {
    expect(await exams('goal,sol1,sol2,label\nIce is,hot,cold,1\n', 'my.csv')).toEqual([[EXAM, 'B']]);
    expect(await exams('ctx\tendings\tlabel\nIce is\t"[""hot"",""cold""]"\t1\n', 'my.tsv')).toEqual([[EXAM, 'B']]);
  });

  it.each<[string, object, RegExp]>([
    [
      'choices from 1',
      { question: 'Q', choice1: 'a', choice2: 'b', answer: 1 },
      /^my\.jsonl: no record has "choice0", but one has "choice2" — name the fields of the choices choice0, choice1, …/,
    ],
    ['a letter left out', { question: 'Q', A: 'a', B: 'b', D: 'd', answer: 'D' }, /^my\.jsonl: no record has "C", but/],
    [
      'a label of no choice',
      { question: 'Q', choices: two, answerKey: 'C' },
      /:1: answerKey: "C" is none of the labels \["A","B"\]/,
    ],
    [
      'labels for other texts',
      { question: 'Q', choices: { ...two, label: ['A'] }, answerKey: 'A' },
      /:1: choices: 2 texts, but 1 labels/,
    ],
    [
      'a number without labels',
      { question: 'Q', choices: two.text, answerKey: '1' },
      /:1: answerKey: "1" is a number, and the choices have no/,
    ],
    ['the test split of HellaSwag', { ctx: 'Q', endings: two.text, label: '' }, /:1: label: "" is not an index from 0/],
    ['the test split of PIQA', { goal: 'Q', sol1: 'a', sol2: 'b', label: -1 }, /:1: label: -1 is not an index from 0/],
    [
      'the test split of WinoGrande',
      { sentence: 'a _', option1: 'b', option2: 'c', answer: '' },
      /:1: answer: "" is not 1 or 2/,
    ],
    [
      'a sentence without a blank',
      { sentence: 'a', option1: 'b', option2: 'c', answer: '1' },
      /:1: sentence: 0 blanks/,
    ],
    [
      'two answers that differ',
      { question: 'Q', options: two.text, answer: 'A', answer_index: 1 },
      /:1: answer_index: 1 is B, but answer is "A"/,
    ],
    ['an index out of range', { ctx: 'Q', endings: two.text, label: '2' }, /:1: label: 2 is out of range/],
  ])('are refused with %s', async (_, record, message) => {
    expect(await errorOf(jsonl(record), 'my.jsonl')).toMatch(message);
  });
});

describe('other formats of a file', () => {
  it('JSON is one list of records, whose errors name record and line', async () => {
    const good = { question: 'Ice, [is] {', choices: ['a"]', 'b'], answer: 0 };
    const text = `[${JSON.stringify(good)},\n\n {"question": "x\\n",\n"choices": ["a", "b"], "answer": 5}\n]`;
    expect(await errorOf(text, 'my.json')).toMatch(/^my\.json: record 2 \(line 3\): answer: 5 is out of range/);
    const { items } = await read(JSON.stringify([good, { ...good, question: 'Other' }]), 'my.json');
    expect(items.flatMap(({ form, id }) => (form === 'benchmark' ? [id] : []))).toEqual(['my:1', 'my:2']);
  });

  it.each([
    ['one object', '{"question": "x"}', /^my\.json is not a list of records/],
    ['JSONL', '{"question": "x"}\n{"question": "y"}', /^my\.json is not JSON/],
    ['a list of texts', '["a"]', /^my\.json: record 1 \(line 1\): not a JSON object/],
    ['an empty list', '[]', /^my\.json has no records/],
    ['nothing', ' \n', /^my\.json has no records/],
    [
      'a record of 2 MB',
      `[{"question": "${'a'.repeat(2 ** 21)}"}]`,
      /record 1 \(line 1\): more than 1048576 characters/,
    ],
    [
      'half a surrogate pair',
      '[{"question": "\\ud800", "answer": "x"}]',
      /record 1 \(line 1\): question: has half a surrogate/,
    ],
  ])('JSON is refused if it is %s', async (_, content, message) => {
    expect(await errorOf(content, 'my.json')).toMatch(message);
  });

  it('TSV has the quotes of CSV', async () => {
    const text = 'question\tA\tB\tanswer\n"Ice ""is""\t?"\thot, or\tcold\tB\n';
    expect(await exams(text, 'my.tsv')).toEqual([['Question: Ice "is"\t?\nA. hot, or\nB. cold\nAnswer:', 'B']]);
    expect(await errorOf('question,answer\na,b\n', 'my.tsv')).toMatch(/:1: the header has neither/);
    expect(await errorOf('question\tanswer\na\tb\tc\n', 'my.tsv')).toMatch(/:2: 3 columns, but the header has 2/);
  });

  it("MMLU's own CSV has no header", async () => {
    const text = 'Ice is,hot,cold,dry,wet,B\n"1, then 2?",1,2,3,4,C\n';
    expect(await exams(text, 'my.csv')).toEqual([
      ['Question: Ice is\nA. hot\nB. cold\nC. dry\nD. wet\nAnswer:', 'B'],
      ['Question: 1, then 2?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer:', 'C'],
    ]);
    expect(await errorOf(`${text}Who?,a,b,c,d,0\n`, 'my.csv')).toMatch(
      /^my\.csv:3: answer: "0" is not a letter from A to D/,
    );
    expect(await errorOf(`${text}Who?,a,b,c,D\n`, 'my.csv')).toMatch(/^my\.csv:3: 5 columns, but the first row has 6/);
    expect(await errorOf('Ice is,hot,cold,dry,wet,1\n', 'my.csv')).toMatch(/^my\.csv:1: the header has neither/);
  });
});
