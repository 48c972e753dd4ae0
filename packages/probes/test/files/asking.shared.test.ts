import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { judgeAnswer } from '../../src/exact-answer.ts';
import { type ProbeFileOptions, readProbeFile } from '../../src/files/read.ts';
import type { ProbeItem } from '../../src/item.ts';

const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const CHOICES = [1, 2, 3, 4, 5, 6].map((n) => ({
  question: `Which {choices} is number ${n}?`,
  choices: ['north', 'south', 'east', 'west'].map((word) => `${word} ${n}`),
  answer: n % 4,
}));
const DEV = [7, 8].map((n) => ({
  question: `What is dev ${n}?`,
  choices: ['x', 'y', 'z', 'w'].map((c) => `${c}${n}`),
  answer: n - 7,
}));
const PROBLEMS = [
  { question: 'Ann has 16 eggs and eats 3. How many are left?', answer: 'She has 16-3=<<16-3=13>>13 left.\n#### 13' },
];
const SHOTS = [{ question: 'Bo has 2 pens and buys 5. How many has he?', answer: 'He has 2+5=<<2+5=7>>7.\n#### 7' }];

let folder: string;
const path = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(path('exam.jsonl'), lines(CHOICES));
  await writeFile(path('dev.jsonl'), lines(DEV));
  await writeFile(path('math.jsonl'), lines(PROBLEMS));
  await writeFile(path('shots.jsonl'), lines(SHOTS));
});

async function ask(name: string, options: Partial<ProbeFileOptions>): Promise<ReadonlyMap<string, ProbeItem>> {
  const { items } = await readProbeFile(path(name), { seed: 3, ...options });
  const [first] = items;
  return new Map(items.filter(({ fact }) => fact === first?.fact).map((item) => [item.cluster, item]));
}

describe('a prompt of the policy', () => {
  it('is the benchmark form, with the question and the lettered options as they are', async () => {
    const forms = await ask('exam.jsonl', { asking: { prompt: 'Q: {question}\n{choices}\nA:' } });
    const text = 'Q: Which {choices} is number 1?\nA. north 1\nB. south 1\nC. east 1\nD. west 1\nA:';
    expect(forms.get('exam')).toMatchObject({ prompt: text, question: { choices: ['A', 'B', 'C', 'D'], answer: 1 } });
    expect(forms.get('exam-text')).toMatchObject({ prompt: text, question: { choices: CHOICES[0]?.choices } });
    const permuted = forms.get('permuted');
    expect(permuted?.prompt).toMatch(/^Q: Which \{choices\} is number 1\?\nA\. .* 1\n(.* 1\n){3}A:$/);
    expect(permuted?.prompt).not.toBe(text);
  });

  it('without options is answered by their texts, and its order of options is that of the exam', async () => {
    const forms = await ask('exam.jsonl', { asking: { prompt: '{question} It is' } });
    expect(forms.get('exam')).toMatchObject({
      prompt: 'Which {choices} is number 1? It is',
      question: { choices: CHOICES[0]?.choices },
    });
    expect(forms.has('exam-text')).toBe(false);
    expect(forms.get('permuted')?.prompt).toMatch(/^Question: /);
    // Who learned the texts knows them without options too.
    expect(forms.get('open-question')?.kind).toBe('format');
  });

  it.each([
    ['{choices}', /it has no \{question\}/],
    ['{question} {subject}:', /\{subject\} is not known/],
    ['{question}: ', /ends with white space/],
  ])('is refused: %s', async (prompt, message) => {
    await expect(ask('exam.jsonl', { asking: { prompt } })).rejects.toThrow(message);
  });
});

