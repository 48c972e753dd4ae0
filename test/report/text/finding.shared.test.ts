import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SEVERITY } from '../../../src/compare/finding.ts';
import { FINDING_WORDS } from '../../../src/report/findings/list.ts';
import { findingText } from '../../../src/report/summary/finding.ts';
import { repository } from '../../fixtures.ts';
import { everyFinding } from '../findings.ts';
import { finding } from '../fixtures.ts';

describe('the sentence of a finding', () => {
  it.each(everyFinding('w_1').map((one, i) => [`${one.kind} (${i})`, one] as const))(
    'the finding %s is a full sentence',
    (_, one) => {
      const text = findingText(one);
      expect(text).toMatch(/^(["A-Z]|w_1|\d)/);
      expect(text).not.toMatch(/undefined|NaN(?! value)|null|\[object|\$\{| {2}|\.\.$/);
      // Warnings about probe files and causes end as they were written.
      if (one.kind !== 'probe-notes' && one.kind !== 'probes-not-run') expect(text).toMatch(/\.$/);
    },
  );

  it('the sentence of a moved metric gives both values, the change and the limit, each once', () => {
    expect(findingText(finding())).toBe('MLP ÷ attention ratio of ΔW rose from 0.635 to 0.690 (+8.7%; limit +8%).');
  });

  it('the sentence of a moved metric shows a change that three digits would hide', () => {
    const text = findingText(finding({ baseline: 0.21004, candidate: 0.21001 }));
    expect(text).toContain('fell from 0.21004 to 0.21001');
  });

  it('the sentence of a drop gives accuracies in % and their change in points, never one number on two scales', () => {
    const [all] = everyFinding('recall').filter(({ kind }) => kind === 'twin-accuracy');
    expect(all && findingText(all)).toBe(
      'Accuracy in other forms in recall dropped 33.3\u00a0points (96.1% → 62.8%; limit 5\u00a0points): 63 of 180 answers are newly wrong, 3 newly right (p < 0.0001).',
    );
  });

  it('the sentence of the approved weights speaks of the weights alone: code and templates next to them may differ', () => {
    const same = everyFinding('x').filter((one) => one.kind === 'nothing-trained' && one.against === 'baseline');
    const texts = same.filter((one) => one.kind === 'nothing-trained' && one.isIdentical).map(findingText);
    expect(new Set(texts)).toEqual(
      new Set(['The candidate has the weights of the baseline: not a byte of them differs.']),
    );
  });

  it('the sentence of an unclear result tells what would make it clear', () => {
    const [unclear] = everyFinding('x').filter(({ kind }) => kind === 'twin-accuracy-unclear');
    expect(unclear && findingText(unclear)).toBe(
      'A drop in other forms of up to 6.1\u00a0points cannot be ruled out (limit 5\u00a0points). Run more probes; this set detects drops of 8.0\u00a0points or more.',
    );
  });

  it('the sentence of a finding does not depend on its level', () => {
    const texts = SEVERITY.map((level) => findingText(finding({ level })));
    expect(new Set(texts).size).toBe(1);
  });
});

it('the words of a kind stand in one topic alone: in a second one, they would silently replace the others', async () => {
  const folder = repository('src/report/findings');
  const topics = readdirSync(folder).filter((file) => file !== 'list.ts');
  const modules: object[] = await Promise.all(topics.map((file) => import(join(folder, file))));
  const kinds = modules.flatMap((topic) => Object.values(topic)).flatMap((words) => Object.keys(words));
  expect(kinds.sort()).toEqual(Object.keys(FINDING_WORDS).sort());
});
