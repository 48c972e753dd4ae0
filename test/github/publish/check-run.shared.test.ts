import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VERDICTS } from '../../../src/compare/report.ts';
import { type CheckRun, checkRunConclusion, writeCheckRun } from '../../../src/github/publish/check-run.ts';
import { describeCheckRun, MAX_ANNOTATIONS } from '../../../src/report/markdown/check-run.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { everyFinding } from '../../report/findings.ts';
import { finding, HOSTILE_NAMES, hostileReport, report, spiked } from '../../report/fixtures.ts';
import { FakeGithub } from '../fake-github.ts';
import { fastClient } from '../fast-client.ts';

const SHA = 'a'.repeat(40);
const text = describeCheckRun(report(), {});
const RUN: CheckRun = {
  ...text,
  ...{ name: 'Shadow Gate', conclusion: 'neutral', anchor: '.github/workflows/gate.yml' },
  commit: { owner: 'o', repo: 'r', sha: SHA },
  run: 'https://github.com/o/r/actions/runs/12',
};

let github: FakeGithub;
beforeEach(async () => {
  github = await new FakeGithub().start();
});
afterEach(async () => {
  await github.stop();
  expect(github.invalid).toEqual([]);
});

const write = (over: Partial<CheckRun> = {}) => writeCheckRun(fastClient(github), { ...RUN, ...over });

it('a check run succeeds or fails as its step does, and is neutral where a verdict warns without failing it', () => {
  const of = (failOn: Parameters<typeof checkRunConclusion>[1]) =>
    VERDICTS.map((verdict) => `${verdict}: ${checkRunConclusion(verdict, failOn)}`);
  expect(of('inconclusive')).toEqual(['pass: success', 'warn: neutral', 'fail: failure', 'inconclusive: failure']);
  expect(of('warn')).toEqual(['pass: success', 'warn: failure', 'fail: failure', 'inconclusive: failure']);
  expect(of('never')).toEqual(['pass: success', 'warn: neutral', 'fail: neutral', 'inconclusive: neutral']);
});

it('a check run has the sentence as its title, the comment as its summary, and each finding with what to do', async () => {
  expect(await write()).toEqual({ url: 'https://github.com/o/r/runs/1' });
  const [run] = github.checkRuns;
  expect(run).toMatchObject({ name: 'Shadow Gate', head_sha: SHA, conclusion: 'neutral', details_url: RUN.run });
  expect(run?.output.title).toBe('warn: MLP ÷ attention ratio of ΔW rose from 0.635 to 0.690 (+8.7%; limit +8%).');
  expect(run?.output.summary).toMatch(/^## ⚠️ Shadow Gate: warn\n/);
  expect(run?.output.annotations).toEqual([
    {
      ...{ path: '.github/workflows/gate.yml', start_line: 1, end_line: 1 },
      ...{ annotation_level: 'warning', title: 'Metric moved' },
      message: expect.stringMatching(
        /^MLP ÷ attention ratio of ΔW rose .*\nIf the run should be like the approved one.*\n.*shadow-gate measure/,
      ),
    },
  ]);
});

it('a token without the permission is no error: the job hears which one it would be', async () => {
  github.canWriteChecks = false;
  expect(await write()).toEqual({ none: 'the job has no `permissions: checks: write`' });
});

it('a check run that GitHub refuses for another reason is a warning, never an error', async () => {
  github.faults.push({ request: /check-runs/, status: 422 });
  expect(await write()).toEqual({ warning: expect.stringMatching(/^no check run on o\/r: /) });
});

it('five hundred findings are as many annotations as GitHub takes', async () => {
  const many = report({ findings: Array.from({ length: 500 }, (_, i) => spiked(`t_${i}`)) });
  await write(describeCheckRun(many, {}));
  expect(github.checkRuns[0]?.output.annotations).toHaveLength(MAX_ANNOTATIONS);
});

it('a summary can be limited by its bytes, of which names in other scripts take more', () => {
  const wide = hostileReport('я'.repeat(120));
  const whole = renderComment(wide);
  const limit = whole.length + 1;
  expect(Buffer.byteLength(whole)).toBeGreaterThan(limit);
  expect(Buffer.byteLength(renderComment(wide, { limit, unit: 'bytes' }))).toBeLessThan(limit);
});

describe('a path of a stranger', () => {
  const changed = everyFinding('x').filter((one) => one.kind === 'changed-input')[0];
  if (changed?.kind !== 'changed-input') throw new Error('no finding');

  it('that is plain is where its finding stands', async () => {
    const one = report({ findings: [{ ...changed, path: 'ci/shadow-gate.yml' }, finding()] });
    await write(describeCheckRun(one, {}));
    const paths = github.checkRuns[0]?.output.annotations.map(({ path }) => path);
    expect(paths).toEqual(['ci/shadow-gate.yml', RUN.anchor]);
  });

  it('that is not is replaced, and no text of it reaches GitHub as it is', async () => {
    const findings = [...HOSTILE_NAMES, '../x', '/etc/passwd', 'a/../b'].map((path) => ({ ...changed, path }));
    await write(describeCheckRun({ ...report(), findings }, {}));
    expect(new Set(github.checkRuns[0]?.output.annotations.map(({ path }) => path))).toEqual(new Set([RUN.anchor]));
    const hostile = describeCheckRun(hostileReport('\u001b[31m::error::\u202e'), {});
    for (const { message, title } of [...hostile.annotations, { message: hostile.title, title: '' }]) {
      for (const part of ['\u001b', '\u202e', '::error']) expect(`${message}${title}`).not.toContain(part);
    }
  });
});
