import type { Page } from 'playwright-core';
import type { ItemTable, StoredFact } from '../../../src/compare/rows/item-table.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { probeReport, report } from '../fixtures.ts';

const FORMS: ItemTable['forms'] = [
  { form: 'benchmark', kind: null },
  { form: 'twin', kind: 'open' },
  { form: 'twin', kind: 'format', aside: true },
];
const PARTS: ItemTable['parts'] = [
  { suite: 'builtin', capability: 'recall', family: 'records' },
  { suite: 'mmlu.csv', capability: 'recall', family: 'geography' },
  { suite: 'mmlu.csv', capability: 'reasoning', family: 'sums' },
];

/**
 * Facts q0, q1, …: those of each tenth number are flips on the open twin, and the candidate has every seventh benchmark
 * form wrong. One third after the other. The margin of the benchmark form changed by the number.
 */
export function itemFacts(count: number): StoredFact[] {
  return Array.from({ length: count }, (_, i): StoredFact => {
    const isFlip = i % 10 === 0;
    const isWrong = i % 7 === 3;
    return {
      ...{ id: `q${i}`, part: i % 3 },
      ...(isFlip && !isWrong ? { flip: 'lost' as const } : {}),
      items: [
        [
          0,
          `What is ${i} plus ${i}?\nAnswer:`,
          String(2 * i),
          null,
          isWrong ? 'no idea' : null,
          1,
          isWrong ? 0 : 1,
          0,
          i,
        ],
        [1, `${i} and ${i} are`, String(2 * i), null, isFlip ? 'many' : null, 1, isFlip ? 0 : 1, 1, isFlip ? -2 : 1],
        [2, 0, 'A', 'B', 'B', 0, 0, -1, -1],
      ],
    };
  });
}

/** A report with these items. */
export function itemPage(list: readonly StoredFact[]): string {
  const own = probeReport();
  const items: ItemTable = {
    ...{ format: 'shadow-gate/report-items@1', hasBaseline: true, parts: PARTS, forms: FORMS },
    ...{ facts: [...list], leftOut: { facts: 0, flips: 0 } },
  };
  return renderHtml(report({ probes: { ...own, items } }));
}

/** Ids of the rows that are shown, from above. */
export const shownItemIds = (page: Page) =>
  page.evaluate<string[]>(
    `[...document.querySelectorAll('table.items tbody tr')].filter((row) => !row.hidden).map((row) => row.querySelector('code').textContent)`,
  );
