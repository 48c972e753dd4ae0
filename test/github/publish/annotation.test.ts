import { afterEach, expect, it, vi } from 'vitest';
import { VERDICTS } from '../../../src/compare/report.ts';
import { githubRunner } from '../../../src/github/client/runner.ts';
import { FAIL_ON_CHOICES, isFailure, writeAnnotation } from '../../../src/github/publish/annotation.ts';
import { report, spiked } from '../../report/fixtures.ts';

afterEach(() => vi.restoreAllMocks());

it('fail-on decides which verdicts fail the step', () => {
  const failing = FAIL_ON_CHOICES.map((failOn) => [failOn, VERDICTS.filter((verdict) => isFailure(verdict, failOn))]);
  expect(Object.fromEntries(failing)).toEqual({
    fail: ['fail'],
    inconclusive: ['fail', 'inconclusive'],
    warn: ['warn', 'fail', 'inconclusive'],
    never: [],
  });
});

it.each(VERDICTS)(
  'verdict %s with 200 findings is one annotation, since GitHub shows only ten of a level',
  (verdict) => {
    const written: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    const findings = Array.from({ length: 200 }, (_, i) => spiked(`layer.${i}`));
    writeAnnotation(githubRunner({}), report({ verdict, findings }), {
      failOn: 'never',
      key: 'default',
      isOverridden: false,
    });
    const commands = written.join('').match(/^::.*$/gm);
    expect(commands).toEqual([expect.stringMatching(/^::(error|warning|notice) title=/)]);
  },
);
