import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listChangedInputs } from '../../src/action/changed-inputs.ts';
import { ApprovedFiles } from '../../src/github/approved/approved-files.ts';
import { GitRepository } from '../github/approved/git-repository.ts';

let repository: GitRepository;
beforeEach(() => {
  repository = new GitRepository();
});
afterEach(() => repository.remove());

const FILES = {
  'models/base/model.safetensors': 'w',
  'tokenizer/tokenizer.json': '{}',
  '.github/workflows/gate.yml': 'on: push\n',
};
const PATHS = { reference: 'models/base', tokenizer: 'tokenizer', workflow: '.github/workflows/gate.yml' };

function filesAt(sha: string) {
  const workspace = { folder: repository.folder, repository: { owner: 'o', repo: 'r' } };
  return new ApprovedFiles(repository.client, { owner: 'o', repo: 'r', sha }, { workspace, usual: null, commits: [] });
}

it('a change of the tokenizer or the reference lets nothing be concluded, and one of the workflow is no clean pass', async () => {
  const base = repository.commit(FILES);
  repository.commit({ 'candidate.safetensors': 'c' });
  expect(await listChangedInputs(filesAt(base), PATHS)).toEqual([]);
  repository.commit({ 'tokenizer/tokenizer.json': '[]', 'models/base': null, '.github/workflows/gate.yml': '' });
  expect(await listChangedInputs(filesAt(base), PATHS)).toMatchObject([
    { level: 'inconclusive', input: 'reference', change: 'deleted', counts: 'change' },
    { level: 'inconclusive', input: 'tokenizer', change: 'edited', counts: 'change' },
    { level: 'warn', input: 'workflow', change: 'edited' },
  ]);
});

it('what is on a hub or outside the workspace, and what is not given, cannot be changed by a pull request', async () => {
  const base = repository.commit(FILES);
  const paths = { reference: 'hf://org/model@main', tokenizer: '/opt/tokenizer', workflow: null };
  expect(await listChangedInputs(filesAt(base), paths)).toEqual([]);
});

describe('what the workflow calls', () => {
  const WORKFLOW = '.github/workflows/gate.yml';
  const CALLS: Record<string, string> = {
    [WORKFLOW]:
      'jobs:\n  a:\n    uses: ./.github/workflows/judge.yml\n  b: { steps: [{ uses: "./ci/gate" }, { uses: ./ }] }\n',
    '.github/workflows/judge.yml': 'on: workflow_call\n',
    '.github/actions/measure/action.yml': 'runs: { using: composite }\n',
    'ci/gate/action.yaml':
      'runs:\n  steps:\n    - uses: ./ci/deep/\n    - uses: actions/checkout@v7\n    - uses: ./../elsewhere\n',
    'ci/deep/action.yml': 'runs: { using: node24, main: index.js }\n',
    'ci/deep/index.js': 'judge()\n',
    'action.yml': 'runs: { using: composite }\n',
    'ci/unrelated.sh': 'true\n',
  };
  const changed = async (files: Parameters<GitRepository['commit']>[0]) => {
    const base = repository.commit(CALLS);
    repository.commit({ 'candidate.safetensors': 'c', ...files });
    return (await listChangedInputs(filesAt(base), { workflow: WORKFLOW })).map(
      ({ level, input, change, path }) => `${level} ${input} ${change} ${path}`,
    );
  };

  it.each([
    ['a reusable workflow', '.github/workflows/judge.yml', 'edited .github/workflows/judge.yml'],
    ['a workflow that may have a job of the same name', '.github/workflows/green.yml', 'edited .github/workflows'],
    ['a composite action', '.github/actions/measure/action.yml', 'edited .github/actions'],
    ['a local action elsewhere', 'ci/gate/action.yaml', 'edited ci/gate'],
    ['the code of an action that an action calls', 'ci/deep/index.js', 'edited ci/deep'],
    ['the action of the repository itself', 'action.yml', 'edited action.yml'],
    ['the workflow itself, and not its folder too', WORKFLOW, `edited ${WORKFLOW}`],
  ])('%s that a change touches is named like the workflow', async (_, path, expected) => {
    expect(await changed({ [path]: '# other\n' })).toEqual([`warn workflow ${expected}`]);
  });

  it('whatever it does not call is no part of it', async () => {
    expect(await changed({ 'ci/unrelated.sh': 'false\n', 'models/x': 'w' })).toEqual([]);
  });

  it('actions that a change adds or deletes are named', async () => {
    expect(await changed({ 'ci/deep': null })).toEqual(['warn workflow deleted ci/deep']);
    const base = repository.commit({ '.github/actions': null });
    repository.commit({ '.github/actions/own/action.yml': 'runs: {}\n' });
    expect(await listChangedInputs(filesAt(base), { workflow: null })).toMatchObject([
      { level: 'warn', change: 'added', path: '.github/actions' },
    ]);
  });

  it('a workflow comes from the commit of the run, and an action from the checkout', async () => {
    const stale = repository.commit(CALLS);
    const base = repository.commit({ '.github/workflows/lint.yml': 'on: push\n' });
    const run = repository.commit({ 'candidate.safetensors': 'c' });
    const workspace = { folder: repository.folder, repository: { owner: 'o', repo: 'r' } };
    const files = new ApprovedFiles(
      repository.client,
      { owner: 'o', repo: 'r', sha: base },
      { workspace, usual: run, run, commits: [run] },
    );
    // A branch that is behind has edited nothing.
    repository.git('checkout', '-q', stale);
    expect(await listChangedInputs(files, { workflow: WORKFLOW })).toEqual([]);
    repository.commit({ 'ci/deep/index.js': 'accept()\n' });
    expect(await listChangedInputs(files, { workflow: WORKFLOW })).toMatchObject([
      { path: 'ci/deep', change: 'edited' },
    ]);
  });
});
