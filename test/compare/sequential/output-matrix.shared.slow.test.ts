import { describe, expect, it } from 'vitest';
import { SEVERITY } from '../../../src/compare/finding.ts';
import type { Verdict } from '../../../src/compare/report.ts';
import { fullSize } from '../../full-size.ts';
import { ofKind, reportOn } from '../measurement.ts';
import { asMeasurement, damaged, EDITS_BY_CONTEXT, OUTPUT_EDITS, type ToyModel, toyModel } from './output-matrix.ts';

const DRAWS = fullSize(8, 2);

const DAMAGE = [
  { noise: 0.1, sink: 0.05 },
  { noise: 0.25, sink: 0.25 },
  { noise: 0.3, sink: 0.45 },
  { noise: 0.4, sink: 0.8 },
];

const severity = (verdict: Verdict): number => SEVERITY.indexOf(verdict === 'pass' ? 'info' : verdict);

describe('somebody who changes the output matrix and keeps the order of the choices', () => {
  it('gets no milder verdict', () => {
    const model = toyModel(1);
    const baseline = asMeasurement(model);
    const verdicts = new Set<Verdict>();
    for (const [d, damage] of DAMAGE.entries()) {
      for (let draw = 1; draw <= DRAWS; draw += 1) {
        const candidate = damaged(model, damage, 100 * d + draw);
        const { verdict } = reportOn(asMeasurement(candidate), baseline);
        verdicts.add(verdict);
        for (const [name, edit] of Object.entries(OUTPUT_EDITS)) {
          const edited = candidate.map((logits, i) => edit(logits, model[i] ?? []));
          const { verdict: bought } = reportOn(asMeasurement(edited), baseline);
          expect(severity(bought), `${name}, damage ${d}, draw ${draw}: ${verdict} → ${bought}`).toBeLessThanOrEqual(
            severity(verdict),
          );
        }
      }
    }
    // The damage is on both sides of every limit.
    expect([...verdicts].sort()).toEqual(['fail', 'pass', 'warn']);
  });

  it('makes no loss by right and wrong milder, even if it tells contexts apart', () => {
    const model = toyModel(1);
    const baseline = asMeasurement(model);
    const exact = (candidate: ToyModel) =>
      reportOn(asMeasurement(candidate), baseline).findings.filter(
        ({ kind, level }) => level === 'fail' && (kind === 'twin-accuracy' || kind === 'accuracy-loss'),
      ).length;
    let shown = 0;
    for (const [d, damage] of DAMAGE.entries()) {
      for (let draw = 1; draw <= DRAWS; draw += 1) {
        const candidate = damaged(model, damage, 100 * d + draw);
        const before = exact(candidate);
        shown += before;
        for (const [name, edit] of Object.entries(EDITS_BY_CONTEXT)) {
          const edited = candidate.map((logits, i) => edit(logits, model[i] ?? []));
          expect(exact(edited), `${name}, damage ${d}, draw ${draw}`).toBeGreaterThanOrEqual(before);
        }
      }
    }
    expect(shown).toBeGreaterThan(0);
  });

  it('is named, where the model is the same otherwise', () => {
    const model = toyModel(1);
    const down = OUTPUT_EDITS['what is never right, out of reach'] ?? expect.fail();
    const { findings, verdict } = reportOn(
      asMeasurement(model.map((logits) => down(logits, logits))),
      asMeasurement(model),
    );
    expect(verdict).toBe('pass');
    expect(ofKind('answer-mass', findings)).toMatchObject([{ level: 'info', limit: 0.015 }]);
  });
});
