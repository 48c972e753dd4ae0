import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import { annotations, FAIL, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA } from './run-action.ts';

const rig = useRig({ hasServices: false });

describe('the trusted workflow of a pair', () => {
  const run = (head: { sha?: string } = {}) => ({
    name: 'workflow_run',
    payload: {
      workflow_run: {
        head_sha: head.sha ?? HEAD_SHA,
        head_branch: 'tune',
        head_repository: { owner: { login: 'stranger' } },
        pull_requests: [],
      },
      repository: { name: 'r', owner: { login: 'o' } },
    },
  });
  const untrusted = async () => (await rig.gate({ ...FAIL, comment: 'off' })).outputs.report ?? '';

  it('the report of a fork is posted on its pull request, and the step that posts it does not fail', async () => {
    rig.github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'stranger:tune' } });
    const outcome = await rig.gate({ report: await untrusted(), key: 'fork' }, { event: run() });
    expect(outcome.code, outcome.log).toBe(0);
    expect(outcome.outputs).toMatchObject({ verdict: 'fail', comment: rig.github.comments[0]?.html_url });
    expect(rig.github.comments[0]?.body).toContain('1 NaN');
    expect(rig.github.comments[0]?.body).toMatch(new RegExp(`^${commentMarker('fork')}`));
  });

  it('a report is not posted if the pull request has moved on, or belongs to somebody else', async () => {
    rig.github.pulls.push({ number: 7, head: { sha: BASE_SHA, label: 'stranger:tune' } });
    rig.github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'somebody:tune' } });
    const outcome = await rig.gate({ report: await untrusted() }, { event: run() });
    expect(outcome.outputs.comment, outcome.log).toBe('');
    expect(rig.github.comments).toEqual([]);
  });

  it.each([
    ['{"schema": "shadow-gate/report@1", "verdict": "pass"}', /is not a valid shadow-gate\/report@1/],
    ['<!-- not JSON -->', /is not JSON/],
  ])('a file that is not a report is refused: %s', async (text, message) => {
    await writeFile(rig.path('forged.json'), text);
    const outcome = await rig.gate({ report: 'forged.json' }, { event: run() });
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[0]?.message).toMatch(message);
    expect(rig.github.comments).toEqual([]);
  });
});
