import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/compare/report.ts';
import type { ItemTable, StoredFact } from '../../../src/compare/rows/item-table.ts';
import { renderHtml } from '../../../src/report/html/report.ts';
import { answers, probes, probesOnly, reportOn } from '../../compare/measurement.ts';
import type { Change } from '../../compare/probes/facts.ts';
import { probeReport, report } from '../fixtures.ts';

const page = (of: Report) => parseHTML(renderHtml(of)).document;
type Document = ReturnType<typeof page>;

const texts = (document: Document, selector: string) =>
  [...document.querySelectorAll(selector)].map((element) => element.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '');

/** The cells of each row of a table, by its label. */
const cellsOf = (document: Document, label: string) =>
  [...document.querySelectorAll(`table[aria-label="${label}"] tbody tr`)].map((row) =>
    [...row.children].map((cell) => cell.textContent?.replaceAll(/\s+/g, ' ').trim()),
  );

/** A hundred facts: the baseline has those right whose number is odd, the candidate also those that end with 0 or 2. */
function gained(): Report {
  const baseline = answers(100);
  const candidate = baseline.map((item) => {
    const isNew = item.form === 'benchmark' && ['0', '2'].includes(item.fact.slice(-1));
    return isNew ? { ...item, given: 'green', correct: true, margin: 1.25, probability: 0.8 } : item;
  });
  return reportOn(probesOnly(probes({ items: candidate })), probesOnly(probes({ items: baseline })));
}

