import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, shared, temporaryFolder } from '../../../../test/fixtures.ts';
import { itNeeds } from '../../../../test/needs.ts';
import { readCsv } from '../../src/files/formats/csv.ts';
import { readJsonl } from '../../src/files/formats/jsonl.ts';
import { MAX_LINE_BYTES, MAX_PROBE_FILE_BYTES, MAX_RECORDS, readLines } from '../../src/files/formats/lines.ts';
import { type FileSuite, type ProbeFileOptions, readProbeFile } from '../../src/files/read.ts';

const CHOICE = '{"question": "How many?", "choices": ["1", "2"], "answer": 0}';
const EXACT = '{"question": "How many?", "answer": "one\\n#### 1"}';
const BENCHMARK = '{"id": "b", "capability": "c", "form": "benchmark", "prompt": "P", "target": "t"}';
const TWIN = '{"id": "t", "capability": "c", "form": "twin", "twin_of": "b", "prompt": "Q", "target": "t"}';

async function read(
  content: string | Buffer,
  name = 'my.jsonl',
  options: ProbeFileOptions = { seed: 1 },
): Promise<FileSuite> {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, content);
  return readProbeFile(file, options);
}

/** The message of the error, without the folder of the file. */
async function errorOf(content: string | Buffer, name = 'my.jsonl'): Promise<string> {
  const error = await read(content, name).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(UserError);
  const { message, hint } = error as UserError;
  expect(message).not.toMatch(/[\n\r\0]/);
  expect(message.length).toBeLessThan(600);
  expect(hint.length).toBeGreaterThan(5);
  return message.replace(/^\S*shadow-gate-\w+\//, '');
}

describe('a file of more records than can be asked', () => {
  const most = MAX_RECORDS;

  it('in JSONL is refused at the first record too many', () => {
    let read = 0;
    function* endless() {
      for (;;) {
        read += 1;
        yield { number: read, text: CHOICE };
      }
    }
    expect(() => readJsonl(endless(), 'my.jsonl')).toThrow(
      /^my\.jsonl has more than 100000 records — use a part of it$/,
    );
    expect(read).toBe(most + 1);
  });

  it.each([
    ['my.json', `[${'{},'.repeat(most)}{}]`],
    ['my.csv', `question,answer\n${'q,a\n'.repeat(most + 1)}`],
  ])('is refused before its records are checked: %s', async (name, content) => {
    expect(await errorOf(content, name)).toBe(`${name} has more than 100000 records — use a part of it`);
  });

  it('in parquet is refused by the footer', async () => {
    await expect(readProbeFile(fixture('parquet', 'many-rows.parquet'), { seed: 1 })).rejects.toThrow(
      /many-rows\.parquet has 100001 rows, and at most 100000 are read — use a part of it$/,
    );
  });

  it('is read where MMLU has one: 99,842 questions', () => {
    function* lines() {
      for (let number = 1; number <= 99_842; number++) yield { number, text: CHOICE };
    }
    expect(readJsonl(lines(), 'my.jsonl')).toHaveLength(99_842);
  });
});

it('a CSV file of 150,000 columns is read in a time that grows with them, not with their square', () => {
  const names = Array.from({ length: 150_000 }, (_, i) => `c${i.toString(36)}`);
  const text = `question,answer,${names.join(',')},answer\nq,a`;
  // Looking for each name among all took minutes.
  expect(() => readCsv(readLines(Buffer.from(text), 'my.csv'), 'my.csv')).toThrow(/the header has "answer" twice/);
});

/** A record with some fields changed; `undefined` removes one. */
function but(record: string, change: object): string {
  return JSON.stringify({ ...(JSON.parse(record) as object), ...change });
}

describe('a probe file', () => {
  it('of multiple-choice questions may leave out ids, capabilities and families', async () => {
    const full = {
      id: 7,
      capability: 'recall',
      family: 'f',
      subject: 's',
      extra: [1],
      question: ' Q? ',
      choices: [' a', 'b '],
      answer: 'b',
    };
    const text = `\uFEFF${CHOICE}\r\n\r\n${JSON.stringify(full)}\n${but(CHOICE, { subject: 's', answer: 'B' })}`;
    const { items, seeded, warnings } = await read(text, 'my.NDJSON');
    expect(seeded).toBe(true);
    expect(warnings).toEqual([]);
    const benchmark = { form: 'benchmark', cluster: 'exam' } as const;
    expect(items.filter(({ form }) => form === 'benchmark')).toEqual([
      {
        ...benchmark,
        id: 'my:1',
        fact: 'my:1',
        capability: 'benchmark',
        family: 'benchmark',
        prompt: 'Question: How many?\nA. 1\nB. 2\nAnswer:',
        question: { kind: 'choice', choices: ['A', 'B'], answer: 0, scoring: 'raw' },
      },
      {
        ...benchmark,
        id: '7',
        fact: '7',
        capability: 'recall',
        family: 'f',
        prompt: 'Question: Q?\nA. a\nB. b\nAnswer:',
        question: { kind: 'choice', choices: ['A', 'B'], answer: 1, scoring: 'raw' },
      },
      expect.objectContaining({ id: 'my:4', family: 's', question: expect.objectContaining({ answer: 1 }) }),
    ]);
    for (const { id, fact, form, cluster } of items) {
      expect(id).toBe(form === 'benchmark' ? fact : `${fact}.${cluster}`);
    }
  });

  it.each([
    ['"1 + 1\\n#### 2"', '2'],
    ['"#### 1\\n#### $1,234.50 "', '1234.50'],
    ['"#### \u22125"', '-5'],
    ['42', '42'],
    ['" 1,000 "', '1000'],
    ['.5', null],
    ['"an owl"', 'an owl'],
    ['"5%"', '5%'],
  ])('of final answers: %s has the target %s', async (answer, target) => {
    const line = `{"question": "How many?", "answer": ${answer}}`;
    if (target === null) return expect(await errorOf(line)).toMatch(/^my\.jsonl:1: not JSON/);
    const { items } = await read(line, 'my.json-lines');
    const ask = /^-?[\d.]+$/.test(target) ? 'Answer (a number):' : 'Answer:';
    expect(items[0]).toEqual({
      id: 'my:1',
      fact: 'my:1',
      capability: 'benchmark',
      family: 'benchmark',
      form: 'benchmark',
      cluster: 'exam',
      prompt: `Question: How many?\n${ask}`,
      question: { kind: 'exact', target },
    });
    expect(items.map(({ cluster }) => cluster).slice(0, 2)).toEqual(['exam', 'restyled']);
  });

  it('of pairs is used as it is', async () => {
    const lines = [
      '{"id": 1, "capability": "c", "form": "benchmark", "twin_of": null, "prompt": " P\\nQ:", "choices": ["x", "y"], "answer": 1, "content": "new", "family": "hard", "note": 5}',
      '{"id": "t", "capability": "c", "form": "twin", "twin_of": 1, "prompt": "R", "target": "y", "cluster": "odd", "family": "hard"}',
      '{"id": "u", "capability": "c", "form": "twin", "twin_of": "1", "prompt": "S", "choices": ["x", "y"], "answer": 1, "family": "hard", "scoring": "per-byte"}',
    ];
    const { items } = await read(lines.join('\n'));
    const common = { capability: 'c', family: 'hard', fact: '1' };
    const choice = { kind: 'choice', choices: ['x', 'y'], answer: 1 };
    expect(items).toEqual([
      {
        ...common,
        id: '1',
        form: 'benchmark',
        cluster: 'exam',
        prompt: ' P\nQ:',
        question: { ...choice, scoring: 'raw' },
      },
      {
        ...common,
        id: 't',
        form: 'twin',
        kind: 'open',
        cluster: 'odd',
        prompt: 'R',
        question: { kind: 'exact', target: 'y' },
      },
      {
        ...common,
        id: 'u',
        form: 'twin',
        kind: 'open',
        cluster: 'twin',
        prompt: 'S',
        question: { ...choice, scoring: 'per-byte' },
      },
    ]);
    const scored = await read(lines.join('\n'), 'my.jsonl', { seed: 1, scoring: 'per-character' });
    expect(scored.items.map(({ question }) => question.kind === 'choice' && question.scoring)).toEqual([
      'per-character',
      false,
      'per-byte',
    ]);
  });

  const zoo = shared('zoo', 'probes.jsonl');
  itNeeds(Boolean(zoo), '../shared/zoo')('of the controlled study is read as pairs', async () => {
    if (!zoo) return;
    const { items } = await readProbeFile(zoo, { seed: 1 });
    expect(items).toHaveLength(810);
    expect(items.filter(({ form }) => form === 'benchmark')).toHaveLength(270);
    expect(new Set(items.map(({ family }) => family))).toEqual(new Set(['recall', 'reasoning', 'composition']));
    expect(items.at(1)).toMatchObject({
      fact: 'recall-new-000.exam',
      cluster: 'F_cloze',
      question: { answer: 0, scoring: 'raw' },
    });
  });

  it('may have a choice twice, as MMLU does, with a warning: no twin depends on which of the two is right', async () => {
    const { items, warnings } = await read(but(CHOICE, { choices: ['687', '687', '1,493'] }));
    expect(warnings).toEqual([expect.stringMatching(/my\.jsonl:1: choices: /)]);
    const clusters = items.map(({ cluster }) => cluster).filter((cluster) => cluster !== 'distracted');
    expect(clusters).toEqual(['exam', 'exam-text', 'open-question', 'open-phrase', 'cloze']);
    for (const { question, cluster } of items) {
      if (cluster !== 'exam' && cluster !== 'distracted') {
        expect(question).toMatchObject({ choices: ['687', '1,493'], answer: 0 });
      }
    }
  });
});

describe('a probe file is refused, with file, line, field and a hint,', () => {
  it.each<[string, string, RegExp]>([
    ['broken JSON', '{"question": "a', /:2: not JSON: /],
    ['a list for an object', '["question"]', /:2: not a JSON object/],
    ['null for an object', 'null', /:2: not a JSON object/],
    ['no known key at all', '{"text": "a"}', /:2: neither "question" nor "prompt"/],
    ['a missing answer', but(CHOICE, { answer: undefined }), /:2: answer: is missing/],
    ['a null answer', but(CHOICE, { answer: null }), /:2: answer: must be an index, a letter or the text of a choice/],
    ['a question that is not text', but(CHOICE, { question: 3 }), /:2: question: must be text/],
    ['an empty question', but(CHOICE, { question: ' \n' }), /:2: question: is empty/],
    ['a NUL', but(CHOICE, { question: 'a\0' }), /:2: question: contains a NUL/],
    [
      'half a surrogate pair',
      `${CHOICE.slice(0, -1)}, "subject": "\\ud800"}`,
      /:2: subject: has half a surrogate pair/,
    ],
    [
      'half a surrogate pair in a choice',
      but(CHOICE, { choices: ['a', '\udc00'] }),
      /:2: choices: 1: has half a surrogate/,
    ],
    ['choices that are not a list', but(CHOICE, { choices: 'ab' }), /:2: choices: must be a list of texts/],
    ['a choice that is not text', but(CHOICE, { choices: ['a', 2] }), /:2: choices: 1: must be text/],
    [
      'many choices that are not text',
      but(CHOICE, { choices: Array(9).fill(1) }),
      /:2: choices: 0: must be text; .*; and 6 more/,
    ],
    ['an empty choice', but(CHOICE, { choices: ['a', ' '] }), /:2: choices: 1: is empty/],
    ['one choice', but(CHOICE, { choices: ['1'] }), /:2: choices: fewer than two/],
    ['choices that are all the same', but(CHOICE, { choices: ['1', '1 '] }), /:2: choices: all are "1"/],
    ['27 choices', but(CHOICE, { choices: [...'abcdefghijklmnopqrstuvwxyzä'] }), /:2: choices: more than 26/],
    ['an index out of range', but(CHOICE, { answer: 2 }), /:2: answer: 2 is out of range — .* from 0 to 1/],
    ['a negative index', but(CHOICE, { answer: -1 }), /:2: answer: -1 is out of range/],
    ['half an index', but(CHOICE, { answer: 0.5 }), /:2: answer: 0.5 is out of range/],
    [
      'a letter out of range',
      but(CHOICE, { answer: 'C' }),
      /:2: answer: the letter C is out of range — .* from A to B/,
    ],
    ['a text that is not a choice', but(CHOICE, { answer: '3' }), /:2: answer: "3" is not one of the choices/],
    [
      'a long text that is not a choice',
      but(CHOICE, { answer: 'a'.repeat(9999) }),
      /:2: answer: "a{40,80}… is not one of the choices/,
    ],
    [
      'a letter that is also the text of another choice',
      but(CHOICE, { choices: ['B', 'A'], answer: 'A' }),
      /:2: answer: "A" can mean choice 0 or choice 1/,
    ],
    [
      'a text that two choices have',
      but(CHOICE, { choices: ['1', '1', '2'], answer: '1' }),
      /:2: answer: "1" can mean choice 0 or/,
    ],
    ['an id that is neither text nor number', but(CHOICE, { id: true }), /:2: id: must be text or a number/],
    ['an id that JSON rounds', but(CHOICE, { id: 2 ** 53 }), /:2: id: has too many digits for a number/],
    ['an empty id', but(CHOICE, { id: '' }), /:2: id: is empty/],
    ['an id in use', but(CHOICE, { id: 'my:1' }), /:2: id: \S*my\.jsonl:1 already has the id "my:1"/],
    ['a capability that is not text', but(CHOICE, { capability: 1 }), /:2: capability: must be text/],
    ['an empty family', but(CHOICE, { family: '' }), /:2: family: is empty/],
    ['another format', EXACT, /:2: a question without choices, but \S*my\.jsonl:1 is a question with choices/],
  ])('for a multiple-choice question with %s', async (_, line, pattern) => {
    expect(await errorOf(`${CHOICE}\n${line}\n${CHOICE}`)).toMatch(pattern);
  });

  it('for an id that a derived twin has', async () => {
    const message = await errorOf([EXACT, but(EXACT, { id: 'my:1.restyled' })].join('\n'));
    expect(message).toMatch(/my\.jsonl:2: id: \S*my\.jsonl:1 already has the id "my:1.restyled"/);
  });

  it.each<[string, string, RegExp]>([
    ['a missing answer', but(EXACT, { answer: undefined }), /:2: answer: is missing/],
    ['an answer that is neither text nor number', but(EXACT, { answer: true }), /:2: answer: must be text or a number/],
    ['an answer that JSON rounds', but(EXACT, { answer: 1e21 }), /:2: answer: has too many digits for a number/],
    ['an empty answer', but(EXACT, { answer: '' }), /:2: answer: is empty/],
    ['nothing after the mark', but(EXACT, { answer: 'one ####' }), /:2: answer: nothing after "####"/],
    ['two lines after the mark', but(EXACT, { answer: '#### 1\n2' }), /:2: answer: more than one line/],
    [
      'an explanation for an answer',
      but(EXACT, { answer: 'It is so. '.repeat(9) }),
      /:2: answer: 89 characters are more than 64/,
    ],
    ['an empty question', but(EXACT, { question: '' }), /:2: question: is empty/],
    ['another format', CHOICE, /:2: a question with choices, but \S*my\.jsonl:1 is a question without choices/],
  ])('for a question with a final answer and %s', async (_, line, pattern) => {
    expect(await errorOf(`${EXACT}\n${line}`)).toMatch(pattern);
  });

  const choices = { target: undefined, choices: ['x', 'y'], answer: 0 };
  it.each<[string, string, RegExp]>([
    ['no id', but(TWIN, { id: undefined }), /:2: id: is missing/],
    ['no capability', but(TWIN, { capability: undefined }), /:2: capability: is missing/],
    ['no form', but(TWIN, { form: undefined }), /:2: form: is missing/],
    ['another form', but(TWIN, { form: 'exam' }), /:2: form: must be "benchmark" or "twin"/],
    ['an empty prompt', but(TWIN, { prompt: '' }), /:2: prompt: is empty/],
    ['a prompt with a space at its end', but(TWIN, { prompt: 'P: ' }), /:2: prompt: ends with white space.*remove it/],
    [
      'a choice with a space before it',
      but(TWIN, { ...choices, choices: ['x', ' y'] }),
      /:2: choices: 1: begins with white space/,
    ],
    ['a target with a line end', but(TWIN, { target: 't\n' }), /:2: target: ends with white space/],
    ['neither choices nor target', but(TWIN, { target: undefined }), /:2: neither choices nor target/],
    ['both choices and target', but(TWIN, { ...choices, target: 't' }), /:2: both choices and target/],
    ['one choice', but(TWIN, { ...choices, choices: ['x'] }), /:2: choices: fewer than two/],
    ['a choice twice', but(TWIN, { ...choices, choices: ['x', 'y', 'x'] }), /:2: choices: "x" is there twice/],
    ['no answer', but(TWIN, { ...choices, answer: undefined }), /:2: answer: is missing/],
    [
      'an answer that is not an index',
      but(TWIN, { ...choices, answer: 'x' }),
      /:2: answer: must be the index of a choice/,
    ],
    ['an answer out of range', but(TWIN, { ...choices, answer: 2 }), /:2: answer: 2 is out of range/],
    ['another scoring', but(TWIN, { ...choices, scoring: 'mean' }), /:2: scoring: must be "raw" or "per-character" or/],
    [
      'the prompt of its benchmark form',
      but(TWIN, { prompt: 'P', kind: 'open' }),
      /:2: kind: "open", but its prompt is that of its benchmark form at \S*:1 — ask in another way/,
    ],
    ['a twin of null', but(TWIN, { twin_of: null }), /:2: twin_of: is missing/],
    ['a twin of an unknown item', but(TWIN, { twin_of: 'x' }), /:2: twin_of: "x" is not in the file/],
    [
      'a twin of a twin',
      `${TWIN}\n${but(TWIN, { id: 'u', twin_of: 't' })}`,
      /:3: twin_of: "t" is itself a twin, at \S*:2/,
    ],
    ['a twin of itself', but(TWIN, { twin_of: 't' }), /:2: twin_of: "t" is itself a twin/],
    [
      'another capability',
      but(TWIN, { capability: 'd' }),
      /:2: capability: "d", but its benchmark form at \S*:1 has "c"/,
    ],
    ['another family', but(TWIN, { family: 'new' }), /:2: family: "new", but its benchmark form at \S*:1 has "c"/],
    ['a benchmark form without twin', `${TWIN}\n${but(BENCHMARK, { id: 'x' })}`, /:3: "x" has no twin/],
    [
      'a benchmark form that is a twin',
      but(BENCHMARK, { id: 'x', twin_of: 'b' }),
      /:2: twin_of: a benchmark form is not a twin/,
    ],
    ['an id in use', `${TWIN}\n${TWIN}`, /:3: id: \S*my\.jsonl:2 already has the id "t"/],
    ['another format', CHOICE, /:2: a question with choices, but \S*my\.jsonl:1 is a benchmark form or twin/],
  ])('for pairs with %s', async (_, line, pattern) => {
    expect(await errorOf(`${BENCHMARK}\n${line}`)).toMatch(pattern);
  });

  it('for a line of 50 MB, and not for one of 1 MB', async () => {
    const bytes = 50_000_000;
    const content = Buffer.concat([Buffer.from(`${CHOICE}\n`), Buffer.alloc(bytes, 'a'), Buffer.from(`\n${CHOICE}`)]);
    for (const name of ['my.jsonl', 'my.csv']) {
      expect(await errorOf(content, name)).toMatch(
        new RegExp(`:2: a line of ${bytes} bytes, more than ${MAX_LINE_BYTES}`),
      );
    }
    const long = but(CHOICE, { question: 'a'.repeat(MAX_LINE_BYTES - CHOICE.length) });
    expect((await read(long)).items.length).toBeGreaterThan(3);
  });

  it('if it is too large, empty, missing, a folder, or of another type', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'a.jsonl');
    const outcome = () => readProbeFile(file, { seed: 1 });
    await expect(outcome()).rejects.toThrow(/a\.jsonl does not exist/);
    writeFileSync(file, '');
    truncateSync(file, MAX_PROBE_FILE_BYTES + 1);
    await expect(outcome()).rejects.toThrow(/a\.jsonl has \d+ bytes, more than/);
    mkdirSync(join(folder, 'b.csv'));
    await expect(readProbeFile(join(folder, 'b.csv'), { seed: 1 })).rejects.toThrow(/b\.csv is not a regular file/);
    await expect(readProbeFile(join(folder, 'a.txt'), { seed: 1 })).rejects.toThrow(
      /a\.txt does not have the file extension of a probe file — use one of \.jsonl, .*\.parquet, \.yaml/,
    );
    for (const name of ['my.jsonl', 'my.csv']) {
      for (const content of ['', '\uFEFF', '\n\r\n']) expect(await errorOf(content, name)).toMatch(/ has no records/);
    }
  });

  it('for what is not UTF-8, with the byte, and for a NUL', async () => {
    const first = Buffer.from(`{"question": "ä"}\n`);
    const bad = (...bytes: number[]) =>
      Buffer.concat([first, Buffer.from('"€'), Buffer.from(bytes), Buffer.from('\n')]);
    const offset = first.length + 4;
    for (const name of ['my.jsonl', 'my.csv']) {
      expect(await errorOf(bad(0xff), name)).toMatch(new RegExp(`:2: not UTF-8 at byte ${offset} of the file`));
      expect(await errorOf(bad(0xe2, 0x82), name)).toMatch(/:2: not UTF-8 at byte \d+ of the file/);
      expect(await errorOf(bad(0xed, 0xa0, 0x80), name)).toMatch(/:2: not UTF-8/);
      expect(await errorOf(bad(0), name)).toMatch(/:2: contains a NUL/);
      expect(await errorOf(Buffer.from(`\uFEFF${CHOICE}`, 'utf16le'), name)).toMatch(
        /:1: not UTF-8 at byte 0 of the file/,
      );
    }
  });
});
