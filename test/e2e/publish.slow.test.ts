import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { commentMarker } from '../../src/report/markdown/comment.ts';
import { annotations, FAIL, PASS, useRig } from './rig.ts';
import { BASE_SHA, HEAD_SHA, PULL_REQUEST } from './run-action.ts';

const rig = useRig({ hasServices: false });

describe('the trusted workflow of a pair', () => {
  interface Run {
    readonly sha?: string;
    readonly conclusion?: string | null;
    readonly id?: number;
  }
  const run = ({ sha = HEAD_SHA, conclusion = 'failure', id = 50 }: Run = {}) => ({
    name: 'workflow_run',
    payload: {
      workflow_run: {
        id,
        run_attempt: 1,
        conclusion,
        head_sha: sha,
        head_branch: 'tune',
        head_repository: { id: 99, owner: { login: 'stranger' } },
        pull_requests: [],
      },
      repository: { id: 1, name: 'r', owner: { login: 'o' } },
    },
  });
  const untrusted = async (inputs = FAIL) => (await rig.gate({ ...inputs, comment: 'off' })).outputs.report ?? '';
  const openPull = (label = 'stranger:tune', sha = HEAD_SHA) =>
    rig.github.pulls.push({ number: 7, head: { sha, label } });

  it('the report of a fork is posted on its pull request, and the step that posts it does not fail', async () => {
    openPull();
    const outcome = await rig.gate({ report: await untrusted(), key: 'fork' }, { event: run() });
    expect(outcome.code, outcome.log).toBe(0);
    expect(outcome.outputs).toMatchObject({ verdict: 'fail', comment: rig.github.comments[0]?.html_url });
    const body = rig.github.comments[0]?.body ?? '';
    expect(body).toContain('1 NaN');
    expect(body).toMatch(new RegExp(`^${commentMarker('fork')}`));
    for (const text of [body, outcome.summary]) {
      expect(text).toContain(`commit [<code>aaaaaaa</code>](https://github.com/o/r/commit/${HEAD_SHA})`);
      expect(text).toContain('[run 50](https://github.com/o/r/actions/runs/50)');
      expect(text).toContain("The numbers come from the fork's own run");
    }
    // Nobody can require it in the place of the check of that run.
    expect(rig.github.checkRuns.at(-1)).toMatchObject({
      ...{ name: 'Shadow Gate report: fork', head_sha: HEAD_SHA, conclusion: 'neutral' },
    });
  });

  it('a report is not posted if the pull request has moved on, or belongs to somebody else', async () => {
    openPull('stranger:tune', BASE_SHA);
    openPull('somebody:tune');
    const outcome = await rig.gate({ report: await untrusted() }, { event: run() });
    expect(outcome.outputs.comment, outcome.log).toBe('');
    expect(rig.github.comments).toEqual([]);
  });

  it('the pull request is found behind a hundred others of the same branch', async () => {
    for (let i = 0; i < 130; i++) openPull('stranger:tune', BASE_SHA);
    openPull();
    const outcome = await rig.gate({ report: await untrusted() }, { event: run() });
    expect(outcome.outputs.comment, outcome.log).toBe(rig.github.comments[0]?.html_url);
  });

  it.each([
    ['pass', PASS, 'failure'],
    ['pass', PASS, 'timed_out'],
    ['pass', PASS, null],
    ['fail', FAIL, 'success'],
  ] as const)(
    'a report with the verdict %s of a run that ended otherwise is refused, and the comment says so',
    async (verdict, inputs, conclusion) => {
      openPull();
      // What an earlier run has written must not stay as if it were about this one.
      rig.github.addComment(`${commentMarker()}\n## pass`, 'github-actions[bot]', 'Bot');
      const outcome = await rig.gate({ report: await untrusted(inputs) }, { event: run({ conclusion }) });
      expect(outcome.code, outcome.log).toBe(1);
      expect(outcome.outputs).toEqual({});
      expect(outcome.summary).toBe('');
      expect(annotations(outcome).map(({ message }) => message)).toEqual([
        expect.stringMatching(new RegExp(`^the report has the verdict ${verdict}, and run 50 that made it ended with`)),
      ]);
      expect(rig.github.comments).toHaveLength(1);
      expect(rig.github.comments[0]?.body).toMatch(/^<!-- .*\n<!-- .*\n\n## ❔ Shadow Gate: inconclusive\n/);
      expect(rig.github.comments[0]?.body).not.toMatch(/NaN|✅|Candidate/);
    },
  );

  it('a verdict that was edited into a report does not follow from its findings, and without these it is refused too', async () => {
    openPull();
    const { verdict: _, ...honest } = JSON.parse(await readFile(await untrusted(), 'utf8'));
    const publish = async (forged: object, conclusion: string) => {
      await writeFile(rig.path('forged.json'), JSON.stringify({ ...honest, ...forged }));
      return rig.gate({ report: 'forged.json' }, { event: run({ conclusion }) });
    };
    const edited = await publish({ verdict: 'pass' }, 'success');
    expect(edited.code, edited.log).toBe(1);
    expect(annotations(edited)[0]?.message).toContain('the verdict is pass, and the reasons give fail');
    expect(rig.github.comments).toEqual([]);
    for (const [reasons, conclusion] of [
      [[], 'failure'],
      // As if it had passed, also for a run that let every verdict pass.
      [[], 'success'],
      [honest.reasons.filter(({ level }: { level: string }) => level === 'info'), 'success'],
    ] as const) {
      const levels = { fail: 0, inconclusive: 0, warn: 0, info: reasons.length };
      for (const more of [{}, { levels }, { levels: undefined }]) {
        const stripped = await publish({ verdict: 'pass', reasons, ...more }, conclusion);
        expect(stripped.code, stripped.log).toBe(1);
        expect(annotations(stripped)[0]?.message).toMatch(/reasons: .*some were taken out/);
      }
    }
    expect(rig.github.comments).toEqual([]);
  });

  it('a run agrees with its report by the fail-on of its own workflow', async () => {
    openPull();
    const report = await untrusted();
    const outcome = await rig.gate({ report, 'fail-on': 'never' }, { event: run({ conclusion: 'success' }) });
    expect(outcome.code, outcome.log).toBe(0);
    expect(rig.github.comments[0]?.body).toContain('1 NaN');
    expect((await rig.gate({ report, 'fail-on': 'never' }, { event: run() })).code).toBe(1);
  });

  it('an earlier run that is published late does not overwrite the result of a later one', async () => {
    openPull();
    const report = await untrusted();
    await rig.gate({ report }, { event: run({ id: 51 }) });
    const late = await rig.gate({ report: await untrusted(PASS) }, { event: run({ id: 50, conclusion: 'success' }) });
    expect(late.code, late.log).toBe(0);
    expect(late.log).toMatch(/Comment: none, since .*newer run \(51, attempt 1\)/);
    expect(late.outputs.comment).toBe('');
    expect(rig.github.comments.map(({ body }) => body)).toEqual([expect.stringContaining('1 NaN')]);
  });

  it('a report that is given to a run of a pull request is not shown as the own numbers of that run', async () => {
    const report = await untrusted(PASS);
    await rig.gate({ report }, { event: PULL_REQUEST, runId: 60 });
    const [comment] = rig.github.comments;
    expect(comment?.body).toContain("The numbers come from the pull request's own run");
  });

  it.each([403, 502])(
    'if GitHub answers %i to the search for the pull request, the step fails and says so',
    async (status) => {
      openPull();
      rig.github.faults.push({ request: /^GET .*\/pulls$/, status });
      const outcome = await rig.gate({ report: await untrusted() }, { event: run() });
      expect(outcome.code, outcome.log).toBe(1);
      expect(annotations(outcome)[0]?.message).toMatch(
        /^the pull request of run 50 could not be found: .*run this workflow again/,
      );
      expect(rig.github.comments).toEqual([]);
    },
  );

  it('an event that does not say how its run ended is an error, not a run to trust', async () => {
    openPull();
    const { payload } = run();
    const { conclusion: _, ...partial } = payload.workflow_run;
    const event = { name: 'workflow_run', payload: { ...payload, workflow_run: partial } };
    const outcome = await rig.gate({ report: await untrusted(PASS) }, { event });
    expect(outcome.code, outcome.log).toBe(1);
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
