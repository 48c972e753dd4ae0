import { describe, expect, it } from 'vitest';
import { eventApprovedVersion, eventCommits, eventUsualCommit } from '../../../src/github/event/approved-version.ts';
import { eventBaseBranch, isOnDefaultBranch } from '../../../src/github/event/branches.ts';

const repository = { name: 'r', owner: { login: 'o' }, default_branch: 'main' };
const pull = { pull_request: { base: { sha: 'base', ref: 'release' }, head: { sha: 'head' } }, repository };
const group = { merge_group: { base_sha: 'base', base_ref: 'refs/heads/release' }, repository };
const BASE = { kind: 'base', commit: { owner: 'o', repo: 'r', sha: 'base' } };
const MAIN = 'refs/heads/main';

it.each([
  ['pull_request', pull],
  ['pull_request_target', pull],
  ['pull_request_review', pull],
  ['merge_group', group],
])('a change is judged by the commit and the branch that it is to be merged into: %s', (name, payload) => {
  expect(eventApprovedVersion({ name, payload, ref: MAIN, sha: 'merged' })).toEqual(BASE);
  expect(eventBaseBranch({ payload })).toBe('release');
});

it.each([
  ['pull_request', {}],
  ['pull_request', { repository }],
  ['pull_request', { ...pull, repository: undefined }],
  ['pull_request', { repository, pull_request: { base: { sha: '' } } }],
  ['pull_request_target', { pull_request: {}, repository }],
  ['pull_request_review_comment', null],
  ['merge_group', pull],
  ['merge_group', { repository, merge_group: {} }],
])(
  'an event about a change that does not name its base is an error, not a run that trusts its files: %s %j',
  (name, payload) => {
    expect(() => eventApprovedVersion({ name, payload, ref: MAIN, sha: 'merged' })).toThrow(
      /does not name its base commit/,
    );
  },
);

describe('an event without a base', () => {
  it.each(['push', 'schedule', 'workflow_dispatch', 'repository_dispatch'])(
    'a run about the default branch trusts what it has checked out: %s',
    (name) => {
      expect(eventApprovedVersion({ name, payload: { repository }, ref: MAIN, sha: 'c' })).toEqual({
        kind: 'workspace',
      });
    },
  );

  it.each([
    ['push', 'refs/heads/feature', 'main'],
    ['push', 'refs/tags/main', 'main'],
    ['workflow_dispatch', 'refs/heads/feature', 'main'],
    // These run on the default branch, and may have checked out anything.
    ['issue_comment', MAIN, 'main'],
    ['workflow_run', MAIN, 'main'],
    ['check_run', MAIN, 'main'],
    ['deployment', MAIN, 'main'],
    ['release', MAIN, 'main'],
    ['an_event_of_next_year', MAIN, 'main'],
    ['', MAIN, 'main'],
  ])('any other run is judged by the default branch: %s on %s', (name, ref, branch) => {
    const event = { name, payload: { repository }, ref, sha: 'c' };
    expect(eventApprovedVersion(event)).toEqual({ kind: 'default-branch', branch });
  });

  it('a push whose event does not name the default branch is not taken for one to it', () => {
    const event = { name: 'push', payload: {}, ref: MAIN, sha: 'c' };
    expect(eventApprovedVersion(event)).toEqual({ kind: 'default-branch', branch: null });
    expect(eventBaseBranch(event)).toBeNull();
  });
});

it('the commit of a run contains the change, except in pull_request_target', () => {
  const event = { payload: pull, ref: MAIN, sha: 'merged' };
  expect(eventUsualCommit({ ...event, name: 'pull_request' })).toBe('merged');
  expect(eventUsualCommit({ ...event, name: 'pull_request_target' })).toBe('head');
  expect(eventUsualCommit({ ...event, name: 'issue_comment' })).toBeNull();
  // Its inputs may say what is checked out.
  expect(eventUsualCommit({ ...event, name: 'workflow_dispatch' })).toBeNull();
  expect(eventCommits({ ...event, name: 'pull_request' })).toEqual(['merged', 'head']);
  expect(
    eventCommits({ name: 'workflow_run', payload: { workflow_run: { head_sha: 'h' } }, ref: MAIN, sha: 's' }),
  ).toEqual(['s', 'h']);
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
