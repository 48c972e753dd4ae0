import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventFinishedRun, pullRequestsOfRun } from '../../../src/github/event/workflow-run.ts';
import { FakeGithub } from '../fake-github.ts';
import { fastClient } from '../fast-client.ts';

const SHA = 'a'.repeat(40);
const FORK = { id: 99, owner: { login: 'stranger' } };
const run = {
  ...{ id: 50, run_attempt: 2, conclusion: 'failure', head_sha: SHA, head_branch: 'tune', head_repository: FORK },
};
const payload = { workflow_run: run, repository: { id: 1, name: 'r', owner: { login: 'o' } } };
const eventOf = (over: object) => ({ payload: { ...payload, workflow_run: { ...run, ...over } } });

let github: FakeGithub;
beforeEach(async () => {
  github = await new FakeGithub().start();
});
afterEach(async () => {
  await github.stop();
  expect(github.invalid).toEqual([]);
});

const numbersOf = async (event: { payload: unknown }) => {
  const finished = eventFinishedRun(event);
  if (finished === null) throw new Error('not complete');
  return (await pullRequestsOfRun(fastClient(github), finished)).map(({ number }) => number);
};
const open = (number: number, label: string, more: { sha?: string; repo?: { id: number } | null } = {}) =>
  github.pulls.push({ number, head: { sha: SHA, label, ...more } });

it('an event has the run, its commit, how it ended, and whether it is of a fork', () => {
  expect(eventFinishedRun({ payload })).toEqual({
    ...{ id: 50, attempt: 2, commit: SHA, conclusion: 'failure', isFork: true },
    head: { owner: 'stranger', branch: 'tune', repositoryId: 99 },
    repository: { owner: 'o', repo: 'r' },
  });
  expect(eventFinishedRun(eventOf({ head_repository: { ...FORK, id: 1 } }))?.isFork).toBe(false);
});

it.each(['id', 'run_attempt', 'conclusion', 'head_sha', 'head_repository'])('an event without %s is no run', (name) => {
  const { [name as keyof typeof run]: _, ...partial } = run;
  expect(eventFinishedRun({ payload: { ...payload, workflow_run: partial } })).toBeNull();
});

it('a run is about all open pull requests of its branch that are at its commit, whatever their base', async () => {
  open(7, 'stranger:tune');
  open(8, 'stranger:tune', { repo: { id: 99 } });
  open(9, 'stranger:tune', { sha: 'b'.repeat(40) });
  open(10, 'somebody:tune');
  open(11, 'stranger:other');
  github.pulls.push({ number: 12, state: 'closed', head: { sha: SHA, label: 'stranger:tune' } });
  expect(await numbersOf({ payload })).toEqual([7, 8]);
});

it('a branch of the same name in another repository of the same owner is not meant', async () => {
  open(7, 'stranger:tune', { repo: { id: 98 } });
  expect(await numbersOf({ payload })).toEqual([]);
});

it('if the fork is gone, there is no pull request to write to', async () => {
  open(7, 'stranger:tune', { repo: null });
  expect(await numbersOf(eventOf({ head_repository: null }))).toEqual([]);
  expect(github.requests).toEqual([]);
});
