import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { start } from '../../src/action/run.ts';
import { asProcess } from '../e2e/as-process.ts';
import { temporaryFolder } from '../fixtures.ts';

const folder = temporaryFolder();
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
mkdirSync(join(folder, 'a-folder'));

/** A step whose runner has set something that leads nowhere. */
const run = (environment: Readonly<Record<string, string>>) =>
  asProcess({ environment: { RUNNER_TEMP: folder, ...environment }, folder }, () =>
    start(environment, () => new Date()),
  );

it.each([
  ['an event that is not JSON', { GITHUB_EVENT_PATH: file('event.json', '{"a": ') }, /event\.json.* is not JSON/],
  ['an event that nests without end', { GITHUB_EVENT_PATH: file('deep.json', '['.repeat(300)) }, /deep\.json.* nests/],
  ['an event that is a folder', { GITHUB_EVENT_PATH: join(folder, 'a-folder') }, /a-folder.* cannot be read/],
  [
    'outputs that lead nowhere',
    { GITHUB_OUTPUT: join(folder, 'no', 'output') },
    /outputs cannot be written.*no\/output/,
  ],
  ['outputs that lead to a folder', { GITHUB_OUTPUT: join(folder, 'a-folder') }, /outputs cannot be written.*a-folder/],
])('%s: one line that says so, and what to do, before anything is measured', async (_, environment, message) => {
  const { code, log } = await run({ ...environment, INPUT_CHECKPOINT: 'nowhere' });
  expect(code).toBe(1);
  const lines = log.trimEnd().split('\n');
  expect(lines).toEqual([expect.stringMatching(message)]);
  expect(lines[0]).toMatch(/^::error::.* — run the action as a step of a job/);
});

it('outputs that are a file, or that are not asked for, are no error', async () => {
  for (const environment of [{ GITHUB_OUTPUT: file('output', '') }, {}]) {
    expect((await run({ ...environment, INPUT_CHECKPOINT: 'nowhere' })).log).toContain(
      'the input github-token is empty',
    );
  }
});
