import { expect, it } from 'vitest';
import { eventAuthor, eventLabel, eventPullRequest } from '../../../src/github/event/pull-request.ts';

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

it.each([
  [{ action: 'labeled', label: { name: 'Skip-Me' } }, 'labeled'],
  [{ action: 'labeled', label: { name: 'docs' } }, 'earlier'],
  [{ action: 'opened' }, 'opened'],
  [{ action: 'synchronize' }, 'earlier'],
  [{ action: 'edited' }, 'earlier'],
  [{}, 'earlier'],
])('an event %j says of a label that is there: %s', (change, came) => {
  const labels = [{ name: 'docs' }, { name: 'SKIP-me' }];
  const event = { name: 'pull_request', payload: { ...payload, ...change, pull_request: { number: 7, labels } } };
  expect(eventLabel(event, 'skip-me')).toBe(came);
  expect(eventLabel(event, 'other')).toBeNull();
  expect(eventLabel({ ...event, name: 'push' }, 'skip-me')).toBeNull();
});

it('the author is who opened the pull request, and nobody where GitHub does not say', () => {
  const by = (user: unknown) =>
    eventAuthor({ name: 'pull_request', payload: { ...payload, pull_request: { number: 7, user } } });
  expect([by({ login: 'ada' }), by(null), by(undefined)]).toEqual(['ada', null, null]);
});
