import { UserError } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { checkDisk, checkMemory, checkNode } from '../../../src/cli/doctor/check-runner.ts';
import { tokenCheck } from '../../../src/cli/doctor/check-token.ts';
import { checkAction, checkPermissions, checkRunner } from '../../../src/cli/doctor/check-workflow.ts';
import { ok, problem, runChecks, shared } from '../../../src/cli/doctor/diagnosis.ts';
import { renderDiagnosis, renderDoctorSummary } from '../../../src/cli/doctor/render.ts';
import { temporaryFolder } from '../../fixtures.ts';

const fails = (error: Error) => async () => {
  throw error;
};

describe('checks', () => {
  it('go on after one that breaks, which is a problem with its reason', async () => {
    const seen: string[] = [];
    const all = await runChecks(
      [
        { name: 'a', run: fails(new TypeError('x is not a function')) },
        { name: 'b', run: fails(new UserError('it is wrong', 'make it right')) },
        { name: 'none', run: async () => null },
        { name: 'c', run: async () => ok('fine') },
      ],
      ({ name }) => seen.push(name),
    );
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(all.map(({ status }) => status)).toEqual(['problem', 'problem', 'ok']);
    expect(all[0]?.text).toBe('this check failed: x is not a function');
    expect(all[1]).toMatchObject({ text: 'it is wrong', fix: 'make it right' });
    expect(renderDoctorSummary(all)).toBe('✘ 2 problems');
  });

  it('share what takes long, and its error', async () => {
    let count = 0;
    const work = shared(async () => {
      count += 1;
      throw new Error('once');
    });
    await expect(work()).rejects.toThrow('once');
    await expect(work()).rejects.toThrow('once');
    expect(count).toBe(1);
  });

  it('are lines without what a terminal carries out, in its width', () => {
    const name = `x\u001b[31m${'word '.repeat(30)}`;
    const text = renderDiagnosis({ name: 'disk', ...problem(name, 'buy one') }, { color: false, width: 40 });
    expect(text).not.toContain('\u001b');
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
    expect(text).toMatch(/^✘ disk: x.*\n {2}\S.*\n {2}→ buy one$/s);
  });
});

describe('the machine', () => {
  it('needs a Node that is tested', () => {
    expect(checkNode('20.19.0', 'linux x64').status).toBe('ok');
    expect(checkNode('24.1.0', 'linux x64').status).toBe('ok');
    expect(checkNode('20.18.3', 'linux x64')).toMatchObject({ status: 'problem', fix: 'install Node 20.19 or later' });
  });

  it('needs memory for the model, and some more', () => {
    const check = (whole: number, layered = 17e9) => checkMemory({ whole, layered }, 16e9);
    expect([5e9, 15e9, 33e9].map((whole) => check(whole).status)).toEqual(['ok', 'warning', 'problem']);
    const text = 'the model takes about 33.0 GB in float32, and this machine has 16.0 GB';
    expect(check(33e9).text).toBe(text);
    expect(check(33e9, 3e9)).toMatchObject({
      status: 'warning',
      text: `${text}: it runs from weights of 16 bits, if it has them and they fit, or layer by layer`,
    });
  });

  it('needs a folder for downloads', async () => {
    expect((await checkDisk(null, 0)).status).toBe('warning');
    expect((await checkDisk(null, 1e9)).status).toBe('problem');
    expect((await checkDisk(`${temporaryFolder()}/new/cache`, 1)).status).toBe('ok');
    expect((await checkDisk(temporaryFolder(), 1e18)).status).toBe('problem');
  });
});

describe('a workflow', () => {
  const action = (uses: string) => checkAction({ path: 'w.yml', step: { uses, inputs: {} } }).status;

  it('pins the action', () => {
    expect(action(`org/shadow-gate@${'0'.repeat(40)}`)).toBe('ok');
    expect(action('org/shadow-gate@v0')).toBe('warning');
    expect(action('OWNER/shadow-gate@v0')).toBe('problem');
  });

  it('runs where the model fits', () => {
    const on = (label: unknown, whole: number | null) =>
      checkRunner(
        { path: 'w.yml', job: { 'runs-on': label } },
        whole === null ? null : { whole, layered: whole > 30e9 ? 15e9 : 3e9 },
      ).status;
    expect([on('ubuntu-latest', 1e9), on('ubuntu-24.04', 33e9), on('big', 33e9), on('ubuntu-latest', null)]).toEqual([
      'ok',
      'problem',
      'ok',
      'ok',
    ]);
    expect(on('ubuntu-latest', 10e9)).toBe('warning');
    // Layer by layer.
    expect(on('ubuntu-latest', 20e9)).toBe('warning');
  });

  it('states what its token may do', () => {
    const of = (permissions: unknown, job = {}) => checkPermissions({ path: 'w.yml', content: { permissions }, job });
    const all = { actions: 'read', checks: 'write', contents: 'read', 'pull-requests': 'write' };
    expect(of(all).status).toBe('ok');
    expect(of('write-all').status).toBe('ok');
    expect(of(undefined).status).toBe('warning');
    expect(of({ ...all, checks: 'read' })).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('checks: write'),
    });
    expect(of({ ...all, contents: 'none' }).status).toBe('problem');
    // Those of a job replace those of the workflow.
    expect(of(all, { permissions: {} }).status).toBe('problem');
  });
});

describe('a token of GitHub', () => {
  const answering = (statuses: Readonly<Record<string, number>>) => async (input: string | URL | Request) => {
    const [, path = ''] = /repos\/a\/b\/(\w+)/.exec(String(input)) ?? [];
    return new Response(null, { status: statuses[path] ?? 200 });
  };
  const check = (env: NodeJS.ProcessEnv, statuses: Readonly<Record<string, number>> = {}) =>
    tokenCheck({ env, root: temporaryFolder(), fetch: answering(statuses) }).run();
  const env = { GITHUB_TOKEN: 'secret', GITHUB_REPOSITORY: 'a/b' };

  it('may read what it was asked for, and what it may write is not known', async () => {
    expect(await check({})).toMatchObject({ status: 'ok', text: expect.stringContaining('not known') });
    const found = await check(env);
    expect(found).toMatchObject({
      status: 'ok',
      text: expect.stringMatching(/may contents: read.*write is not known/),
    });
    expect(JSON.stringify(found)).not.toContain('secret');
  });

  it('may be refused, or not be valid', async () => {
    expect(await check(env, { actions: 403 })).toMatchObject({
      status: 'warning',
      fix: expect.stringContaining('actions: read'),
    });
    expect(await check(env, { actions: 502 })).toMatchObject({
      status: 'ok',
      text: expect.stringContaining('not known: actions'),
    });
    expect(await check(env, { contents: 401 })).toMatchObject({ status: 'problem' });
  });
});
