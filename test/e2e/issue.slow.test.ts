import { describe, expect, it } from 'vitest';
import { annotations, FAIL, PASS, useRig, WARN, WEIGHTS } from './rig.ts';
import { DISPATCH, PUSH, SCHEDULE } from './run-action.ts';

const rig = useRig({ hasServices: false });

describe('a scheduled check', () => {
  const clock = { event: SCHEDULE };

  it('a scheduled check opens an issue at the first failure, comments at further ones, and closes it when it passes', async () => {
    const first = await rig.gate({ ...FAIL, key: 'nightly' }, clock);
    expect(first.outputs.issue, first.log).toBe('https://github.com/o/r/issues/100');
    expect(rig.github.issues[0]).toMatchObject({
      state: 'open',
      title: 'Shadow Gate: the scheduled check of nightly fails',
    });
    expect(rig.github.issues[0]?.body).toContain('1 NaN');
    const second = await rig.gate({ ...FAIL, key: 'nightly' }, clock);
    expect(second.outputs.issue).toBe(first.outputs.issue);
    await rig.gate({ ...FAIL, key: 'weekly' }, clock);
    expect(rig.github.issues).toHaveLength(2);
    expect(rig.github.issues[0]?.comments).toEqual([expect.stringMatching(/^❌ fail: .*1 NaN/)]);
    await rig.gate({ ...WARN, key: 'nightly' }, clock);
    expect(rig.github.issues[0]).toMatchObject({ state: 'open', comments: { length: 1 } });
    await rig.gate({ ...PASS, key: 'nightly' }, clock);
    expect(rig.github.issues.map(({ state }) => state)).toEqual(['closed', 'open']);
    expect(rig.github.issues[0]?.comments[1]).toMatch(/^✅ pass: /);
    await rig.gate({ ...FAIL, key: 'nightly' }, clock);
    expect(rig.github.issues).toHaveLength(3);
  });

  it('two scheduled runs at once leave one open issue, and the failure of the other one as a comment on it', async () => {
    const opened = (line: string) => line === 'POST /repos/o/r/issues';
    const { github } = rig;
    // The other run has looked for an issue before this one opened its own.
    await rig.gate(FAIL, clock);
    const [first] = github.issues;
    if (!first) throw new Error('no issue');
    const state = first.state;
    first.state = 'closed';
    const reopen = github.requests.length;
    github.onRequest = (line) => {
      if (opened(line)) first.state = state;
    };
    const second = await rig.gate(FAIL, clock);
    expect(github.requests.slice(reopen).filter(opened)).toHaveLength(1);
    expect(second.outputs.issue, second.log).toBe(first.html_url);
    expect(github.issues.map(({ number, state }) => [number, state])).toEqual([
      [100, 'open'],
      [101, 'closed'],
    ]);
    expect(first.comments).toEqual([expect.stringMatching(/^❌ fail: /)]);
    // The first run sees its own as the first.
    await rig.gate(FAIL, clock);
    expect(github.issues).toHaveLength(2);
  });

  it("other people's issues are left alone, and there is none on push or if issues are off", async () => {
    await rig.gate(FAIL, clock);
    const [issue] = rig.github.issues;
    if (issue) issue.user = { login: 'somebody', type: 'User' };
    await rig.gate(PASS, clock);
    expect(issue?.state).toBe('open');
    await rig.gate(FAIL, { event: PUSH });
    await rig.gate({ ...FAIL, issue: 'off' }, clock);
    expect(rig.github.issues).toHaveLength(1);
  });

  it('a manual pass on the default branch closes the issue; a manual failure, or a pass elsewhere, leaves it', async () => {
    await rig.gate(FAIL, clock);
    const [issue] = rig.github.issues;
    await rig.gate(FAIL, { event: DISPATCH });
    await rig.gate(PASS, { event: DISPATCH, environment: { GITHUB_REF: 'refs/heads/tune' } });
    await rig.gate(WARN, { event: DISPATCH });
    await rig.gate({ ...PASS, key: 'other' }, { event: DISPATCH });
    expect(issue).toMatchObject({ state: 'open', comments: [] });
    const fixed = await rig.gate(PASS, { event: DISPATCH });
    expect(fixed.outputs.issue, fixed.log).toBe(issue?.html_url);
    expect(issue).toMatchObject({ state: 'closed', comments: [expect.stringMatching(/^✅ pass: /)] });
    expect(rig.github.issues).toHaveLength(1);
  });

  it('the issue is found whatever people have done to it in a browser', async () => {
    await rig.gate(FAIL, clock);
    const [issue] = rig.github.issues;
    if (!issue) throw new Error('no issue');
    const { body } = issue;
    const edits: Array<() => void> = [
      () => Object.assign(issue, { body: body.replaceAll('\n', '\r\n') }),
      () => Object.assign(issue, { body: `We are on it.\r\n\r\n${body.replaceAll('\n', '\r\n')}` }),
      () => Object.assign(issue, { labels: ['bug'] }),
      () => Object.assign(issue, { title: 'Nightly regression', labels: [] }),
    ];
    for (const edit of edits) {
      edit();
      const outcome = await rig.gate(FAIL, clock);
      expect(outcome.outputs.issue, outcome.log).toBe(issue.html_url);
    }
    await rig.gate(PASS, clock);
    expect(issue).toMatchObject({ state: 'closed', comments: { length: edits.length + 1 } });
    expect(rig.github.issues).toHaveLength(1);
  });

  it('an issue that only quotes the marker, or is of another gate, is not closed by a pass', async () => {
    await rig.gate({ ...FAIL, key: 'weekly' }, clock);
    const [weekly] = rig.github.issues;
    if (!weekly) throw new Error('no issue');
    const marker = weekly.body.split('\n')[0] ?? '';
    const quoted = `> ${marker.replace('weekly', 'default')}\n\`${marker.replace('weekly', 'default')}\``;
    rig.github.issues.push({ ...weekly, number: 150, labels: [], body: quoted, comments: [] });
    await rig.gate(PASS, clock);
    expect(rig.github.issues.map(({ state }) => state)).toEqual(['open', 'open']);
  });

  it('an issue that the token may not write is a warning, and a run without a verdict opens none', async () => {
    rig.github.faults.push({
      request: /^POST \/repos\/o\/r\/issues$/,
      status: 403,
      message: 'Resource not accessible',
    });
    const outcome = await rig.gate(FAIL, clock);
    expect(outcome.code).toBe(1);
    expect(annotations(outcome)[1]?.message).toMatch(/issues: write/);
    rig.github.faults.length = 0;
    await rig.gate({ ...WEIGHTS, checkpoint: 'nowhere' }, clock);
    expect(rig.github.issues).toEqual([]);
  });
});
