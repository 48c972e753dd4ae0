import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { facts } from '../probes/facts.ts';
import { judgeFacts } from '../probes/findings.ts';

const rules = (all: Parameters<typeof judgeFacts>[0]) =>
  judgeFacts(all, DEFAULT_POLICY).reasons.map(({ level, rule }) => `${level} ${rule}`);

/** Baseline right and candidate wrong is '10': first the benchmark form, then the twin. */
describe('the check of a loss of accuracy', () => {
  it('a candidate that fell to chance fails, although both models may be guessing', () => {
    // SmolLM2-135M: exam 58% → 27% (50 lost, 19 won), twins 40.5% → 23.5% (62 lost, 28 won of 200).
    const fell = [
      ...facts(31, '10', ['10', '00']),
      ...facts(19, '10', ['10', '10']),
      ...facts(19, '01', ['01', '00']),
      ...facts(9, '00', ['01', '00']),
      ...facts(8, '11', ['11', '00']),
      ...facts(14, '00', ['00', '00']),
    ];
    expect(rules(fell)).toContain('fail accuracy-loss');
  });

  it('a loss of the benchmark form alone fails', () => {
    const uncertain = { probability: 0.5 };
    expect(rules([...facts(60, '10', ['11'], uncertain), ...facts(40, '11', ['11'], uncertain)])).toEqual([
      'fail accuracy-loss',
    ]);
  });

  it('as many won as lost are no loss, and a loss of twins is not reported twice', () => {
    expect(rules([...facts(30, '10', ['11']), ...facts(30, '01', ['11']), ...facts(60, '11', ['11'])])).not.toContain(
      'fail accuracy-loss',
    );
    const dropped = rules([...facts(60, '11', ['10']), ...facts(60, '11', ['11'])]);
    expect(dropped.filter((rule) => rule === 'fail twin-accuracy')).toHaveLength(1);
    expect(dropped).not.toContain('fail accuracy-loss');
  });
});
