import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toJsonl } from '@shadow-gate/probes/files';
import type { Suite } from '@shadow-gate/probes/suite';
import { describe, expect, it } from 'vitest';
import { loadSuites, loadTextSuites } from '../../src/gate/load-suites.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import { temporaryFolder } from '../fixtures.ts';

const CHOICES = 'id,question,choice0,choice1,answer\nq1,Which?,pear,plum,0\nq2,Who?,Ann,Ben,B\n';
const HELD_OUT = 'id,question,choice0,choice1,answer\nh1,Where?,here,there,1\nh2,When?,now,then,A\n';
const PROBLEMS = '{"id": "p1", "question": "How many?", "answer": "#### 3"}\n';

/** The suites of a policy in a folder with some files. */
function load(probes: string, extra = '', files: Readonly<Record<string, string>> = {}): Promise<Suite[]> {
  const folder = temporaryFolder();
  const all = { 'exam.csv': CHOICES, 'held-out.csv': HELD_OUT, 'problems.jsonl': PROBLEMS, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  const policyPath = join(folder, 'policy.yml');
  return loadSuites({ policy: parsePolicy(`probes: ${probes}\n${extra}`, policyPath), policyPath }, 1);
}

describe('suites whose answers are sampled', () => {
  it('are other suites than those that are decoded greedily, or sampled otherwise', async () => {
    const policies = ['', ', samples: 4', ', samples: 8', ', samples: 8, temperature: 1'];
    const loaded = await Promise.all(policies.map((more) => load(`[{file: problems.jsonl${more}}]`)));
    expect(loaded.map(([suite]) => suite?.sampling)).toEqual([
      undefined,
      { samples: 4, temperature: 0.7 },
      { samples: 8, temperature: 0.7 },
      { samples: 8, temperature: 1 },
    ]);
    expect(new Set(loaded.map(([suite]) => suite?.digest)).size).toBe(4);
  });

  it('are of generated answers', async () => {
    await expect(load('[{file: exam.csv, samples: 8}]')).rejects.toThrow('no answer to its questions is generated');
    expect(() => load('[{file: problems.jsonl, temperature: 0.7}]')).toThrow('is of sampled answers: add samples');
    expect(() => load('[{file: builtin, samples: 8}]')).toThrow('the built-in suite has its own scoring');
  });
});

describe('suites of texts', () => {
  const TEXTS = 'one\n\ntwo\n\nthree\n\nfour\n\nfive\n';

  async function loadTexts(probes: string, extra = '', text = TEXTS) {
    const folder = temporaryFolder();
    for (const name of ['a.txt', 'exam.csv']) writeFileSync(join(folder, name), name === 'a.txt' ? text : CHOICES);
    const policyPath = join(folder, 'policy.yml');
    const resolved = { policy: parsePolicy(`probes: ${probes}\n${extra}`, policyPath), policyPath };
    return loadTextSuites(resolved, await loadSuites(resolved, 1));
  }

  it('are no suites of questions, and have names of their own', async () => {
    const texts = await loadTexts('[builtin, {file: a.txt, kind: text}]');
    expect(texts.map(({ name, size }) => [name, size])).toEqual([['a.txt', 5]]);
    await expect(loadTexts('[builtin, {file: a.txt, kind: text}, {file: a.txt, kind: text}]')).rejects.toThrow(
      'two suites have the name "a.txt"',
    );
    await expect(loadTexts('[builtin, {file: hf://datasets/a/b/c/d, kind: text}]')).rejects.toThrow(
      'not read from a hub',
    );
  });

  it('are not quoted by errors where texts of files must not be shown', async () => {
    const texts = '[exam.csv, {file: a.txt, kind: text}]';
    expect((await loadTexts(texts, 'probes-text: omit'))[0]?.kept).toBe(false);
    await expect(loadTexts(texts, 'probes-text: omit', 'a secret')).rejects.toThrow(/^(?!.*secret)/);
  });
});

describe('a suite that is twins of another', () => {
  it('is asked as its benchmark is, by letter and by text, and every item is a fact of its own', async () => {
    const [exam, group] = await load('[exam.csv, {file: held-out.csv, twins-of: exam.csv}]');
    expect(exam?.twinsOf).toBeUndefined();
    expect(group).toMatchObject({ name: 'held-out.csv', twinsOf: 'exam.csv', seed: null, size: 4 });
    const asked = group?.items.map(({ id, fact, form, kind, cluster, question }) => [
      [id, fact, form, kind, cluster].join(' '),
      question.kind === 'choice' && question.choices.join('|'),
    ]);
    expect(asked).toEqual([
      ['h1 h1 twin group exam', 'A|B'],
      ['h1.exam-text h1 twin group exam-text', 'here|there'],
      ['h2 h2 twin group exam', 'A|B'],
      ['h2.exam-text h2 twin group exam-text', 'now|then'],
    ]);
  });

  it('generates its answers if they are no choices', async () => {
    const files = { 'new.jsonl': PROBLEMS.replace('p1', 'n1').replace('many', 'few') };
    const [group] = await load('[{file: new.jsonl, twins-of: problems.jsonl}, problems.jsonl]', '', files);
    expect(group?.items).toMatchObject([{ id: 'n1', form: 'twin', kind: 'group', question: { kind: 'exact' } }]);
  });

  it('has another digest than the same file as a benchmark, or as twins of another one', async () => {
    const digests = [
      (await load('[exam.csv, held-out.csv]'))[1]?.digest,
      (await load('[exam.csv, {file: held-out.csv, twins-of: exam.csv}]'))[1]?.digest,
      (await load('[problems.jsonl, {file: held-out.csv, twins-of: problems.jsonl}]'))[1]?.digest,
    ];
    expect(new Set(digests).size).toBe(3);
  });

  it('is read from its export as the same items', async () => {
    const choice = '[exam.csv, {file: held-out.csv, twins-of: exam.csv}]';
    const [, group] = await load(choice);
    const files = { 'again.jsonl': toJsonl(group?.items ?? []) };
    const [, again] = await load('[exam.csv, {file: again.jsonl, twins-of: exam.csv}]', '', files);
    expect(again?.items).toEqual(group?.items);
    expect(again?.digest).toBe(group?.digest);
  });

  it('may be of its benchmark by path or by name, wherever the file is', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'far.csv'), CHOICES);
    const path = join(folder, 'far.csv');
    for (const name of [path, basename(path)]) {
      const [, group] = await load(`[${path}, {file: held-out.csv, twins-of: ${name}}]`);
      expect(group?.twinsOf).toBe('far.csv');
    }
  });

  it('has new questions only', async () => {
    const files = { 'held-out.csv': `${HELD_OUT}h3,WHO?, Ann,Ben,B\n` };
    await expect(load('[exam.csv, {file: held-out.csv, twins-of: exam.csv}]', '', files)).rejects.toThrow(
      /"h3" of "held-out\.csv" asks the same as "q2" of "exam\.csv"/,
    );
  });

  it('has no twins in its own file', async () => {
    const common = '"capability": "c", "prompt": "P", "target": "t"';
    const lines = `{"id": "b", "form": "benchmark", ${common}}\n{"id": "t", "form": "twin", "twin_of": "b", ${common}}\n`;
    const suites = load('[exam.csv, {file: own.jsonl, twins-of: exam.csv}]', '', { 'own.jsonl': lines });
    await expect(suites).rejects.toThrow(/own\.jsonl:2: "t" has the form twin, but all of the file is a twin/);
  });
});

