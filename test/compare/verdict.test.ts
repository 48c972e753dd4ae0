import { describe, expect, it } from 'vitest';
import type { Finding, Level } from '../../src/compare/finding.ts';
import { sortFindings, verdictOf, worseOf } from '../../src/compare/verdict.ts';
import { finding, spiked } from '../report/fixtures.ts';

const at = (level: Level) => finding({ level });
const unclear: Finding = {
  kind: 'twin-accuracy-unclear',
  level: 'inconclusive',
  change: 0,
  possibleDrop: 0.06,
  limit: 0.05,
  minimumDetectable: null,
};

describe('the verdict', () => {
  it.each<[string, Finding[], string]>([
    ['no finding is a pass', [], 'pass'],
    ['information alone is a pass', [at('info')], 'pass'],
    ['a warning warns', [at('info'), at('warn')], 'warn'],
    ['shown harm fails, whatever else could not be judged', [at('inconclusive'), at('fail'), at('warn')], 'fail'],
    ['an invalid comparison outweighs a warning', [at('warn'), at('inconclusive')], 'inconclusive'],
    ['probes that could not show harm are never a pass', [unclear, at('info')], 'inconclusive'],
    ['probes that could not show harm take nothing from a warning of the spectra', [unclear, at('warn')], 'warn'],
    ['probes that could not show harm take nothing from a failure', [unclear, at('fail')], 'fail'],
  ])('%s', (_, findings, verdict) => {
    expect(verdictOf(findings)).toBe(verdict);
    expect(verdictOf(findings.toReversed())).toBe(verdict);
  });

  it.each<[string, Finding]>([
    ['not-informative', { kind: 'not-informative', level: 'inconclusive', families: [] }],
    ['probes-not-run', { kind: 'probes-not-run', level: 'inconclusive', side: 'candidate', cause: null }],
    [
      'left-out',
      { kind: 'left-out', level: 'inconclusive', named: [{ id: 'a', reason: 'b' }], items: 1, ran: 0, isMost: true },
    ],
  ])('%s is absent evidence: a warning stands, and a pass does not', (_, absent) => {
    expect(verdictOf([absent])).toBe('inconclusive');
    expect(verdictOf([absent, at('warn')])).toBe('warn');
  });

  it('findings are sorted by severity, and those of one level keep their order', () => {
    const findings = [spiked('a', { level: 'info' }), spiked('b'), spiked('c', { level: 'fail' }), spiked('d')];
    const names = sortFindings(findings).map((one) => (one.kind === 'spike' ? one.tensor : ''));
    expect(names).toEqual(['c', 'b', 'd', 'a']);
  });

  it('of two verdicts the worse one counts', () => {
    expect(worseOf('pass', 'warn')).toBe('warn');
    expect(worseOf('inconclusive', 'warn')).toBe('inconclusive');
    expect(worseOf('inconclusive', 'fail')).toBe('fail');
    expect(worseOf('pass', 'pass')).toBe('pass');
  });
});
