import { afterEach, beforeEach, expect, it } from 'vitest';
import { changedInputs } from '../../src/action/changed-inputs.ts';
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
  expect(await changedInputs(filesAt(base), PATHS)).toEqual([]);
  repository.commit({ 'tokenizer/tokenizer.json': '[]', 'models/base': null, '.github/workflows/gate.yml': '' });
  expect(await changedInputs(filesAt(base), PATHS)).toMatchObject([
    { level: 'inconclusive', input: 'reference', change: 'deleted', counts: 'change' },
    { level: 'inconclusive', input: 'tokenizer', change: 'edited', counts: 'change' },
    { level: 'warn', input: 'workflow', change: 'edited' },
  ]);
});

it('what is on a hub or outside the workspace, and what is not given, cannot be changed by a pull request', async () => {
  const base = repository.commit(FILES);
  const paths = { reference: 'hf://org/model@main', tokenizer: '/opt/tokenizer', workflow: null };
  expect(await changedInputs(filesAt(base), paths)).toEqual([]);
});
