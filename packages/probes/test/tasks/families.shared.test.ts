import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PythonDict } from '@shadow-gate/python';
import { parsePythonJson } from '@shadow-gate/python';
import { beforeAll, describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { readTask } from '../../src/tasks/read-task.ts';
import { type TaskRequest, taskRequests } from '../../src/tasks/requests.ts';

interface Example {
  readonly family: string;
  readonly file: string;
  /** For each document its contexts: one, or one for each choice. */
  readonly contexts: readonly (readonly string[])[];
  readonly continuations: readonly (readonly string[])[] | null;
  readonly until: readonly string[] | null;
  /** Indices of choices, or texts. */
  readonly gold: readonly (readonly (number | string)[])[];
  /** For each document, hashes of its contexts with two examples. */
  readonly fewshot: readonly (readonly string[])[];
}

const SHOTS = 2;
const text = readFileSync(fixture('lm-eval-tasks', 'tasks.json'), 'utf8');
/** Made by `make.py` with lm_eval. */
const golden = JSON.parse(text) as {
  readonly tasks: readonly Example[];
  readonly files: Readonly<Record<string, string>>;
};
/** The same with ints and floats apart. */
const tasks = (parsePythonJson(text) as PythonDict).get('tasks') as readonly PythonDict[];
const documentsOf = (task: PythonDict | undefined, key: string) => task?.get(key) as readonly PythonDict[];

const folder = temporaryFolder();
beforeAll(() => {
  for (const [name, content] of Object.entries(golden.files)) {
    const path = join(folder, 'tasks', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
});

const contextsOf = (request: TaskRequest) => (request.kind === 'choices' ? request.contexts : [request.context]);
const digest = (context: string) => createHash('sha256').update(context).digest('hex').slice(0, 16);

function continuationsOf(request: TaskRequest): readonly string[] | null {
  if (request.kind === 'choices') return request.continuations;
  return request.kind === 'continuation' ? [request.continuation] : null;
}

function goldOf(request: TaskRequest): readonly (number | string)[] {
  if (request.kind === 'choices') return request.answers;
  return request.kind === 'generation' ? (request.rules[0]?.rule.targets ?? []) : [];
}

describe('tasks of lm-evaluation-harness', () => {
  it('are of at least 90 families', () => {
    expect(new Set(golden.tasks.map(({ family }) => family)).size).toBeGreaterThanOrEqual(90);
  });

  it('are refused where a text in quotes goes on in a line without indentation', async () => {
    await expect(readTask(join(folder, 'tasks', 'xnli_eu', 'xnli_eu.yaml'), { tree: folder })).rejects.toThrow(
      'xnli_eu.yaml:5: ',
    );
  });

  const read = golden.tasks.map((task, i) => [task.file, task, tasks[i]] as const);
  it.each(read.filter(([file]) => !file.startsWith('xnli_eu/')))(
    '%s is asked as the harness asks it',
    async (file, expected, given) => {
      const task = await readTask(join(folder, 'tasks', file), { tree: folder });
      const documents = { asked: documentsOf(given, 'documents'), fewshot: documentsOf(given, 'pool') };
      const fewshot =
        task.fewshot.split === null
          ? task.fewshot.samples
          : task.fewshot.split === task.split
            ? documents.asked
            : documents.fewshot;
      const requests = taskRequests(task, { ...documents, fewshot }, { numFewshot: 0 });
      expect(requests.map((request) => [...new Set(contextsOf(request))])).toEqual(expected.contexts);
      expect(expected.continuations === null ? null : requests.map(continuationsOf)).toEqual(expected.continuations);
      const [first] = requests;
      expect(first?.kind === 'generation' ? first.until : null).toEqual(expected.until);
      expect(requests.map(goldOf)).toEqual(expected.gold);
      const withExamples = taskRequests(task, { ...documents, fewshot }, { numFewshot: SHOTS });
      expect(withExamples.map((request) => [...new Set(contextsOf(request))].map(digest))).toEqual(expected.fewshot);
    },
  );
});
