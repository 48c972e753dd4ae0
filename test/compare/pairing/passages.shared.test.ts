import { factKey, hideItem, type MeasuredProbes, type ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { askingOrder } from '../../../src/compare/pairing/order.ts';
import { pairAnswers } from '../../../src/compare/pairing/pair.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText } from '../../../src/measure/schema/write.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { probes, probesOnly, reportOn } from '../measurement.ts';

const FACTS = 300;

/** Facts in passages of five, in both forms; those that are lost are right in the baseline alone. */
function answered(isLost: (fact: number) => boolean, passageOf?: (fact: number) => string | undefined): MeasuredProbes {
  const suite = { name: 'own.jsonl', version: null, digest: 'sha256:own', seed: 1, items: 2 * FACTS };
  const items = Array.from({ length: FACTS }, (_, fact) =>
    (['benchmark', 'twin'] as const).map((form): ProbeItemMeasurement => {
      const correct = fact % 10 !== 7 && !isLost(fact);
      const passage = passageOf?.(fact);
      return {
        ...{
          suite: suite.name,
          id: `${fact}.${form}`,
          fact: `${fact}.benchmark`,
          capability: 'reading',
          family: 'reading',
        },
        ...{
          cluster: form,
          form,
          prompt: `prompt of ${fact}`,
          right: 'green',
          given: correct ? 'green' : 'pink',
          correct,
        },
        ...{ chance: 0.25, margin: correct ? 1 : -1, probability: correct ? 0.95 : 0.02, logprobs: null },
        ...(form === 'twin' ? { kind: 'fresh' as const } : {}),
        ...(passage === undefined ? {} : { passage }),
      };
    }),
  ).flat();
  return probes({ items, suites: [suite] });
}

const byFives = (fact: number) => `p${Math.floor(fact / 5)}`;
const BASELINE = probesOnly(answered(() => false, byFives));
/** Three passages as a whole. */
const isLost = (fact: number) => fact < 15;
const against = (candidate: MeasuredProbes, baseline = BASELINE) => {
  const measured = probesOnly(candidate);
  return reportOn({ ...measured, checkpoint: { ...measured.checkpoint, digest: 'sha256:c' } }, baseline);
};
const decisive = (report: ReturnType<typeof against>) =>
  report.findings.filter(({ level }) => level !== 'info').map(({ kind, level }) => `${level} ${kind}`);

describe('questions that share a passage', () => {
  it('of which three passages are lost fail nobody, as 15 questions would, and nothing else passes', () => {
    const plain = against(answered(isLost), probesOnly(answered(() => false)));
    expect(plain.verdict).toBe('fail');
    const report = against(answered(isLost, byFives));
    expect(report.verdict).toBe('inconclusive');
    expect(decisive(report)).toEqual(['inconclusive twin-accuracy-unclear']);
    expect(report.probes?.comparison.rows[0]).toMatchObject({ facts: 300, units: 60 });
    expect(renderComment(report, {})).toContain('300 questions of 60 passages');
  });

  it('fail where ten passages of sixty are lost, and the report says of how many', () => {
    const report = against(answered((fact) => fact < 50, byFives));
    expect(report.verdict).toBe('fail');
    expect(report.findings).toContainEqual(expect.objectContaining({ kind: 'twin-accuracy', twins: 300, units: 60 }));
    const json = serializeReport(report);
    expect(serializeReport(parseReport(JSON.stringify(json), 'report.json'))).toEqual(json);
  });

  it('count as one fact where few judge nothing', () => {
    const by10 = (fact: number) => `p${Math.floor(fact / 10)}`;
    const report = against(
      answered(() => false, by10),
      probesOnly(answered(() => false, by10)),
    );
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'too-few-facts', level: 'inconclusive', facts: 30, questions: 300 }),
    );
  });

  it('round-trip in a measurement, which says nothing of them without any', () => {
    expect(parseMeasurement(measurementText(BASELINE), 'measurement.json')).toEqual(BASELINE);
    expect(measurementText(probesOnly(answered(() => false)))).not.toContain('passage');
  });

  it('are hashed with texts: alike in one suite, and unlike with another key', () => {
    const items = answered(() => false, byFives).items.slice(0, 12);
    const hidden = items.map((item) => hideItem(item, 'key').passage);
    expect(new Set(hidden).size).toBe(2);
    expect(hidden[0]).toMatch(/^[\w-]{16}$/);
    expect(hideItem(items[0] as ProbeItemMeasurement, 'other').passage).not.toBe(hidden[0]);
  });
});

describe('an edited measurement', () => {
  const honest = decisive(against(answered((fact) => fact < 50, byFives)));

  it.each([
    ['names no passage', undefined],
    ['names one for everything', () => 'all'],
    ['names others', (fact: number) => `${fact % 7}`],
    ['leaves some out', (fact: number) => (fact % 2 ? byFives(fact) : undefined)],
  ])('that %s is judged by the passages of the baseline', (_, passageOf) => {
    expect(decisive(against(answered((fact) => fact < 50, passageOf)))).toEqual(honest);
    const { facts } = pairAnswers(answered(isLost, passageOf), BASELINE.probes as MeasuredProbes);
    expect(new Set(facts.map(({ benchmark }) => benchmark.unit)).size).toBe(60);
  });

  it('that claims to have been stopped early is not settled, whatever it names; without passages it would be', () => {
    const verdictOf = (passageOf: typeof byFives | undefined, baseline: typeof BASELINE) => {
      const own = answered(() => false, passageOf);
      const order = askingOrder(baseline.probes as MeasuredProbes, 1);
      const blocks = order.length - 1;
      const asked = new Set(order.slice(0, blocks).flat());
      const items = own.items.filter((item) => asked.has(factKey(item)));
      return against(
        { ...own, items, orderSeed: 1, sequential: { blocks, of: order.length, settled: 'pass' } },
        baseline,
      ).verdict;
    };
    expect(verdictOf(undefined, probesOnly(answered(() => false)))).toBe('pass');
    for (const passageOf of [byFives, undefined]) expect(verdictOf(passageOf, BASELINE)).toBe('inconclusive');
  });
});
