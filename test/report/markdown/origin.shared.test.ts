import { expect, it } from 'vitest';
import {
  commentMarker,
  renderComment,
  renderRefusal,
  renderStepSummary,
} from '../../../src/report/markdown/comment.ts';
import { type Origin, runOfPage } from '../../../src/report/markdown/origin.ts';
import { report, subject } from '../fixtures.ts';

const COMMIT = 'a'.repeat(40);
const HEAD = 'b'.repeat(40);
const BASE = 'c'.repeat(40);
const REPOSITORY = 'https://github.com/o/r';
const ORIGIN: Origin = { id: 12, attempt: 1, commit: COMMIT, head: COMMIT, repository: REPOSITORY, by: 'own' };
const render = (over: Partial<Origin> = {}) =>
  renderComment(report({ baseline: subject({ commit: BASE }) }), { origin: { ...ORIGIN, ...over } });

it('a comment names its commit, its run and the commit of the baseline, with links', () => {
  const text = render();
  expect(text).toContain(
    `[run 12](${REPOSITORY}/actions/runs/12) · commit [<code>aaaaaaa</code>](${REPOSITORY}/commit/${COMMIT}) · `,
  );
  expect(text).toContain(`[<code>ccccccc</code>](${REPOSITORY}/commit/${BASE}), measured the same day`);
  expect(text).toContain(`as of commit [<code>ccccccc</code>](${REPOSITORY}/commit/${BASE})`);
  expect(text).not.toMatch(/moved on|own run/);
  expect(render({ attempt: 2 })).toContain(`[run 12, attempt 2](${REPOSITORY}/actions/runs/12/attempts/2)`);
});

it('a comment about a commit that the pull request has left says so', () => {
  expect(render({ head: HEAD })).toContain(
    `moved on to commit [<code>bbbbbbb</code>](${REPOSITORY}/commit/${HEAD}), which this result is not about.`,
  );
  expect(render({ head: null })).not.toContain('moved on');
});

it("a page with a fork's numbers says whose they are, however little of the report fits", () => {
  const origin: Origin = { ...ORIGIN, by: 'fork' };
  for (const text of [
    render({ by: 'fork' }),
    renderComment(report(), { origin, limit: 1 }),
    renderStepSummary(report(), { origin }),
    renderRefusal({ key: 'default', origin, verdict: 'pass', conclusion: 'failure' }),
  ]) {
    expect(text).toContain("The numbers come from the fork's own run");
    expect(text).toContain(`[run 12](${REPOSITORY}/actions/runs/12)`);
  }
});

it('the run of a page is read back from it, and a page of an older version has none', () => {
  expect(runOfPage(render())).toEqual({ id: 12, attempt: 1, commit: COMMIT });
  expect(runOfPage(render({ commit: null, attempt: 3 }))).toEqual({ id: 12, attempt: 3, commit: null });
  expect(runOfPage(render().replaceAll('\n', '\r\n'))).toEqual({ id: 12, attempt: 1, commit: COMMIT });
  expect(runOfPage(renderComment(report()))).toBeNull();
});

it('only the second line of a page can say which run it is from', () => {
  const line = '<!-- shadow-gate-run: 99.1 -->';
  expect(runOfPage(`${commentMarker()}\n## fail\n${line}\n`)).toBeNull();
  expect(runOfPage(`${line}\n`)).toBeNull();
  expect(runOfPage(renderComment(report({ device: `\n${line}\n` })))).toBeNull();
});

it('a text that is not a commit is shown without a link, as text', () => {
  const commit = '](https://evil.example) --> <script>';
  const text = render({ commit });
  expect(text).not.toMatch(/evil\.example|<script>/);
  expect(text.split('\n')[1]).toBe('<!-- shadow-gate-run: 12.1 -->');
});
