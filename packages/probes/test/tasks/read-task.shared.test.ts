import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PythonDict } from '@shadow-gate/python';
import { parsePythonJson } from '@shadow-gate/python';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/fixtures.ts';
import { readTask } from '../../src/tasks/read-task.ts';
import { taskRequests } from '../../src/tasks/requests.ts';

const CHOICES = `task: mine
test_split: test
output_type: multiple_choice
doc_to_text: "{{question}}"
doc_to_choice: "{{choices}}"
doc_to_target: answer
`;
const GENERATION = `task: mine
test_split: test
doc_to_text: question
doc_to_target: answer
`;

function write(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'tasks', 'mine'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'tasks', name), text);
  return join(folder, 'tasks', 'mine', 'task.yaml');
}

const read = (text: string) => readTask(write({ 'mine/task.yaml': text }));
const documents = (...given: unknown[]) => given.map((value) => parsePythonJson(JSON.stringify(value))) as PythonDict[];

describe('a task', () => {
  it('takes what it does not have itself from the files that it includes', async () => {
    const file = write({
      'mine/task.yaml': 'include: [../one.yaml, two.yaml]\ntask: mine\n',
      'one.yaml': `${CHOICES}description: one\ntarget_delimiter: ""\ntask: other\n`,
      'mine/two.yaml': 'description: two\ntask_list: [a, b]\n',
    });
    expect(await readTask(file)).toMatchObject({
      name: 'mine',
      description: 'two',
      targetDelimiter: '',
      split: 'test',
    });
  });

  it.each([
    [
      `${CHOICES}process_docs: !function utils.process\n`,
      'task.yaml: process_docs is the Python function utils.process',
    ],
    [`${CHOICES}metric_list: [{metric: !function utils.f}]\n`, 'metric_list.0.metric is the Python function utils.f'],
    [`${CHOICES}metric_list: [{metric: mcc}, {metric: f1}]\n`, 'metric_list has mcc, f1 only'],
    [`${CHOICES}process_results: x\n`, 'process_results is not read'],
    [`${CHOICES}shade: red\n`, 'shade is not read'],
    [`${CHOICES}output_type: loglikelihood_rolling\n`, 'output_type is loglikelihood_rolling'],
    [`${CHOICES}doc_to_choice: 7\n`, 'doc_to_choice is no list'],
    [`${CHOICES}fewshot_config: {sampler: balanced}\n`, 'fewshot_config: sampler is balanced'],
    [`${CHOICES}fewshot_config: {fewshot_indices: [1]}\n`, 'fewshot_config: fewshot_indices is not read'],
    [
      `${CHOICES}filter_list: [{name: a, filter: [{function: regex}, {function: take_first}]}]\n`,
      'has regex, which is for generated',
    ],
    [
      `${GENERATION}filter_list: [{name: a, filter: [{function: majority_vote}]}]\n`,
      'filter "majority_vote" is not known',
    ],
    [`${GENERATION}filter_list: [{name: a, filter: [{function: regex}]}]\n`, 'the filter leaves a list of answers'],
    [`${GENERATION}generation_kwargs: {temperature: 0.7}\n`, 'generation_kwargs: do_sample draws answers at random'],
    [`${GENERATION}generation_kwargs: {num_beams: 4}\n`, 'num_beams is not 1'],
    [`${GENERATION}metric_list: [{metric: exact_match, weight: 2}]\n`, 'weight is not read'],
    ['task: [arc_easy, arc_challenge]\n', 'task lists other tasks'],
    ['group: mine\ntask: mine\n', 'task lists other tasks'],
    ['task: mine\ndoc_to_text: a\ndoc_to_target: b\n', 'test_split is missing, as is validation_split'],
    ['task: mine\ntest_split: test\ndoc_to_target: b\n', 'doc_to_text is missing'],
    ['task: "mine\n', 'task.yaml:'],
    ['- a\n- b\n', 'is not a mapping of keys'],
    [`${CHOICES}num_fewshot: 12:30\n`, 'task.yaml:7: num_fewshot: Python does not read 12:30 as text'],
    ['include: task.yaml\n', 'is included twice'],
    ['include: missing.yaml\n', 'missing.yaml not found'],
    ['include: ../../../../../../etc/hostname\n', /is outside of|not found/],
  ])('is refused by name: %j', async (text, problem) => {
    await expect(read(text)).rejects.toThrow(problem);
  });

  it('is refused where an included file has Python, unless it has a value of its own', async () => {
    const files = { 'one.yaml': `${CHOICES}process_docs: !function utils.f\n` };
    await expect(readTask(write({ ...files, 'mine/task.yaml': 'include: ../one.yaml\n' }))).rejects.toThrow(
      'process_docs',
    );
    const own = write({ ...files, 'mine/task.yaml': 'include: ../one.yaml\nprocess_docs: null\n' });
    expect(await readTask(own)).toMatchObject({ name: 'mine' });
  });
});