describe('the kinds of twins of a policy', () => {
  it('are those that are derived', async () => {
    const kindsOf = (suites: readonly Suite[]) => [
      ...new Set(suites.flatMap(({ items }) => items.flatMap(({ kind }) => kind ?? []))),
    ];
    expect(kindsOf(await load('[exam.csv]'))).toEqual(['open', 'format']);
    expect(kindsOf(await load('[exam.csv]', 'twins: [open, fresh]'))).toEqual(['open']);
    await expect(load('[exam.csv]', 'twins: [fresh]')).rejects.toThrow(/exam\.csv:2: twins: no fresh twin/);
  });
});

describe('the chat template of a suite', () => {
  it('is its own, in both spellings, and part of what the suite is', async () => {
    const [plain] = await load('[exam.csv]');
    const [kebab] = await load('[{file: exam.csv, chat-template: true}]');
    const [snake] = await load('[{file: exam.csv, chat_template: true}]');
    expect(plain?.chatTemplate).toBeUndefined();
    expect(kebab?.chatTemplate).toBe(true);
    expect(snake).toEqual({ ...kebab, path: snake?.path });
    expect(kebab?.digest).not.toBe(plain?.digest);
    expect(() => load('[{file: exam.csv, chat-template: true, chat_template: false}]')).toThrow(/is there twice/);
  });
});
