import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fixture, readJson, temporaryFolder } from '../../../../test/fixtures.ts';
import { readProbeFile } from '../../src/files/read.ts';
import type { ProbeItem } from '../../src/item.ts';
import { PythonRandom } from '../../src/tasks/python/random.ts';
import { isTask, readTaskSuite } from '../../src/tasks/read-task-suite.ts';

/**
 * Runs of lm_eval 0.4.13 (`make_lm_eval_samples.py`): the samples of a task, and its configuration in the results next
 * to them.
 */
function run(name: string, date: string, task: string) {
  const folder = fixture('lm-eval-samples', name, 'base', 'models__base');
  const { configs } = readJson<{ readonly configs: Readonly<Record<string, Readonly<Record<string, unknown>>>> }>(
    join(folder, `results_${date}.json`),
  );
  const { fewshot_config: _, ...config } = configs[task] ?? {};
  return { samples: join(folder, `samples_${task}_${date}.jsonl`), config };
}

function taskFile(config: object): string {
  const path = join(temporaryFolder(), 'task.yaml');
  writeFileSync(path, stringify(config));
  return path;
}

const OPTIONS = { seed: 1 };
const read = (path: string, options: object = {}) => readTaskSuite(path, path, { ...OPTIONS, ...options });
/** Without the places of errors, items are all that is asked. */
const asked = (items: readonly ProbeItem[]) => items.map((item) => ({ ...item }));

describe('a task with the documents of a run', () => {
  it.each([
    ['mmlu', '2026-11-25T23-34-00.917814', 'sg_mmlu_letters_geography'],
    ['mmlu', '2026-11-25T23-34-00.917814', 'sg_mmlu_cloze_religions'],
    ['facts-and-sums', '2026-11-26T00-05-41.179011', 'sg_easy_sums'],
  ])('asks what the samples of %s %s %s were asked, and derives the same twins', async (name, date, task) => {
    const { samples, config } = run(name, date, task);
    const ours = await read(taskFile(config), { documents: { files: samples, folder: '.' } });
    const logged = await readProbeFile(samples, OPTIONS);
    expect(asked(ours.items)).toEqual(asked(logged.items));
    expect(ours.items.length).toBeGreaterThan(4);
    expect(ours.chatTemplate).toBe(false);
  });

  it('draws the few-shot examples that the harness drew', async () => {
    const { samples, config } = run('gsm8k-5-shot', '2026-11-26T00-00-27.743578', 'sg_gsm8k');
    const logged = (await readProbeFile(samples, OPTIONS)).items.filter(({ form }) => form === 'benchmark');
    const examples = logged.map(({ prompt }) => examplesIn(prompt));
    expect(examples.every((five) => five.length === 5)).toBe(true);
    const pool = orderOf(examples);
    const path = taskFile(config);
    writeFileSync(join(path, '..', 'pool.jsonl'), pool.map((example) => `${example}\n`).join(''));
    const { items } = await read(path, {
      documents: { files: { test: samples, train: 'pool.jsonl' }, folder: join(path, '..') },
    });
    expect(asked(items.filter(({ form }) => form === 'benchmark'))).toEqual(asked(logged));
  });
});

/** The few-shot examples of a prompt, as lines of JSON. */
function examplesIn(prompt: string): string[] {
  return prompt
    .split('\n\nQuestion: ')
    .slice(0, -1)
    .map((text) => {
      const [question = '', answer = ''] = text.replace(/^Question: /, '').split('\nAnswer: ');
      return JSON.stringify({ question, answer });
    });
}

/** The split that the examples were drawn from had 50 documents; those that no prompt shows are others. */
const POOL = 50;

/** The examples at the places at which Python's generator with the seed 1234 finds them; empty if there are none. */
function orderOf(drawn: readonly (readonly string[])[]): string[] {
  const random = new PythonRandom(1234);
  const places = Array.from({ length: POOL }, (_, i) => i);
  const order = places.map((i) => JSON.stringify({ question: `other ${i}`, answer: '' }));
  const taken = new Map<number, string>();
  for (const examples of drawn) {
    for (const [i, place] of random.sample(places, examples.length).entries()) {
      const example = examples[i] ?? '';
      if ((taken.get(place) ?? example) !== example) return [];
      taken.set(place, example);
      order[place] = example;
    }
  }
  return order;
}

