import { expect, it } from 'vitest';
import { eventPullRequest } from '../../../src/github/event/pull-request.ts';

const payload = {
  pull_request: { number: 7, head: { repo: { full_name: 'fork/r' } } },
  repository: { name: 'r', owner: { login: 'o' } },
};

it.each(['pull_request', 'pull_request_target'])('%s is about its pull request, in the base repository', (name) => {
  expect(eventPullRequest({ name, payload })).toEqual({ owner: 'o', repo: 'r', number: 7 });
});

it.each([
  ['push', { repository: payload.repository }],
  ['merge_group', { repository: payload.repository }],
  ['workflow_dispatch', {}],
  ['schedule', undefined],
  ['pull_request_review', payload],
  ['pull_request', {}],
])('%s with payload %j is not about a pull request', (name, other) => {
  expect(eventPullRequest({ name, payload: other })).toBeNull();
});
