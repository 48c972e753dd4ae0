import { expect, it } from 'vitest';
import { commentPage } from '../../../scripts/docs/comment-page.ts';
import type { Finding } from '../../../src/compare/finding.ts';
import type { Report } from '../../../src/compare/report.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { everyFinding } from '../findings.ts';
import { probeReport, report, subject } from '../fixtures.ts';
import { describeInBrowser, reportBrowser } from '../html/browser.ts';

const COMMIT = 'a'.repeat(40);
const ORIGIN = {
  ...{ id: 123_456_789_012, attempt: 2, commit: COMMIT, head: 'b'.repeat(40) },
  ...{ repository: 'https://github.com/a-long-organization/a-long-repository', by: 'fork' as const },
};
const LONG = 'model.language_model.layers.31.mlp.experts.127.down_proj.weight';
const base = report({ baseline: subject({ commit: COMMIT, path: LONG }), probes: probeReport(LONG) });

const withFinding = (finding: Finding): Report => ({ ...base, verdict: 'warn', findings: [finding] });

/** What is wider than its place, in pixels, of what a reader sees before opening anything. */
const WIDER = `[...document.querySelectorAll('.markdown-body > *, .markdown-body > table td')]
  .filter((element) => element.tagName !== 'DETAILS' && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
  .map((element) => element.tagName + ' ' + element.textContent.slice(0, 200))`;

describeInBrowser('a comment on a phone of 400 pixels', () => {
  const { open } = reportBrowser();

  it('shows what decides without scrolling sideways, whatever the finding', { timeout: 300_000 }, async () => {
    const findings = everyFinding(LONG).filter(({ kind }, i, all) => all.findIndex((one) => one.kind === kind) === i);
    const reports = [{ ...base, verdict: 'pass' as const, findings: [] }, ...findings.map(withFinding)];
    // One page has several comments: opening dozens of pages takes minutes.
    for (let i = 0; i < reports.length; i += 10) {
      const comments = reports.slice(i, i + 10).map((one) => renderComment(one, { origin: ORIGIN }));
      const { page, sidewaysScroll, problems } = await open(await commentPage(...comments), { width: 400 });
      expect(await sidewaysScroll()).toBe(0);
      expect(await page.evaluate(WIDER)).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    }
  });

  it('keeps wide tables within their folds', async () => {
    const { page, sidewaysScroll } = await open(await commentPage(renderComment(base, { origin: ORIGIN })), {
      width: 400,
    });
    await page.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })");
    expect(await sidewaysScroll()).toBe(0);
  });
});