describe('a task with files', () => {
  const CHOICES = {
    task: 'mine',
    dataset_path: 'json',
    dataset_kwargs: { data_files: { test: 'data/test.jsonl', dev: ['data/dev.csv'] } },
    test_split: 'test',
    fewshot_split: 'dev',
    fewshot_config: { sampler: 'first_n' },
    num_fewshot: 1,
    output_type: 'multiple_choice',
    doc_to_text: '{{question}}\n{% for c in choices %}{{"ABCD"[loop.index0]}}. {{c}}\n{% endfor %}Answer:',
    doc_to_choice: ['A', 'B', 'C', 'D'],
    doc_to_target: 'answer',
  };
  const question = (n: number) => ({
    question: `What is ${n} + 1?`,
    choices: [n, n + 1, n + 2, n + 3].map(String),
    answer: 1,
  });

  function write(config: object): string {
    const path = taskFile(config);
    const data = join(path, '..', 'data');
    mkdirSync(data);
    writeFileSync(join(data, 'test.jsonl'), [3, 5, 7, 9].map((n) => `${JSON.stringify(question(n))}\n`).join(''));
    writeFileSync(join(data, 'dev.csv'), 'question,choices,answer\nWhat is one?,"wxyz",2\n');
    writeFileSync(join(data, 'words.csv'), 'question,answer\nWhat is 1.50?,1.50\nNone?,\n');
    return path;
  }

  it('has few-shot examples of a split of its own, and twins in the same prompt', async () => {
    const path = write(CHOICES);
    expect(await isTask(path)).toBe(true);
    const { items, warnings } = await read(path);
    const example = 'What is one?\nA. w\nB. x\nC. y\nD. z\nAnswer: C\n\n';
    const [benchmark] = items;
    expect(benchmark).toMatchObject({
      id: 'mine:0',
      family: 'mine',
      form: 'benchmark',
      prompt: `${example}What is 3 + 1?\nA. 3\nB. 4\nC. 5\nD. 6\nAnswer:`,
      verbatim: true,
      question: { kind: 'choice', choices: ['A', 'B', 'C', 'D'], answer: 1, delimiter: ' ' },
    });
    const permuted = items.filter(({ cluster }) => cluster === 'permuted');
    expect(permuted.length).toBeGreaterThan(0);
    for (const { prompt } of permuted) expect(prompt.startsWith(`${example}What is `)).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('has as many few-shot examples as the policy wants', async () => {
    const { items } = await read(write(CHOICES), { numFewshot: 0 });
    expect(items[0]?.prompt).toBe('What is 3 + 1?\nA. 3\nB. 4\nC. 5\nD. 6\nAnswer:');
  });

  it('is asked without twins, and says so, where its documents are no questions that are known', async () => {
    const config = {
      ...CHOICES,
      doc_to_text: 'Is {{n}} odd?',
      doc_to_choice: ['odd', 'even'],
      doc_to_target: '{{n % 2 == 0}}',
    };
    const path = write({ ...config, doc_to_target: '{{1 - n % 2}}', num_fewshot: 0 });
    writeFileSync(join(path, '..', 'data', 'test.jsonl'), '{"n": 1}\n{"n": 2}\n');
    const { items, warnings } = await read(path);
    expect(
      items.map(({ form, prompt, question }) => [form, prompt, question.kind === 'choice' && question.answer]),
    ).toEqual([
      ['benchmark', 'Is 1 odd?', 0],
      ['benchmark', 'Is 2 odd?', 1],
    ]);
    expect(warnings).toEqual([expect.stringContaining('documents give no twins')]);
  });

  it('types cells as pandas does', async () => {
    const config = {
      ...CHOICES,
      output_type: 'generate_until',
      doc_to_choice: null,
      doc_to_text: '{{question}} {{answer}}',
      num_fewshot: 0,
    };
    const path = write({ ...config, dataset_kwargs: { data_files: { test: 'data/words.csv' } } });
    const { items } = await read(path);
    expect(items.filter(({ form }) => form === 'benchmark').map(({ prompt }) => prompt)).toEqual([
      'What is 1.50? 1.5',
      'None? None',
    ]);
  });

  it.each([
    [{ dataset_kwargs: null }, 'task.yaml: dataset_path is json, without data_files'],
    [{ dataset_kwargs: { data_files: { test: 'data/other.jsonl' } } }, 'data/other.jsonl not found'],
    [{ dataset_kwargs: { data_files: { test: 'data/*.jsonl' } } }, 'is not the path of a file'],
    [{ dataset_kwargs: { data_files: 'data/test.jsonl' } }, 'data_files has no split test'],
    [{ dataset_kwargs: null, dataset_path: 'piqa' }, 'dataset_path is piqa, which is no data set of an organization'],
    [{ test_split: 'test[:10]', dataset_kwargs: null, dataset_path: 'a/b' }, 'the split test[:10] is a part of one'],
    [{ doc_to_target: '{{[0, 1]}}' }, 'document 1: 2 of its choices are right'],
    [{ doc_to_target: '{{7}}' }, 'document 1: its target is none of its 4 choices'],
    [
      { output_type: 'loglikelihood', doc_to_target: '{{"a"}}' },
      'document 1: a log-likelihood of one text has no choices',
    ],
  ])('is refused by name: %j', async (change, problem) => {
    await expect(read(write({ ...CHOICES, num_fewshot: 0, ...change }))).rejects.toThrow(problem);
  });

  it('is no file of templates', async () => {
    const path = join(temporaryFolder(), 'a.yaml');
    writeFileSync(path, 'templates:\n  - text: "{a}"\n    task: b\n');
    expect(await isTask(path)).toBe(false);
  });
});
