import { rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadSuites } from '../../../src/gate/load-suites.ts';
import { ApprovedFiles } from '../../../src/github/approved/approved-files.ts';
import { probeFilesAtBase } from '../../../src/github/approved/probe-files-at-base.ts';
import { parsePolicy } from '../../../src/policy/load.ts';
import { useGitRepository } from './git-repository.ts';

const TASK = 'include: ../common.yaml\ntask: mine\ndoc_to_text: "Q: {{question}}"\n';
const COMMON = `dataset_path: json
dataset_kwargs: {data_files: {test: data/test.jsonl}}
test_split: test
output_type: multiple_choice
doc_to_choice: choices
doc_to_target: answer
`;
const documents = (answer: number) =>
  [1, 2, 3].map((n) => `${JSON.stringify({ question: `What is ${n}?`, choices: ['a', 'b', 'c'], answer })}\n`).join('');
const FILES = {
  'rules/tasks/mine/task.yaml': TASK,
  'rules/tasks/common.yaml': COMMON,
  'rules/tasks/mine/data/test.jsonl': documents(0),
};
const POLICY = 'probes: [tasks/mine/task.yaml]\n';

const rig = useGitRepository();

async function approved(base: string, text = POLICY) {
  const workspace = { folder: rig.repository.folder, repository: { owner: 'o', repo: 'r' } };
  const files = new ApprovedFiles(
    rig.repository.client,
    { owner: 'o', repo: 'r', sha: base },
    { workspace, usual: null, commits: [] },
  );
  const policy = { policy: parsePolicy(text, 'gate.yml'), policyPath: 'rules/gate.yml' };
  const { paths, changes } = await probeFilesAtBase(files, policy, rig.temporary);
  const [suite] = await loadSuites({ ...policy, probeFiles: paths }, 1);
  return { digest: suite?.digest, prompt: suite?.items[0]?.prompt, changes };
}

describe('all files of a task come from the base commit', () => {
  it.each([
    ['the task', { 'rules/tasks/mine/task.yaml': TASK.replace('Q:', 'X:') }],
    ['a file that it includes', { 'rules/tasks/common.yaml': COMMON.replace('answer', '"{{1}}"') }],
    ['its documents', { 'rules/tasks/mine/data/test.jsonl': documents(1) }],
    ['its documents (deleted)', { 'rules/tasks/mine/data/test.jsonl': null }],
    ['the task (deleted)', { 'rules/tasks/mine/task.yaml': null }],
  ])('and a change of %s changes no question', async (_, change) => {
    const base = rig.repository.commit(FILES);
    const before = await approved(base);
    expect(before).toMatchObject({ prompt: 'Q: What is 1?', changes: [] });
    rig.repository.commit(change);
    const after = await approved(base);
    expect(after).toMatchObject({ digest: before.digest, prompt: before.prompt });
    expect(after.changes).toEqual([
      expect.objectContaining({ level: 'info', input: 'probe-file', counts: 'base', base: base.slice(0, 7) }),
    ]);
  });

  it('and documents that a change puts next to the task do not replace the documents of the base', async () => {
    const { 'rules/tasks/mine/data/test.jsonl': text, ...others } = FILES;
    const base = rig.repository.commit({ ...others, 'data/test.jsonl': text });
    const before = await approved(base);
    rig.repository.commit({ 'rules/tasks/mine/data/test.jsonl': documents(1) });
    expect((await approved(base)).digest).toBe(before.digest);
  });

  it('and so are documents that the policy names', async () => {
    const base = rig.repository.commit({ ...FILES, 'rules/own.jsonl': documents(2) });
    const text = 'probes: [{file: tasks/mine/task.yaml, documents: own.jsonl}]\n';
    const before = await approved(base, text);
    rig.repository.commit({ 'rules/own.jsonl': documents(1) });
    expect((await approved(base, text)).digest).toBe(before.digest);
    expect(before.digest).not.toBe((await approved(base)).digest);
  });

  it('also where a step of the workflow has written the task', async () => {
    const { 'rules/tasks/mine/task.yaml': task, ...others } = FILES;
    const base = rig.repository.commit(others);
    writeFileSync('rules/tasks/mine/task.yaml', task);
    const before = await approved(base);
    rmSync('rules/tasks/mine/task.yaml');
    rig.repository.commit({ 'rules/tasks/mine/data/test.jsonl': documents(1) });
    writeFileSync('rules/tasks/mine/task.yaml', task);
    expect((await approved(base)).digest).toBe(before.digest);
  });

  it('and documents or an included file that only the change has are refused', async () => {
    const { 'rules/tasks/mine/data/test.jsonl': text, ...others } = FILES;
    const base = rig.repository.commit(others);
    rig.repository.commit({ 'rules/tasks/mine/data/test.jsonl': text });
    await expect(approved(base)).rejects.toThrow('has no probe file data/test.jsonl');
    const { 'rules/tasks/common.yaml': common, ...without } = FILES;
    const other = rig.repository.commit({ ...without, 'rules/tasks/common.yaml': null });
    rig.repository.commit({ 'rules/tasks/common.yaml': common });
    await expect(approved(other)).rejects.toThrow('has no probe file');
  });
});