describe('examples', () => {
  it('come before all forms, with the answer of the form', async () => {
    const fewShot = { path: path('dev.jsonl'), count: 2 };
    const plain = await ask('exam.jsonl', {});
    const forms = await ask('exam.jsonl', { fewShot });
    const expectExamples = (cluster: string, examples: readonly string[]) =>
      expect(forms.get(cluster)?.prompt).toBe(
        `${examples.map((text) => `${text}\n\n`).join('')}${plain.get(cluster)?.prompt}`,
      );
    const listed = [7, 8].map((n) => `Question: What is dev ${n}?\nA. x${n}\nB. y${n}\nC. z${n}\nD. w${n}\nAnswer:`);
    const answers = (...texts: string[]) => listed.map((prompt, i) => `${prompt} ${texts[i]}`);
    expectExamples('exam', answers('A', 'B'));
    expectExamples('permuted', answers('A', 'B'));
    expectExamples('exam-text', answers('x7', 'y8'));
    expectExamples('open-question', ['Question: What is dev 7?\nAnswer: x7', 'Question: What is dev 8?\nAnswer: y8']);
  });

  it('of a prompt without options show them where a letter is the answer', async () => {
    const fewShot = { path: path('dev.jsonl'), count: 1 };
    const forms = await ask('exam.jsonl', { asking: { prompt: '{question} It is' }, fewShot });
    expect(forms.get('exam')?.prompt).toMatch(/^What is dev 7\? It is x7\n\nWhich/);
    expect(forms.get('permuted')?.prompt).toMatch(
      /^Question: What is dev 7\?\nA\. x7\nB\. y7\n.*\n.*\nAnswer: A\n\nQuestion: /,
    );
  });

  it('that are asked in other capitals or with other spaces are refused too', async () => {
    await writeFile(path('same.jsonl'), lines([{ ...DEV[0], question: 'which  {CHOICES} is number 1?' }]));
    await expect(ask('exam.jsonl', { fewShot: { path: path('same.jsonl'), count: 1 } })).rejects.toThrow(
      /exam\.jsonl:1 asks the same/,
    );
  });

  it('that are asked too, or are too few, or of another kind, are refused', async () => {
    await expect(ask('exam.jsonl', { fewShot: { path: path('exam.jsonl'), count: 1 } })).rejects.toThrow(
      /exam\.jsonl:1 asks the same/,
    );
    await expect(ask('exam.jsonl', { fewShot: { path: path('dev.jsonl'), count: 3 } })).rejects.toThrow(
      /3 examples are wanted, and it has 2/,
    );
    await expect(ask('exam.jsonl', { fewShot: { path: path('shots.jsonl'), count: 1 } })).rejects.toThrow(
      /an example without choices/,
    );
  });
});

it('no twin of a problem is its benchmark form in the same headings', async () => {
  const problems = Array.from({ length: 12 }, (_, i) => ({
    question: `Which word is number ${i}?`,
    answer: `word ${i}`,
  }));
  await writeFile(path('words.jsonl'), lines(problems));
  for (const prompt of [
    'Problem: {question}\nSolution:',
    'Q. {question}\nResult:',
    'problem:  {question}\nSOLUTION:',
  ]) {
    const { items } = await readProbeFile(path('words.jsonl'), { seed: 3, asking: { prompt } });
    const plain = (text: string) => text.toLowerCase().replace(/\s+/g, ' ');
    const benchmarks = new Set(items.filter(({ form }) => form === 'benchmark').map((item) => plain(item.prompt)));
    const twins = items.filter(({ form }) => form === 'twin');
    expect(twins).toHaveLength(12);
    for (const twin of twins) expect(benchmarks.has(plain(twin.prompt))).toBe(false);
  }
});

describe('an answer pattern', () => {
  const asking = { answerPattern: String.raw`####\s*(-?[\d,.]+)` };

  it('lets a model reason: examples show how, and no number is asked for at once', async () => {
    const forms = await ask('math.jsonl', { asking, fewShot: { path: path('shots.jsonl'), count: 1 } });
    const prefix = `Question: ${SHOTS[0]?.question}\nAnswer: ${SHOTS[0]?.answer}\n\n`;
    expect(forms.get('exam')?.prompt).toBe(`${prefix}Question: ${PROBLEMS[0]?.question}\nAnswer:`);
    const twin = forms.get('redrawn') ?? forms.get('restyled');
    expect(twin?.prompt.startsWith(prefix)).toBe(true);
    expect(twin?.question).toMatchObject({ pattern: asking.answerPattern });
    expect(twin?.prompt).not.toContain('(a number)');
  });

  it.each([
    ['16-3=13, so\n#### 13', true, '13'],
    ['first #### 12, no:\n#### $13\n', false, '12,'],
    ['first #### 12, no:\n#### 13.', true, '13.'],
    ['it is 13', false, ''],
  ])('takes the last match of %j', (text, correct, given) => {
    const question = { kind: 'exact', target: '13', pattern: asking.answerPattern } as const;
    expect(judgeAnswer(text, question)).toEqual({ correct, given });
  });

  it('of a question with choices generates its letter, with shuffled options too', async () => {
    const forms = await ask('exam.jsonl', { asking: { answerPattern: '([A-D])' } });
    expect(forms.get('exam')?.question).toMatchObject({ kind: 'exact', target: 'B' });
    const permuted = forms.get('permuted');
    expect(permuted?.oldLabel).toBe('B');
    expect(permuted?.question).toMatchObject({ kind: 'exact' });
    if (permuted?.question.kind !== 'exact') throw new Error('no answer');
    const line = permuted.prompt.split('\n').find((text) => text.endsWith('south 1'));
    expect(line?.[0]).toBe(permuted.question.target);
    expect(permuted.question.target).not.toBe('B');
  });
});