describe('a request', () => {
  const asked = documents(
    { question: 'Which?', choices: ['a', 'b'], answer: 1 },
    { question: 'What?', choices: ['c', 'd', 'e'], answer: 0 },
  );

  it('has contexts, continuations and the right choice', async () => {
    const task = await read(CHOICES);
    expect(taskRequests(task, { asked, fewshot: [] })).toEqual([
      {
        kind: 'choices',
        choices: ['a', 'b'],
        contexts: ['Which?', 'Which?'],
        continuations: [' a', ' b'],
        answers: [1],
      },
      {
        kind: 'choices',
        choices: ['c', 'd', 'e'],
        contexts: ['What?', 'What?', 'What?'],
        continuations: [' c', ' d', ' e'],
        answers: [0],
      },
    ]);
  });

  it.each([
    ['doc_to_text: "{{quesion}}"', 'document 1: quesion is undefined'],
    ['doc_to_text: "{{question.swapcase()}}"', 'the method swapcase of a text is not read'],
    ['doc_to_text: "{{question | xmlattr}}"', 'the filter xmlattr is not read'],
    ['doc_to_text: "{{question | tojson}}"', 'the filter tojson is not read'],
    ['doc_to_text: "{{question is lowe}}"', 'there is no test lowe'],
    ['doc_to_text: "{% block x %}{% endblock %}"', 'the tag block is not read'],
    ['doc_to_text: "{% for x in question %}{% break %}{% endfor %}"', 'the tag break is unknown'],
    ['doc_to_text: "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"', 'the template is too deep'],
    ['doc_to_text: "{{question"', 'line 1: the template ends within a tag'],
    ['doc_to_text: choices', "doc_to_text gives ['a', 'b'], which is not text"],
    ['doc_to_choice: "{{question}}"', 'it is no literal'],
    ['doc_to_target: "{{[question]}}"', 'doc_to_target gives Which?, which is no choice'],
  ])('is refused with the document: %s', async (line, problem) => {
    const task = await read(`${CHOICES}${line}\n`);
    expect(() => taskRequests(task, { asked, fewshot: [] })).toThrow(problem);
  });

  it('has few-shot examples in a format of their own, also without what the task has', async () => {
    const own =
      'fewshot_config: {gen_prefix: null, doc_to_text: "{{question}} 1", fewshot_delimiter: "#", process_docs: null}';
    const task = await read(`${CHOICES}gen_prefix: "I think"\nfewshot_split: train\nnum_fewshot: 1\n${own}\n`);
    const [request] = taskRequests(task, { asked: asked.slice(0, 1), fewshot: asked.slice(1) });
    expect(request).toMatchObject({ contexts: ['What? 1 c#Which? I think', 'What? 1 c#Which? I think'] });
  });

  it('needs as many few-shot examples as are asked for', async () => {
    const task = await read(`${CHOICES}fewshot_split: train\nnum_fewshot: 2\n`);
    expect(() => taskRequests(task, { asked, fewshot: asked.slice(1) })).toThrow(
      'document 1: 2 few-shot examples are asked for, and there are 1',
    );
  });
});

describe('a task that is made to break a parser', () => {
  it.each([
    [`${CHOICES}description: ${'['.repeat(30_000)}${']'.repeat(30_000)}\n`, 'nests more than 200 levels'],
    [`${CHOICES}metadata:\n${'- '.repeat(30_000)}x\n`, 'nests more than 200 levels'],
    [`a: &a [1]\nb: &b [${'*a,'.repeat(60)}]\nc: [*b, *b]\n`, 'has more than 100 aliases'],
  ])('is refused: %#', async (text, problem) => {
    await expect(read(text)).rejects.toThrow(problem);
  });

  it.each([
    [`{{${'('.repeat(30_000)}1${')'.repeat(30_000)}}}`, 'nests more than 200 levels'],
    [`{{${'1+'.repeat(40_000)}1}}`, 'document 1: '],
    ['{{"x" * 999999999999}}', 'document 1: '],
  ])('is refused with its document: %#', async (template, problem) => {
    const task = await read(`${CHOICES}doc_to_text: '${template}'\n`);
    const asked = documents({ question: 'a', choices: ['a', 'b'], answer: 0 });
    expect(() => taskRequests(task, { asked, fewshot: [] })).toThrow(problem);
  });
});
