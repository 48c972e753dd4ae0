import { expect, it } from 'vitest';
import { baseCommitOf, headCommitOf } from '../../../src/github/event/base-commit.ts';
import { baseBranchOf, isOnDefaultBranch } from '../../../src/github/event/branches.ts';

const repository = { name: 'r', owner: { login: 'o' }, default_branch: 'main' };
const pull = { pull_request: { base: { sha: 'base', ref: 'release' }, head: { sha: 'head' } }, repository };
const group = { merge_group: { base_sha: 'base', base_ref: 'refs/heads/release' }, repository };
const BASE = { owner: 'o', repo: 'r', sha: 'base' };

it.each([
  ['pull_request', pull, BASE, 'release'],
  ['pull_request_target', pull, BASE, 'release'],
  ['pull_request_review', pull, BASE, 'release'],
  ['merge_group', group, BASE, 'release'],
  ['push', { repository }, null, 'main'],
  ['schedule', { repository }, null, 'main'],
  ['workflow_dispatch', {}, null, null],
])(
  'a change is judged by the commit and the branch that it is to be merged into: %s',
  (name, payload, base, branch) => {
    expect(baseCommitOf({ name, payload })).toEqual(base);
    expect(baseBranchOf({ payload })).toBe(branch);
  },
);

it('the commit of a run contains the change, except in pull_request_target', () => {
  const event = { payload: pull, ref: 'refs/heads/main', sha: 'merged' };
  expect(headCommitOf({ ...event, name: 'pull_request' })).toBe('merged');
  expect(headCommitOf({ ...event, name: 'pull_request_target' })).toBe('head');
});

it.each([
  ['push', 'refs/heads/main', true],
  ['schedule', 'refs/heads/main', true],
  ['push', 'refs/heads/release', false],
  ['push', 'refs/tags/main', false],
  ['pull_request', 'refs/heads/main', false],
  ['workflow_dispatch', 'refs/heads/main', false],
])(
  'only a scheduled run and a push to the default branch leave something for later runs: %s of %s',
  (name, ref, is) => {
    expect(isOnDefaultBranch({ name, ref, payload: { repository }, sha: '' })).toBe(is);
  },
);
