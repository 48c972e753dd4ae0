import { describe, expect, it } from 'vitest';
import type { Finding, Level } from '../../../src/compare/finding.ts';
import { sortFindings, verdictOf } from '../../../src/compare/verdict/verdict.ts';
import { everyFinding } from '../../report/findings.ts';
import { finding, spiked } from '../../report/fixtures.ts';

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
    ['probes that could not show harm are not outweighed by a warning', [unclear, at('warn')], 'inconclusive'],
    ['probes that could not show harm take nothing from a failure', [unclear, at('fail')], 'fail'],
  ])('%s', (_, findings, verdict) => {
    expect(verdictOf(findings)).toBe(verdict);
    expect(verdictOf(findings.toReversed())).toBe(verdict);
  });

  it('findings are sorted by severity, and those of one kind keep their order', () => {
    const findings = [spiked('a', { level: 'info' }), spiked('b'), spiked('c', { level: 'fail' }), spiked('d')];
    const names = sortFindings(findings).map((one) => (one.kind === 'spike' ? one.tensor : ''));
    expect(names).toEqual(['c', 'b', 'd', 'a']);
  });

  it('the headline is what the candidate lost, then harm, and a remark about the reference comes last', () => {
    const level = 'inconclusive';
    const findings: Finding[] = [
      { kind: 'baseline-is-reference', level },
      { kind: 'other-chat-template', level, candidate: true, baseline: false },
      unclear,
      { kind: 'items-lost', level, items: 1, named: [{ id: 'a', reason: null }], capabilities: ['recall'] },
    ];
    const order = ['items-lost', 'twin-accuracy-unclear', 'other-chat-template', 'baseline-is-reference'];
    expect(sortFindings(findings).map(({ kind }) => kind)).toEqual(order);
    expect(sortFindings(findings.toReversed()).map(({ kind }) => kind)).toEqual(order);
  });
});

/**
 * The order that headlines of earlier versions had. Kinds that are in neither list come between them, as they were
 * found.
 */
const FIRST = [
  'probes-not-run',
  'items-lost',
  'no-answers',
  'suite-missing',
  'merge-not-finite',
  'merge-fault',
  'merge-other-tensors',
  'signature-broken',
  'signature-refused',
  'non-finite',
  'vocabulary-rows',
  'fresh-questions',
  'letters-memorized',
  'shadow-delta',
  'own-text',
  'protocol-template',
  'protocol-end-token',
  'protocol-lost',
  'must-pass-broken',
  'refusals-lost',
  'twin-accuracy',
  'accuracy-loss',
  'likelihood-loss',
  'benchmark-loss',
  'level-lost',
  'retention',
  'slice-loss',
  'two-key',
  'rank-loss',
  'other-questions',
  'too-few-facts',
  'must-pass-not-asked',
  'refusals-too-few',
  'likelihood-missing',
  'baseline-memorized',
  'labels-not-bound',
  'not-informative',
  'capability-not-judged',
  'refusals-unclear',
  'twin-accuracy-unclear',
  'likelihood-unclear',
  'gain-not-shown',
  'benchmark-not-comparable',
  'benchmark-gain-not-shown',
  'benchmark-not-judged',
  'benchmark-unclear',
  'suite-unclear',
  'slices-not-judged',
];
const LAST = [
  'missing-baseline',
  'baseline-is-reference',
  'reference-shape',
  'update-size',
  'behavior-not-compared',
  'skipped',
  'no-weights',
  'answered-by-server',
  'evaluation-logs',
  'other-precision',
  'unread-files',
  'merge-unseen',
  'signature-unchecked',
  'probe-notes',
  'answer-mass',
  'judged-by-likelihood',
];

it('the order of any two kinds of findings is the one that readers know', () => {
  const rankOf = ({ kind }: Finding) =>
    FIRST.includes(kind) ? FIRST.indexOf(kind) - FIRST.length : LAST.indexOf(kind) + 1;
  const all = [...new Map(everyFinding('w').map((one) => [one.kind, one])).values()];
  expect(all.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...FIRST, ...LAST]));
  const wrong = all.flatMap((a) =>
    all.flatMap((b) => {
      const expected = rankOf(b) < rankOf(a) ? [b, a] : [a, b];
      const kinds = sortFindings([a, b]).map(({ kind }) => kind);
      return kinds.join() === expected.map(({ kind }) => kind).join() ? [] : [kinds];
    }),
  );
  expect(wrong).toEqual([]);
});
