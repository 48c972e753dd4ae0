import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { annotations, FAIL, levels, PASS, useRig } from './rig.ts';
import { HEAD_SHA, PUSH } from './run-action.ts';

const rig = useRig();

const NAME = 'shadow-gate-report-default.html';
const address = (run: number, id: number) => `https://github.com/o/r/actions/runs/${run}/artifacts/${id}`;
const pages = () => rig.results.artifacts.visible.filter(({ name }) => name.endsWith('.html'));

describe('the report as a page', () => {
  it('a pull request leaves it as an artifact that is not zipped, and comment, summary and outputs have its address', async () => {
    const outcome = await rig.gate(FAIL, { runId: 70 });
    const [page] = pages();
    if (page === undefined) throw new Error(outcome.log);
    expect(page).toMatchObject({ name: NAME, runId: '70' });
    const path = outcome.outputs['html-report'] ?? '';
    expect(rig.results.artifacts.bytesOf(page).toString()).toBe(await readFile(path, 'utf8'));
    expect(await readFile(path, 'utf8')).toMatch(/^<!doctype html>[\s\S]*Shadow Gate: fail/);
    expect(outcome.outputs['html-report-url']).toBe(address(70, page.id));
    for (const text of [rig.github.comments[0]?.body, outcome.summary])
      expect(text).toContain(`(${address(70, page.id)})`);
    // Nothing else is kept of a pull request.
    expect(rig.results.artifacts.visible).toHaveLength(1);
  });

  it('another attempt of a run replaces it, and another key has its own', async () => {
    await rig.gate(FAIL, { runId: 70 });
    const { outputs } = await rig.gate(FAIL, { runId: 70, environment: { GITHUB_RUN_ATTEMPT: '2' } });
    expect(pages().map(({ id }) => address(70, id))).toEqual([outputs['html-report-url']]);
    await rig.gate({ ...FAIL, key: 'other' }, { runId: 70 });
    expect(pages().map(({ name }) => name)).toEqual(['shadow-gate-report-other.html', NAME]);
  });

  it('is no baseline of later runs', async () => {
    await rig.gate(PASS, { event: PUSH, runId: 1 });
    expect(rig.results.artifacts.visible.map(({ name }) => name)).toEqual(['shadow-gate-default', NAME]);
  });

  it('is written and not uploaded where artifacts are off, or the server has none', async () => {
    for (const [inputs, environment] of [
      [{ artifact: 'off' }, {}],
      [{}, { ACTIONS_RESULTS_URL: '' }],
    ] as const) {
      const { outputs, log } = await rig.gate({ ...PASS, ...inputs }, { environment });
      expect(await readFile(outputs['html-report'] ?? '', 'utf8'), log).toContain('Shadow Gate: pass');
      expect(outputs['html-report-url']).toBe('');
      expect(pages()).toEqual([]);
    }
  });

  it('a failed upload is a warning, and verdict and comment are what they are', async () => {
    rig.results.faults.push({ request: /CreateArtifact/, status: 403, message: 'no artifacts today' });
    const outcome = await rig.gate(PASS);
    expect(outcome.code, outcome.log).toBe(0);
    expect(annotations(outcome).map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^the report was not uploaded as a page: .*no artifacts today/),
    );
    expect(levels(outcome)).toEqual(['notice', 'warning']);
    expect(outcome.outputs).toMatchObject({ verdict: 'pass', 'html-report-url': '' });
    expect(rig.github.comments[0]?.body).not.toContain('/artifacts/');
  });

  it('of a fork is made anew from its report, whatever page lies next to it', async () => {
    const { outputs } = await rig.gate({ ...FAIL, comment: 'off' }, { runId: 50 });
    const report = outputs.report ?? '';
    await writeFile(report.replace(/json$/, 'html'), '<script>alert(1)</script>');
    rig.github.pulls.push({ number: 7, head: { sha: HEAD_SHA, label: 'stranger:tune' } });
    const head = { head_sha: HEAD_SHA, head_branch: 'tune', head_repository: { id: 99, owner: { login: 'stranger' } } };
    const run = { id: 50, run_attempt: 1, conclusion: 'failure', pull_requests: [], ...head };
    const payload = { workflow_run: run, repository: { id: 1, name: 'r', owner: { login: 'o' } } };
    const outcome = await rig.gate({ report }, { event: { name: 'workflow_run', payload }, runId: 71 });
    const [page] = pages();
    if (page === undefined) throw new Error(outcome.log);
    expect(page).toMatchObject({ name: NAME, runId: '71' });
    const text = rig.results.artifacts.bytesOf(page).toString();
    expect(text).toContain('1 NaN');
    expect(text).not.toContain('alert(1)');
    expect(rig.github.comments[0]?.body).toContain(`(${address(71, page.id)})`);
  });
});