describe('the probes of a page', () => {
  const made = gained();
  const document = page(made);

  it('have the accuracies that one can count: 50 and then 70 of 100 benchmark forms, 50 twins', () => {
    // Clopper and Pearson 1934: 50 of 100 is 39.8% to 60.2%, 70 of 100 is 60.0% to 78.8% (R, binom.test).
    expect(cellsOf(document, 'Accuracy by form and capability')).toEqual([
      ['all', 'exam', '100', '50.0 (39.8 to 60.2)', '70.0 (60.0 to 78.8)'],
      ['other formats', '100', '50.0 (39.8 to 60.2)', '50.0 (39.8 to 60.2)'],
    ]);
  });

  it('have the changes of both forms, with their difference and transfer', () => {
    const [row] = cellsOf(document, 'Kinds of other forms');
    const [kind] = made.probes?.comparison.kinds ?? [];
    expect(row?.slice(0, 9)).toEqual([
      'builtin, other formats',
      ...['100', '50.0 → 70.0', '50.0 → 50.0', '0.0 → +20.0', '100'],
      // 1.984 standard errors of 0.0402.
      '+20.0 (+12.0 to +28.0)',
      '0.0 (−2.0 to +2.0)',
      '+20.0 (+12.0 to +28.0)',
    ]);
    expect(row?.[9]).toMatch(/^0\.00 \(/);
    expect(kind?.delta?.value).toBeCloseTo(0.2, 12);
  });

  it('say which region of the plane is accepted, in its units', () => {
    const [caption] = texts(document, '.plane figcaption');
    expect(caption).toMatch(
      /^Shaded: accepted\. Neither form lost 2 points; and the gain is below 5 points, or other forms are within 5 points of it, or transfer is at least 0\.6 \(in log-odds above chance/,
    );
    expect(document.querySelectorAll('.plane svg[aria-label]')).toHaveLength(1);
  });

  it('have a row for each fact, what changed first', () => {
    const rows = [...document.querySelectorAll('table.items tbody tr')];
    expect(rows).toHaveLength(100);
    const [first] = rows;
    expect(texts(document, 'table.items tbody tr:first-child > :not(:last-child)')).toEqual([
      ...['prompt of 0', '✗→✓', 'twin ✗→✗', '+2.25', '0'],
    ]);
    expect(texts(document, 'table.items tbody tr:first-child summary')).toEqual(['0.benchmark recall · colors']);
    expect(first?.querySelector('.cards')?.textContent?.replaceAll(/\s+/g, ' ')).toContain(
      'prompt of 0correct green✗ baseline pink margin −1✓ candidate green margin 1.25other formThe same prompt as the exam.correct green',
    );
    expect(rows.filter((row) => row.textContent?.includes('✗→✓'))).toHaveLength(20);
    expect(texts(document, '[role="status"]')).toEqual(['100 of 100 facts']);
  });
});

/** A report with a table of so many facts. */
function withFacts(count: number, over: Partial<ItemTable> = {}): Report {
  const bits = { '11': [1, 1], '10': [1, 0], '01': [0, 1], '00': [0, 0] } as const;
  const fact = (id: string, exam: Change, twin: Change): StoredFact => ({
    ...{ id, part: 0 },
    items: [
      [0, `question ${id}`, 'yes', null, null, ...bits[exam], 1, 1],
      [1, `open question ${id}`, 'yes', null, 'no', ...bits[twin], 1, -1],
    ],
  });
  const own = probeReport();
  const table = own.items ?? expect.fail('no items');
  const facts = Array.from({ length: count }, (_, i) => fact(`f${i}`, '11', i === 0 ? '10' : '11'));
  return report({ probes: { ...own, items: { ...table, facts, leftOut: { facts: 0, flips: 0 }, ...over } } });
}

describe('the list of items', () => {
  it('says how many facts are left out, and whether flips are among them', () => {
    const one = page(withFacts(3, { leftOut: { facts: 9000, flips: 12 } }));
    expect(texts(one, '#probes .note').join('\n')).toContain(
      'Here are 3 of 9,003 facts, to keep the page small: 9,000 are in the measurements alone. 12 flips are left out.',
    );
    expect(texts(page(withFacts(3)), '#probes .note').join('\n')).not.toContain('Here are');
  });

  it('of an older report is replaced by its examples', () => {
    const document = page(report({ probes: { ...probeReport(), items: null, accuracies: [], changes: [] } }));
    expect(document.querySelector('table.items')).toBeNull();
    expect(document.querySelector('.item-tools')).toBeNull();
    expect(texts(document, '#probes .note')).toContain(
      'The items are not in this report: it was made by a version that kept only the examples below.',
    );
    expect(texts(document, 'ul.flips pre')).toContain('Q: recall A:');
  });

  it('of a private benchmark has marks and margins, and says that texts are withheld', () => {
    const items: StoredFact['items'] = [[0, null, null, null, null, 1, 0, 0.5, -0.25]];
    const parts: ItemTable['parts'] = [{ suite: 'secret.jsonl', capability: 'c', family: 'f', texts: 'withheld' }];
    const document = page(withFacts(0, { parts, facts: [{ id: 'q1', part: 0, items }] }));
    expect(texts(document, '#probes .note').join('\n')).toContain(
      'Prompts and answers of secret.jsonl are withheld: a private benchmark.',
    );
    expect(texts(document, '#probes .cards > div')).toEqual(['exam✓ baseline margin 0.500✗ candidate margin −0.250']);
    expect(document.querySelector('#probes .cards pre, #probes .cards code')).toBeNull();
  });

  it('of a candidate without a baseline has its answers alone', () => {
    const alone = reportOn(probesOnly(probes()), null);
    const document = page(alone);
    expect(texts(document, 'table.items tbody tr:first-child td').slice(0, 2)).toEqual(['✗', 'twin ✗']);
    expect(document.querySelector('.plane')).toBeNull();
    expect(cellsOf(document, 'Accuracy by form and capability')[0]?.slice(3)).toEqual(['—', '50.0 (39.8 to 60.2)']);
  });

  it('stays below its size for facts that are as long as they may be', () => {
    const long = '例'.repeat(1500);
    const items: StoredFact['items'] = [[0, long, 'yes', null, null, 1, 1, 1, 1]];
    const facts = Array.from({ length: 400 }, (_, i) => ({ id: `f${i}`, part: 0, items }));
    const html = renderHtml(withFacts(0, { facts }));
    expect(Buffer.byteLength(html)).toBeLessThan(1_210_000);
    expect(html).toMatch(/Here are \d{3} of 400 facts, to keep the page small: \d+ more are in report\.json\./);
  });
});

describe('benchmarks from logs', () => {
  it('have their numbers, with 95% intervals in the chart', () => {
    const counts = { bothRight: 30, onlyBaseline: 5, onlyCandidate: 25, bothWrong: 40 };
    const row = { task: 'mmlu', metric: 'acc', filter: 'none', n: 100, ...counts, p: 0.0003, change: null };
    const sides = { baseline: { value: 0.35, stderr: null }, candidate: { value: 0.55, stderr: null } };
    const document = page(report({ benchmarks: [{ ...row, ...sides }] }));
    expect(cellsOf(document, 'Benchmarks from logs')).toEqual([
      ['mmlu', 'acc', '100', '35.0% → 55.0%', '+20.0 points', '0.00030', '5', '25'],
    ]);
    expect(texts(document, '#probes figcaption')[0]).toContain('95% intervals');
    expect(document.querySelectorAll('#probes svg circle')).toHaveLength(2);
  });
});
