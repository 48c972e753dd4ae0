import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openContext, type StepEnvironment } from '../../src/action/context.ts';
import { temporaryFolder } from '../fixtures.ts';

const NOW = new Date('2026-11-01T03:17:00Z');

const ENVIRONMENT = {
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
  GITHUB_SHA: 'a'.repeat(40),
  GITHUB_REPOSITORY: 'o/r',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '3',
  GITHUB_SERVER_URL: 'https://github.example',
  GITHUB_WORKSPACE: '/link',
  RUNNER_TEMP: '/temporary',
};

const open = (environment: StepEnvironment) => openContext(environment, { folder: '/workspace', now: () => NOW });

it("a context has the event, the repository and the run of the runner's environment", () => {
  const file = join(temporaryFolder(), 'event.json');
  writeFileSync(file, '{"repository": {"default_branch": "main"}}');
  const context = open({ ...ENVIRONMENT, GITHUB_EVENT_PATH: file, OPENAI_API_KEY: 'key' });
  expect(context).toMatchObject({
    event: {
      name: 'push',
      payload: { repository: { default_branch: 'main' } },
      ref: 'refs/heads/main',
      sha: 'a'.repeat(40),
    },
    repository: { owner: 'o', repo: 'r' },
    workflowRun: { id: 42, attempt: 3, url: 'https://github.example/o/r/actions/runs/42' },
    workspace: { folder: '/workspace', alias: '/link', repository: { owner: 'o', repo: 'r' } },
    temporary: '/temporary',
    apiKey: 'key',
  });
  expect(context.now()).toBe(NOW);
});

it('an event without a file has an empty payload', () => {
  expect(open({ ...ENVIRONMENT, GITHUB_EVENT_PATH: '/nowhere' }).event.payload).toEqual({});
  expect(open(ENVIRONMENT).event.payload).toEqual({});
});

it('inputs are trimmed, and without a token there is no client', () => {
  const context = open({ ...ENVIRONMENT, INPUT_CHECKPOINT: ' model \n', 'INPUT_GITHUB-TOKEN': '' });
  expect(context.runner.input('checkpoint')).toBe('model');
  expect(context.runner.input('reference')).toBe('');
  expect(context.octokit).toBeNull();
  expect(open({ ...ENVIRONMENT, 'INPUT_GITHUB-TOKEN': 't' }).octokit).not.toBeNull();
});

it.each([
  ['https://github.com', 'https://results/', true],
  ['https://company.ghe.com', 'https://results/', true],
  ['https://github.example', 'https://results/', false],
  ['not an address', 'https://results/', false],
  ['https://github.com', '', false],
  ['https://github.com', undefined, false],
])('server %s with results service %s has artifacts: %s', (server, service, expected) => {
  const context = open({ ...ENVIRONMENT, GITHUB_SERVER_URL: server, ACTIONS_RESULTS_URL: service });
  expect(context.canUploadArtifacts).toBe(expected);
});
