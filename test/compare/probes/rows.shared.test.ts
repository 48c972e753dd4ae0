import type { ProbeItemMeasurement } from '@shadow-gate/probes/answer';
import { describe, expect, it } from 'vitest';
import { compare } from '../../../src/compare/compare.ts';
import { DEFAULT_POLICY } from '../../../src/policy/policy.ts';
import { parseReport, serializeReport } from '../../../src/report/json.ts';
import { renderComment } from '../../../src/report/markdown/comment.ts';
import { renderTerminal } from '../../../src/report/terminal/report.ts';
import { answers, probes, probesOnly } from '../measurement.ts';

/** A suite of a hundred facts with one capability for each half. */
function suite(name: string, capabilities: readonly [string, string], right: (fact: number) => boolean) {
  return answers(100, name).map((item): ProbeItemMeasurement => {
    const fact = Number(item.fact);
    const correct = right(fact);
    return {
      ...item,
      ...{ capability: capabilities[fact < 50 ? 0 : 1], family: `${name} ${fact < 50}`, correct },
      ...{ given: correct ? 'green' : 'pink', margin: correct ? 1 : -1, probability: correct ? 0.8 : 0.1 },
    };
  });
}

const measured = (...suites: ProbeItemMeasurement[][]) =>
  probesOnly(
    probes({
      suites: suites.map(([first]) => ({
        ...{ name: first?.suite ?? '', version: null, digest: 'sha256:a', seed: 1, items: 200 },
      })),
      items: suites.flat(),
    }),
  );

const judge = (candidate: ReturnType<typeof measured>, baseline: ReturnType<typeof measured>) =>
  compare({ candidate, baseline, baselinePath: 'b.json', policy: DEFAULT_POLICY, policyPath: null, today: new Date() });

describe('benchmarks side by side', () => {
  // One gains 30 points and the other loses 30: together nothing moved.
  const mmlu = (right: number) => suite('mmlu.csv', ['science', 'benchmark'], (fact) => fact % 10 < right);
  const gsm = (right: number) => suite('gsm8k.jsonl', ['benchmark', 'benchmark'], (fact) => fact % 10 < right);
  const report = judge(measured(mmlu(8), gsm(4)), measured(mmlu(5), gsm(7)));

  it('have a row each, and so has the part of a capability that another one has too', () => {
    const rows = report.probes?.comparison.rows.map(({ suite, capability, facts, benchmark }) => {
      const percent = [benchmark.baseline, benchmark.candidate].map((share) => Math.round(100 * (share ?? 0)));
      return [suite, capability, facts, ...percent];
    });
    expect(rows).toEqual([
      [null, null, 200, 60, 60],
      ['mmlu.csv', null, 100, 50, 80],
      ['gsm8k.jsonl', null, 100, 70, 40],
      [null, 'science', 50, 50, 80],
      [null, 'benchmark', 150, 63, 53],
      ['mmlu.csv', 'benchmark', 50, 50, 80],
    ]);
  });

  it('are tested one by one: what one gained does not hide what the other lost', () => {
    expect(report.verdict).toBe('fail');
    expect(report.findings).toContainEqual(
      expect.objectContaining({ kind: 'accuracy-loss', form: 'benchmark', suite: 'gsm8k.jsonl', capability: null }),
    );
  });

  it('are told apart in the comment, on the terminal and in report.json', () => {
    const lines = renderComment(report).replaceAll('\u00a0', ' ').split('\n');
    expect(lines.find((line) => line.startsWith('| **<code>mmlu.csv'))).toContain('50.0 → 80.0');
    expect(lines.find((line) => line.startsWith('| **<code>gsm8k.jsonl'))).toContain('70.0 → 40.0');
    expect(lines.find((line) => line.startsWith('| <code>mmlu.csv</code> · <code>benchmark'))).toContain('50.0 → 80.0');
    const terminal = renderTerminal(report, { color: false, width: 160 }).replaceAll('\u00a0', ' ').split('\n');
    expect(terminal.find((line) => /suite or capability/.test(line))).toBeDefined();
    expect(terminal.find((line) => /gsm8k\.jsonl +.*70\.0 → 40\.0/.test(line))).toBeDefined();
    expect(parseReport(JSON.stringify(serializeReport(report)), 'report.json')).toEqual(report);
  });

  it('have no further rows if there is one', () => {
    const alone = judge(measured(mmlu(8)), measured(mmlu(5))).probes?.comparison.rows;
    expect(alone?.map(({ suite, capability }) => [suite, capability])).toEqual([
      [null, null],
      [null, 'science'],
      [null, 'benchmark'],
    ]);
  });
});
