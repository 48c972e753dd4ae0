import { describe, expect, it } from 'vitest';
import { assessTrend, withTrend } from '../../../src/history/trend.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { COMMENT_LIMIT } from '../../../src/report/markdown/comment.ts';
import { describeRegression } from '../../../src/report/markdown/issue.ts';
import { nights } from '../../history/fixtures.ts';
import { report, spiked } from '../fixtures.ts';

const RUN = 'https://github.com/o/r/actions/runs/7';
const drift = assessTrend(nights(Array(30).fill(-2)), DEFAULT_POLICY);

describe('the issue of a scheduled check', () => {
  const pass = report({ verdict: 'pass', findings: [] });

  it('the issue of a check that fails by its trend alone names the drift and draws it', () => {
    const { body, line, verdict } = describeRegression(withTrend(pass, drift), { key: 'nightly', run: RUN });
    expect(verdict).toBe('fail');
    expect(body).toMatch(/^## ❌ Shadow Gate: fail/);
    expect(body).toContain('has drifted down over the last 30 checks');
    // GitHub draws a fence only at the start of a line after an empty line.
    expect(body.match(/\n\n```mermaid\n/g)).toHaveLength(3);
    expect(body).toMatch(/<\/sub>\n\n\[The run\]/);
    expect(line).toMatch(
      /^❌ fail: Accuracy in other forms has drifted .*\(\[run\].*\) · cumulative sums: accuracy in other forms 45\.00, /,
    );
    expect(line).not.toContain('\n');
  });

  it('the issue of a check without a history has no charts', () => {
    const { body, line } = describeRegression(pass, { key: 'nightly', run: RUN });
    expect(body).not.toContain('mermaid');
    expect(line).toBe(
      '✅ pass: Nothing moved beyond its limit: MLP ÷ attention ratio of ΔW 0.635 → 0.690 (+8.7%). ([run](https://github.com/o/r/actions/runs/7))',
    );
  });

  it('the issue has room for its charts, however long the report is', () => {
    const findings = Array.from({ length: 40 }, (_, i) => spiked(`layer.${i}.${'x'.repeat(100)}`));
    const tensors = Array.from({ length: 40 }, () => pass.tensors).flat();
    const { body, marker } = describeRegression(withTrend({ ...pass, findings, tensors }, drift), {
      key: 'nightly',
      run: RUN,
    });
    expect(body.length + marker.length).toBeLessThan(COMMENT_LIMIT);
    expect(body.length).toBeGreaterThan(COMMENT_LIMIT / 2);
    expect(body.match(/```mermaid/g)).toHaveLength(3);
  });
});
