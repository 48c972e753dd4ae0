import { describe, expect, it } from 'vitest';
import { SEVERITY } from '../../../src/compare/finding.ts';
import { findingText } from '../../../src/report/text/finding.ts';
import { everyFinding } from '../findings.ts';
import { finding } from '../fixtures.ts';

describe('the sentence of a finding', () => {
  it.each(everyFinding('w_1').map((one, i) => [`${one.kind} (${i})`, one] as const))(
    '%s is a sentence without holes',
    (_, one) => {
      const text = findingText(one);
      expect(text).toMatch(/^(["A-Z]|w_1|\d)/);
      expect(text).not.toMatch(/undefined|NaN(?! value)|null|\[object|\$\{| {2}|\.\.$/);
      // Notes of probe files and causes end as their authors wrote them.
      if (one.kind !== 'probe-notes' && one.kind !== 'probes-not-run') expect(text).toMatch(/\.$/);
    },
  );

  it('gives both values, the change and the limit of a metric, each once', () => {
    expect(findingText(finding())).toBe('MLP ÷ attention ratio of ΔW rose from 0.635 to 0.690 (+8.7%; limit +8%).');
  });

  it('shows a change that three digits would hide', () => {
    const text = findingText(finding({ baseline: 0.21004, candidate: 0.21001 }));
    expect(text).toContain('fell from 0.21004 to 0.21001');
  });

  it('gives accuracies in % and their change in points, never one number on two scales', () => {
    const [all] = everyFinding('recall').filter(({ kind }) => kind === 'twin-accuracy');
    expect(all && findingText(all)).toBe(
      'Twin accuracy in recall dropped 33.3\u00a0points (96.1% → 62.8%; limit 5\u00a0points): 63 of 180 twins are newly wrong, 3 newly right (p < 0.0001).',
    );
  });

  it('says what would make an unclear result clear', () => {
    const [unclear] = everyFinding('x').filter(({ kind }) => kind === 'twin-accuracy-unclear');
    expect(unclear && findingText(unclear)).toBe(
      'A drop in twin accuracy of up to 6.1\u00a0points cannot be ruled out (limit 5\u00a0points). Run more probes; this set detects drops of 8.0\u00a0points or more.',
    );
  });

  it('does not depend on the level', () => {
    const texts = SEVERITY.map((level) => findingText(finding({ level })));
    expect(new Set(texts).size).toBe(1);
  });
});
